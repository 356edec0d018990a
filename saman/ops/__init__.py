"""Composition root: settings, wiring, server, worker, command line, demo data."""
