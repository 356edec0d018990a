"""Demo people for any region, made from its own files: its parties, roles, services, places and country."""
