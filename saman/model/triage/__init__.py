"""Limits and rules for readings: a module of its own that can be switched off as a whole.

It has its own version and intended purpose (`purpose.py`) and makes marks only when a named manufacturer has adopted
it (`SAMAN_TRIAGE_MANUFACTURER`). Everything else in Saman works without it.
"""
