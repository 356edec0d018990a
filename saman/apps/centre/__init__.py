"""Pages of the response centre."""
