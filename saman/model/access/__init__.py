"""Who may see what: policy rows as data, and an evaluator that explains itself."""
