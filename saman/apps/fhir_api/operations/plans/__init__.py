"""Definitions applied to somebody: what comes of it is answered, and nothing is written."""
