"""Places in a JSON document (https://www.rfc-editor.org/rfc/rfc6901)."""

from __future__ import annotations

import re
from typing import Any

from saman.model.fhir.patch.outcome import NotApplicable

_INDEX = re.compile(r"0|[1-9][0-9]{0,8}", re.ASCII)
_BAD_ESCAPE = re.compile(r"~(?![01])")
_NOTHING = "There is nothing at this place."

Tokens = tuple[str, ...]


def read_pointer(text: Any) -> Tokens | None:
    """The steps of `/name/0/family`; None for what is not a pointer."""
    if not isinstance(text, str) or (text and not text.startswith("/")) or _BAD_ESCAPE.search(text):
        return None
    return tuple(token.replace("~1", "/").replace("~0", "~") for token in text.split("/")[1:])


def value_at(document: Any, tokens: Tokens) -> Any:
    """The value at a place; NotApplicable when there is none."""
    for token in tokens:
        document = document[step(document, token)]
    return document


def step(holder: Any, token: str) -> str | int:
    """The key or index of what is there in `holder`; NotApplicable when it is not there."""
    if isinstance(holder, dict) and token in holder:
        return token
    if isinstance(holder, list):
        position = index(token, len(holder) - 1)
        if position is not None:
            return position
    raise NotApplicable(_NOTHING)


def index(token: str, last: int) -> int | None:
    """A position in a list, at most `last`; None for what is none."""
    position = int(token) if _INDEX.fullmatch(token) else last + 1
    return position if position <= last else None
