"""Turns the official R4 definitions into the compact data and typed structures that Saman ships."""
