"""A region governs itself: who may change what of it, what was decided, and on what ground."""
