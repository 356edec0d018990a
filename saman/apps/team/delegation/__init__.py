"""Pages of competence and personal delegation, and what tasks need."""
