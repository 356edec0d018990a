"""Asking another party to do something, and hearing back: a loop that is closed or shown as open at both ends."""
