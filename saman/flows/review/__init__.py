"""Looking after the log: visits, questions of citizens, samples, patterns, reviews of openings."""
