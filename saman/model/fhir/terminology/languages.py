"""Which of its names a concept is shown by, in the language that was asked for.

Asked for `nb-NO`: a name in `nb-NO`, else in `nb`, else in any other `nb-…`; Norwegian `no` counts as Bokmål and
Bokmål as `no`. When there is none, the name that the code system itself uses.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any

Designation = Mapping[str, Any]

_SAME = {"nb": "no", "no": "nb"}


@lru_cache(256)
def wanted_languages(asked: str) -> tuple[str, ...]:
    """The languages of `nb-NO,sv` in order of preference, each followed by its wider forms; at most ten are read."""
    found: dict[str, None] = {}
    for one in asked.split(",")[:10]:
        tag = one.partition(";")[0].strip().lower()
        primary = tag.partition("-")[0]
        found |= dict.fromkeys(each for each in (tag, primary, _SAME.get(primary, "")) if each and each != "*")
    return tuple(found)


def speaks(language: str, wanted: str) -> bool:
    """Whether a text in `language` (`nb-NO`) is one in `wanted` (`nb`)."""
    tag = language.lower()
    return tag == wanted or tag.startswith(wanted + "-")


def display_in(asked: str, display: str, own: str, designations: Iterable[Designation]) -> str | None:
    """The name to show in the languages asked for; None when there is none in any of them.

    `display` is the code system's own name for it, in the language `own`, which may be unknown.
    """
    listed: Sequence[Designation] = tuple(designations)
    for wanted in wanted_languages(asked):
        if own and display and speaks(own, wanted):
            return display
        for one in listed:
            if speaks(one.get("language", ""), wanted):
                value: str = one["value"]
                return value
    return None


def matches_designation(one: Designation, asked: Iterable[str]) -> bool:
    """Whether a designation is one of those asked for, each a language or `system|code` of a use."""
    use = one.get("use", {})
    written = {use.get("code", ""), f"{use.get('system', '')}|{use.get('code', '')}"}
    language = one.get("language", "")
    return any(each in written or (language and speaks(language, each.rpartition("|")[2].lower())) for each in asked)
