"""Home follow-up: what is asked of a person, what the person reports, and the readings over time."""
