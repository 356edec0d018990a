"""Forward-only changes of the database's shape."""
