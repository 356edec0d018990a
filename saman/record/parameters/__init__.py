"""Search parameters of one's own: what defines them, what each process knows of them, and what gets their values."""
