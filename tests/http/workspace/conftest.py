"""The whole application with Agder's staff, for those who work on how the region works."""

from tests.http.app.conftest import agder, agder_filled, database

__all__ = ["agder", "agder_filled", "database"]
