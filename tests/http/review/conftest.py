"""The whole application with looks by staff of two organisations, for the log reviewers of both."""

from tests.http.app.conftest import agder, at_the_same_time

__all__ = ["agder", "at_the_same_time"]
