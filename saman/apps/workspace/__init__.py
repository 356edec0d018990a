"""The workspace of a region: those who have a mandate change how it works, and everybody at work sees what changed."""
