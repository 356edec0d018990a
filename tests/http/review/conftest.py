"""The whole application with looks by staff of two organisations, for the log reviewers of both."""

from tests.http.app.conftest import agder, agder_filled, at_the_same_time, database

__all__ = ["agder", "agder_filled", "at_the_same_time", "database"]
