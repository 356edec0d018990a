"""Why a professional may see what, why not, and opening what a person has restricted."""
