"""The ledger's own addresses: its key and newest checkpoint, and where others have theirs witnessed."""
