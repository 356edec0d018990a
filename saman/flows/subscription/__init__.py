"""Telling subscribers of what happens: notifications over HTTP, and web sockets."""
