"""What people prove with who they are, and what a browser has begun on the way to a session."""
