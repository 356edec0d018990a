"""Expected failure as a value: shown as an OperationOutcome or as an error summary on a page."""

from __future__ import annotations

from enum import Enum

import msgspec


class Kind(Enum):
    """Why something was refused, with the HTTP status it maps to (https://hl7.org/fhir/R4/http.html)."""

    INVALID = 400
    UNAUTHENTICATED = 401
    FORBIDDEN = 403
    NOT_FOUND = 404
    METHOD = 405
    NOT_ACCEPTABLE = 406
    CONFLICT = 409
    GONE = 410
    PRECONDITION = 412
    TOO_LARGE = 413
    MEDIA = 415
    UNPROCESSABLE = 422
    TOO_MANY = 429
    TOO_COSTLY = 403_1
    UNAVAILABLE = 503
    STORAGE_FULL = 507

    @property
    def status(self) -> int:
        """The HTTP status code."""
        return self.value if self.value < 1000 else self.value // 10


class Issue(msgspec.Struct, frozen=True):
    """One thing that is wrong.

    `code` is from http://hl7.org/fhir/issue-type, `path` names the element (`Observation.valueQuantity.value`)
    or form field, `text` says what was expected in English; `key` and `args` let a page say it in the
    reader's language. None of them ever holds a person's data.
    """

    code: str
    text: str
    path: str = ""
    severity: str = "error"
    key: str = ""
    args: tuple[tuple[str, str], ...] = ()


class Refusal(msgspec.Struct, frozen=True):
    """An expected failure: what kind, and every issue found."""

    kind: Kind
    issues: tuple[Issue, ...]

    @property
    def status(self) -> int:
        """The HTTP status code this refusal answers with."""
        return self.kind.status


def refused(kind: Kind, code: str, text: str, path: str = "", key: str = "", **args: str) -> Refusal:
    """A refusal with one issue."""
    return Refusal(kind, (Issue(code, text, path, key=key, args=tuple(args.items())),))
