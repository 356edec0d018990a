"""How a region changes what it runs on: applying a care model, and moving people to it."""
