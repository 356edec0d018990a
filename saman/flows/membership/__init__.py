"""Who works where: substitutes for a time, members of an organisation, and what they are competent to do."""
