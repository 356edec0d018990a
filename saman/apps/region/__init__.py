"""Pages of the region and its care model."""
