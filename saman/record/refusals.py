"""The answers that several ways into the record give alike."""

from __future__ import annotations

from collections.abc import Iterable

from saman.kernel.outcome import Issue, Kind, Refusal, refused
from saman.model.access import Words

CONFLICT = "record.conflict"
"""The key of refusals of a write because the resource has changed meanwhile."""


def conflict() -> Refusal:
    """The answer to a write at another version than the one that is there."""
    text = "The resource has changed since the version you have. Fetch it and try again."
    return refused(Kind.PRECONDITION, "conflict", text, key=CONFLICT)


def not_found() -> Refusal:
    """The same answer for what is not there and what may not be seen."""
    return refused(
        Kind.NOT_FOUND, "not-found", "There is no such resource, or you may not see it.", key="record.not-found"
    )


def gone() -> Refusal:
    """The answer for what was deleted."""
    return refused(Kind.GONE, "deleted", "This resource has been deleted.", key="record.gone")


def is_absent(result: object) -> bool:
    """Whether a result is that there is nothing (more) to be seen: to whoever deletes it that is no fault."""
    return isinstance(result, Refusal) and result.kind in (Kind.NOT_FOUND, Kind.GONE)


def forbidden(reasons: Iterable[Words]) -> Refusal:
    """A write that access rules do not allow, with why."""
    return Refusal(Kind.FORBIDDEN, tuple(Issue("forbidden", one.text, key=one.key, args=one.args) for one in reasons))
