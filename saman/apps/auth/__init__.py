"""Sign-in, sessions and tokens."""
