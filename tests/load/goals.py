"""What is to be reached, and the table of what was."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple


class Goal(NamedTuple):
    """A limit in a unit: `/s` and `%` are to be reached at least, everything else at most.

    `stretch` is what would be better still.
    """

    limit: float
    unit: str = "/s"
    stretch: float | None = None

    @property
    def at_least(self) -> bool:
        """Whether more is better."""
        return self.unit in ("/s", "%")

    def is_met(self, figure: float) -> bool:
        """Whether a figure is as wanted."""
        return figure >= self.limit if self.at_least else figure <= self.limit

    def told(self) -> str:
        """The limit in words."""
        sign = ">=" if self.at_least else "<="
        further = "" if self.stretch is None else f" (stretch {_number(self.stretch, self.unit)})"
        return f"{sign} {_number(self.limit, self.unit)}{further}"


class Row(NamedTuple):
    """A line of the table: what was measured, how much it was, what it was to be, and answers that were not good."""

    name: str
    figure: float
    goal: Goal
    failed: int = 0
    of: str = ""
    """Which figure of several, such as p95."""

    def cells(self) -> tuple[str, str, str, str]:
        """The line in words."""
        figure = f"{self.of} {_number(self.figure, self.goal.unit)}".strip()
        return self.name, figure, self.goal.told(), self._judged()

    def _judged(self) -> str:
        if self.failed:
            return f"{self.failed} answers were not good"
        met = "met" if self.goal.is_met(self.figure) else "missed"
        better = self.goal.stretch is not None and self.goal._replace(limit=self.goal.stretch).is_met(self.figure)
        return "met, the stretch too" if better else met


def table(rows: Sequence[Row]) -> str:
    """All lines under a head, in columns."""
    lines = [("what", "figure", "goal", ""), *(row.cells() for row in rows)]
    wide = [max(len(line[place]) for line in lines) for place in range(3)]
    return "\n".join(
        f"{name:<{wide[0]}}  {figure:>{wide[1]}}  {goal:<{wide[2]}}  {judged}".rstrip()
        for name, figure, goal, judged in lines
    )


def _number(number: float, unit: str) -> str:
    digits = 0 if number >= 100 or number == int(number) else 1 if number >= 10 else 2
    return f"{number:,.{digits}f}{unit if unit == '/s' else f' {unit}'}"
