"""The log reviewer's pages: questions, openings, samples, patterns; numbers for the data-protection officer."""
