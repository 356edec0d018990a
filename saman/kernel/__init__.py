"""Ids, time, outcomes and JSON: no domain, no I/O."""
