"""What stands around every paper: that it is a draft, what it was made from, how to read its marks."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Final

import msgspec

from saman.apps.ui.locales import Words, mark
from saman.model.care.papers.paper import Standing


class Made(msgspec.Struct, frozen=True, kw_only=True):
    """What papers were made from: the region's id and version, the SHA-256 of its files, and the day."""

    region: str
    version: str
    digest: str
    on: date


class Frame(msgspec.Struct, frozen=True, kw_only=True):
    """The fixed texts of a paper."""

    draft: str
    notice: str
    made_from: str
    digest: str
    how_to_read: str
    blanks: str
    unread: str
    rows: str
    number: str
    row: str
    stands_on: str
    page: str


SAYS: Final[Mapping[Standing, str]] = {
    Standing.SAMPLE: mark("sample"),
    Standing.SECONDARY: mark("not confirmed"),
    Standing.UNCHECKED: mark("not confirmed"),
}
"""What a sentence is marked with; what has a source, or is a blank, carries no mark."""

STANDS: Final[Mapping[Standing, str]] = {
    Standing.SOURCE: mark("a public source"),
    Standing.SEEN: mark("text seen at the source"),
    Standing.STATED: mark("what the region says of itself"),
    Standing.SAMPLE: mark("made up for the demonstration"),
    Standing.SECONDARY: mark("secondary source, a local setting"),
    Standing.UNCHECKED: mark("unchecked, a local setting"),
    Standing.NOT_KNOWN: mark("not known, left blank"),
}
"""What the row of a sentence stands on, in the list at the end."""

UNREAD: Final = mark("This translation has not been read by a native speaker yet.")


def framed(words: Words, made: Made, blanks: bool) -> Frame:
    """The fixed texts in one language; `blanks`: whether the paper has lines to fill in."""
    said = words.plain
    return Frame(
        draft=said(mark("Draft")),
        notice=said(
            mark(
                "Made from the files of the region by a program. It is no legal advice, and nobody has yet judged"
                " whether it is complete or right."
            )
        ),
        made_from=said(
            mark("Made from %(region)s, version %(version)s, as it stands on %(day)s."),
            region=made.region,
            version=made.version,
            day=words.full_date(made.on),
        ),
        digest=said(mark("SHA-256 of the files: %(digest)s"), digest=made.digest),
        how_to_read=said(mark("The number after a sentence leads to the row it comes from.")),
        blanks=said(mark("What the files do not say is left blank, to be filled in.")) if blanks else "",
        rows=said(mark("Rows this comes from")),
        number=said(mark("No.")),
        row=said(mark("Row")),
        stands_on=said(mark("Stands on")),
        page=said(mark("Page")),
        unread=said(UNREAD) if words.shown_unreviewed else "",
    )
