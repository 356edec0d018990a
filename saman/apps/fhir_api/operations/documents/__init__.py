"""Operations that put together documents: each holds what its caller may see, and nothing else."""
