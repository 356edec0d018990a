"""Saman: one integrated health and social care service across organisations and distance."""

__version__ = "0.1.0"
