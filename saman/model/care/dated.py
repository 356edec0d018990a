"""What changes in a region on a day known beforehand: files in a folder `from-YYYY-MM-DD` replace those of before.

A file there that is empty takes away the one of the same name.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from typing import NamedTuple

_DATED = re.compile(r"from-(\d{4}-\d{2}-\d{2})/(.+)")

MOST_DAYS = 50
"""Days to come on which something changes: the whole region is checked as it will be on each."""


class Standing(NamedTuple):
    """The files that hold on a day: their texts by the path that they stand for, and where each really is."""

    texts: dict[str, str]
    places: dict[str, str]


def days(files: Mapping[str, str], folder: str) -> tuple[date, ...]:
    """The days on which something changes, in order."""
    return tuple(sorted({day for path in files if (day := _day(path, folder)) is not None}))


def standing(files: Mapping[str, str], folder: str, on: date) -> Standing:
    """The files of a region as they hold `on` a day, and all others."""
    texts = {path: text for path, text in files.items() if not _is_dated(path, folder)}
    places: dict[str, str] = {}
    begun = [(day, path) for path in files if (day := _day(path, folder)) is not None and day <= on]
    for _, path in sorted(begun):
        found = _DATED.fullmatch(path.removeprefix(f"{folder}/"))
        stands = f"{folder}/{found[2]}" if found else path
        texts[stands], places[stands] = files[path], path
    return Standing({path: text for path, text in texts.items() if path not in places or text.strip()}, places)


def undated(files: Mapping[str, str], folder: str) -> tuple[str, ...]:
    """The files of folders that are called as if for a day that is none."""
    return tuple(sorted(path for path in files if _is_dated(path, folder) and _day(path, folder) is None))


def _is_dated(path: str, folder: str) -> bool:
    return path.startswith(f"{folder}/") and _DATED.fullmatch(path.removeprefix(f"{folder}/")) is not None


def _day(path: str, folder: str) -> date | None:
    found = _DATED.fullmatch(path.removeprefix(f"{folder}/")) if path.startswith(f"{folder}/") else None
    try:
        return date.fromisoformat(found[1]) if found else None
    except ValueError:
        return None
