"""Apps and back-end clients, what they were let do, and the key that signs what they are told."""
