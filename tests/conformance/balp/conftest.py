"""The same interface and callers as the HTTP tests of the log."""

from tests.http.audit.conftest import app, call, store

__all__ = ["app", "call", "store"]
