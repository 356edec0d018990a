"""The sample of a week as a table for a spreadsheet (RFC 4180), which runs nothing that somebody has typed."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from io import StringIO

from saman.apps.review.views import SampledLook, SamplePage

HEAD = (
    "week", "seed", "unit", "looks in the week", "number", "from", "to", "who looked", "person", "what", "grounds",
    "refused", "found", "note", "by", "at",
)  # fmt: skip
_STARTS = ("=", "+", "-", "@", "\t", "\r")
"""What spreadsheets take for the beginning of a formula (https://owasp.org/www-community/attacks/CSV_Injection)."""


def table(page: SamplePage) -> str:
    """The sample, a row for each look."""
    text = StringIO()
    writer = csv.writer(text)
    writer.writerow(HEAD)
    writer.writerows(_rows(page))
    return text.getvalue()


def _rows(page: SamplePage) -> Iterator[list[str]]:
    for unit in page.units:
        for one in unit.looks:
            yield [guarded(each) for each in (page.week, page.seed, unit.unit, str(unit.total), *_look(one))]


def _look(one: SampledLook) -> tuple[str, ...]:
    look = one.look
    return (
        str(look.number), look.start.isoformat(), look.end.isoformat() if look.end else "", look.who, look.person,
        look.kinds, "; ".join(look.grounds), "yes" if look.refused else "no", one.found, one.note, one.by,
        one.at.isoformat() if one.at else "",
    )  # fmt: skip


def guarded(text: str) -> str:
    """`text` as plain words, whatever it begins with."""
    return f"'{text}" if text.startswith(_STARTS) else text
