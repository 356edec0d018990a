"""Papers of a region as people read them: in their language, as a page by itself and as a tagged PDF."""
