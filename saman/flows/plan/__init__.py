"""The shared plan."""
