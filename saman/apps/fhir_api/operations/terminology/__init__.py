"""The terminology operations: what the record holds is gathered here, what it means is worked out in the model."""
