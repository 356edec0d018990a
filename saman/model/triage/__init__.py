"""Limits and rules for readings: own version and intended purpose, off unless adopted."""
