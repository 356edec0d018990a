"""The worklist of a unit: open work with what is needed to take it in hand, read in a fixed number of questions."""
