"""Messages between a citizen and those who follow the citizen."""
