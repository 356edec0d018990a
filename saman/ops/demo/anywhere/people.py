"""Whom the demo of any region has, from data: rows of people, words in every language, usual readings."""

from __future__ import annotations

from datetime import date
from functools import cache

import msgspec

from saman.ops.demo.packaged import read
from saman.ops.demo.profile import Part, Words


class Close(Part, frozen=True, kw_only=True):
    """Somebody close to a person, and what the person shares with them."""

    sex: str
    born: date
    relation: str
    shares: list[str]
    guardian: bool = False
    mandate: bool = False


class Row(Part, frozen=True, kw_only=True):
    """One person. `followed` is the place of what is followed among the modules of the service; None: nothing is.

    `unread` leaves the last report to be read, `calls` makes the person ask to be called.
    """

    sex: str
    born: date
    wish: str
    ability: str = "independent"
    followed: int | None = None
    close: Close | None = None
    unread: bool = False
    calls: bool = False
    dementia: bool = False
    protected: bool = False


class Sheet(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The data file: people, mean and standard deviation of readings by LOINC code, texts by key and language."""

    people: dict[str, Row]
    usual: dict[str, tuple[float, float]]
    texts: dict[str, Words]


@cache
def sheet() -> Sheet:
    """The data file, read once."""
    return msgspec.yaml.decode(read("anywhere.yaml"), type=Sheet)


def text(key: str) -> Words:
    """A text by its key, in every language."""
    return sheet().texts[key]
