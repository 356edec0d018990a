"""Opening what a person has restricted, for a time and with a reason, where the country's rules let it."""
