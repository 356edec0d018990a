"""Which lines of a file are done: all up to one, and some stretches beyond it."""

from __future__ import annotations

import msgspec

Stretch = tuple[int, int]
"""The lines after the first number, up to the second."""


class Done(msgspec.Struct, frozen=True):
    """The lines from the first to number `until`, and those of `beyond`, which lie apart and in their order."""

    until: int = 0
    beyond: tuple[Stretch, ...] = ()

    @classmethod
    def read(cls, text: str) -> Done:
        """What `text` wrote; of nothing, that no line is done."""
        first, *more = text.split() or ["0"]
        return cls(int(first), tuple(_stretch(one) for one in more))

    @property
    def text(self) -> str:
        """`1000 1500-2000`: the first thousand lines, and five hundred behind the next five hundred."""
        return " ".join([str(self.until), *(f"{after}-{until}" for after, until in self.beyond)])

    def with_lines(self, after: int, until: int) -> Done:
        """These lines and some more."""
        waiting = sorted([*self.beyond, (after, until)])
        reached = self.until
        while waiting and waiting[0][0] <= reached:
            reached = max(reached, waiting.pop(0)[1])
        return Done(reached, tuple(waiting))

    def after(self, line: int) -> int:
        """The last line that is done behind `line` without a gap; `line` itself if the next is not."""
        reached = max(line, self.until)
        for start, end in self.beyond:
            reached = max(reached, end) if start <= reached else reached
        return reached

    def most(self, line: int, many: int) -> int:
        """How many lines behind `line`, at most `many`, come before the next that is done."""
        return min([many, *(start - line for start, _ in self.beyond if start > line)])


def _stretch(text: str) -> Stretch:
    after, until = text.split("-")
    return int(after), int(until)
