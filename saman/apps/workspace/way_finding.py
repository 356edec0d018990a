"""Which way an address is about, and what forms about ways say."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

import msgspec
from starlette.requests import Request

from saman.apps.workspace.desk import Desk
from saman.flows.governance.ways import WAYS, absent
from saman.kernel.outcome import Issue, Kind, Refusal
from saman.model.care.way import WayFile
from saman.model.care.way_going import MOST_TEXT, Going
from saman.model.care.way_papers import LINE, day_of
from saman.record.workspace import Item


class Found(msgspec.Struct, frozen=True):
    """A way, and the guide it follows."""

    way: WayFile
    item: Item[Going]


def guide(desk: Desk) -> WayFile | Refusal:
    """The guide of the region; a region without the file has no ways."""
    return desk.model.way or absent()


async def found(request: Request, desk: Desk) -> Found | Refusal:
    """The way in the address."""
    way = guide(desk)
    if isinstance(way, Refusal):
        return way
    item = await WAYS.one(desk.record.store, request.path_params["way"])
    return Found(way, item) if item else absent()


class Reading:
    """Reads the fields of a form one by one, and gathers everything that is wrong."""

    def __init__(self, fields: Mapping[str, str]) -> None:
        self._fields = fields
        self.issues: list[Issue] = []

    @property
    def refusal(self) -> Refusal | None:
        """What is wrong, if anything."""
        return Refusal(Kind.UNPROCESSABLE, tuple(self.issues)) if self.issues else None

    def wrong(self, name: str, text: str, key: str) -> None:
        """Note what is wrong with a field."""
        self.issues.append(Issue("value", text, name, key=key))

    def line(self, name: str, *, required: bool = False) -> str:
        """One line of text."""
        return self._text(name, LINE, required)

    def text(self, name: str, *, required: bool = False) -> str:
        """A text of several lines."""
        return self._text(name, MOST_TEXT, required)

    def _text(self, name: str, most: int, required: bool) -> str:
        text = self._fields.get(name, "").replace("\r\n", "\n").replace("\x00", "").strip()
        if required and not text:
            self.wrong(name, "Write something here.", "way.write")
        if len(text) > most:
            self.wrong(name, "This is too long. Write less.", "way.too-long")
        return text

    def one_of(self, name: str, known: Mapping[str, object], *, required: bool = True) -> str:
        """One of the known ids."""
        chosen = self._fields.get(name, "")
        if chosen not in known and (chosen or required):
            self.wrong(name, "Choose one of the list.", "way.choose")
        return chosen

    def some_of(self, name: str, known: Mapping[str, object]) -> tuple[str, ...]:
        """Those known ids that are ticked, each as a field `name.id`."""
        return tuple(id for id in known if self._fields.get(f"{name}.{id}"))

    def day(self, name: str, latest: date | None = None) -> date:
        """A day, no later than the latest."""
        day = day_of(self._fields.get(name, ""))
        if day is None or (latest is not None and day > latest):
            self.wrong(name, "Write the day as year, month and day.", "way.day")
        return day or date.min
