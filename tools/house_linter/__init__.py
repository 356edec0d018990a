"""A linter for the rules of this house that a program can see: `python -m tools.house_linter`."""
