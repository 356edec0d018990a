"""The figures of a closed round as a table for a spreadsheet (RFC 4180): those that its page shows, and no other."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from io import StringIO

from saman.apps.review.export import guarded
from saman.apps.workspace.assessment_result import Result

HEAD = ("round", "from", "to", "group", "answered", "asked", "part", "factor", "statement", "mean (1 to 5)")


def table(result: Result) -> str:
    """A row for each group and statement that has a figure; the mean is empty for how many have answered."""
    text = StringIO()
    writer = csv.writer(text)
    writer.writerow(HEAD)
    writer.writerows([guarded(one) for one in row] for row in _rows(result))
    return text.getvalue()


def _rows(result: Result) -> Iterator[tuple[str, ...]]:
    about = (result.name, result.since.isoformat(), result.until.isoformat())
    for number, column in enumerate(result.columns):
        group = (column.name, str(column.answered), str(column.invited or ""))
        yield (*about, *group, "", "", "", "")
        for row in (row for part in result.parts for row in part.rows):
            mean = row.means[number]
            if mean is not None:
                yield (*about, *group, row.part, row.factor, row.words, str(mean))
