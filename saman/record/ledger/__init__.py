"""The ledger: proof that nobody has quietly changed the log of who looked at what."""
