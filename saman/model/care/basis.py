"""What every file of a care model is made of: ids, texts in several languages, and where a fact comes from."""

from __future__ import annotations

from enum import Enum
from typing import Annotated

import msgspec
from msgspec import Meta

END = r"$(?!\n)"
"""The very end of a text in a pattern: `$` alone also stands before a last line break in Python."""

Slug = Annotated[str, Meta(pattern=f"^[a-z0-9]+(-[a-z0-9]+)*{END}", max_length=56)]
"""An id in plain lower-case words joined by hyphens; short enough for a FHIR id with its prefix."""

Text = Annotated[dict[str, str], Meta(title="text")]
"""One text in several languages, by BCP 47 code: `{nb: …, sv: …}`. Complete in every language of the region."""

Note = Annotated[dict[str, str], Meta(title="note")]
"""A text for those who plan: English and the region's own language are enough."""

LANGUAGES = ("sv", "nb", "da", "fi", "is", "en")


Count = Annotated[int, Meta(ge=0, le=10**9)]
"""A number of people, seats or days."""


class Node(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A part of a care model; an unknown field is an error, so a misspelt word is found."""


Address = Annotated[str, Meta(pattern="^(https?://[^\\s\"'<>\\\\]+)?" + END)]
"""Where a page stands on the web; pages link to it, so that nothing else is one."""


class Grounded(Node, frozen=True, kw_only=True):
    """A fact with its ground: the ids of its sources, or that it is a sample, or that it is not known."""

    source: tuple[Slug, ...] = ()
    sample: bool = False
    not_known: bool = False


class Mark(Enum):
    """How well a source carries a fact; the meaning is shown with it."""

    A = "A"
    """The Nordic publication's own page."""
    B = "B"
    """An official page of the region or agency concerned."""
    C = "C"
    """Press, vendor or a third party."""


class Status(Enum):
    """How far a rule of law was checked."""

    SOURCED = "S"
    BACKGROUND = "B"
    UNCHECKED = "U"
    """Shown to people as "local setting", never as what the law says."""


class Source(Node, frozen=True, kw_only=True):
    """A public page or data set that facts are taken from."""

    id: Slug
    title: str
    publisher: str
    mark: Mark
    url: Address
    licence: str = ""
    read_in_part: bool = False


def said(text: Text, language: str) -> str:
    """`text` in `language`, else English, else in any language there is."""
    return text.get(language) or text.get("en") or next(iter(text.values()), "")


def ground(fact: Grounded, sources: dict[str, Source]) -> str:
    """The mark shown beside a fact: `A`, `B`, `C`, `sample` or `not known`; the weakest mark when sources differ."""
    if fact.not_known:
        return "not known"
    if fact.sample:
        return "sample"
    return max((sources[name].mark.value for name in fact.source if name in sources), default="not known")
