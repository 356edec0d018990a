"""Tools of the developers: nothing in here is part of the product."""
