"""View models of why, why not, and openings. All texts in them are in the reader's language already."""

from __future__ import annotations

from datetime import datetime

import msgspec

from saman.apps.ui.views import PersonBanner


class OpeningNote(msgspec.Struct, frozen=True):
    """That the reader's own opening of a person lasts, on every page about them."""

    person: str
    until: datetime
    holder: str = ""
    """Whose data alone are open, in words; empty: all that the person has restricted."""
    emergency: bool = False
    """Whether the person was opened without any tie."""


class OpenKind(msgspec.Struct, frozen=True, kw_only=True):
    """A kind of data that is open: on which ties and rules; `until` None is until further notice."""

    name: str
    ties: tuple[str, ...]
    rules: tuple[str, ...]
    until: datetime | None


class ClosedKind(msgspec.Struct, frozen=True, kw_only=True):
    """A kind of data that is closed: why, by which rules if one closes it, and what would open it."""

    name: str
    reason: str
    rules: tuple[str, ...]
    way: str


class Restricted(msgspec.Struct, frozen=True, kw_only=True):
    """What the country lets the reader know of restrictions, and whether she may open them."""

    sentence: str
    shows: bool
    """Whether something is restricted, and the reader may know it."""
    holders: tuple[str, ...]
    may_open: bool
    law: bool


class WhyPage(msgspec.Struct, frozen=True, kw_only=True):
    """Why a professional sees what she sees of a person, and why not the rest."""

    person: str
    banner: PersonBanner
    standing: str
    open: tuple[OpenKind, ...]
    closed: tuple[ClosedKind, ...]
    restricted: Restricted


class KindRules(msgspec.Struct, frozen=True):
    """A kind of data, and the rules that open it to the reader's role once there is a tie; none: it stays closed."""

    name: str
    rules: tuple[str, ...]


class WhyNotPage(msgspec.Struct, frozen=True, kw_only=True):
    """What gives somebody in the reader's role access to a person, whoever it is."""

    standing: str
    ties: tuple[str, ...]
    kinds: tuple[KindRules, ...]
    emergency: bool = False
    """Whether the reader's role could open somebody in an emergency."""


class Span(msgspec.Struct, frozen=True):
    """For how long it can be opened: minutes, and that in words."""

    minutes: int
    words: str


class Block(msgspec.Struct, frozen=True, kw_only=True):
    """What is restricted at one unit: its id, what it and the organisation over it are called, and where it keeps out.

    `closed` says to whom: the reader's own unit, other units of her own organisation, or other organisations.
    """

    holder: str
    unit: str
    provider: str
    closed: str


class OpenForm(msgspec.Struct, frozen=True, kw_only=True):
    """The form that opens what is restricted.

    `steps` is 2 where the country asks for two; `step` is then the id of the first once it was taken, `ground` the
    ground it was taken on, in words, and `blocks` what she may know of where it is.
    """

    person: str
    banner: PersonBanner
    steps: int
    step: str
    ground: str
    blocks: tuple[Block, ...]
    whose: tuple[tuple[str, str], ...]
    """What can be opened, the least first: one unit's, or all of it; empty where there is no choice."""
    grounds: tuple[tuple[str, str], ...]
    spans: tuple[Span, ...]
    afterwards: tuple[str, ...]
    law: bool

    @property
    def choices(self) -> tuple[tuple[str, str], ...]:
        """The spans as a list to choose from."""
        return tuple((str(one.minutes), one.words) for one in self.spans)


class OpenNow(msgspec.Struct, frozen=True):
    """Somebody whom the reader has opened in an emergency that lasts."""

    person: str
    name: str
    until: datetime


class EmergencyForm(msgspec.Struct, frozen=True, kw_only=True):
    """The form that opens somebody in an emergency; it says the same whoever there is.

    `steps` is 2 where the country asks for two; `step` is then what the first left, and the form only asks again.
    """

    standing: str
    rule: str
    steps: int
    step: str
    spans: tuple[Span, ...]
    afterwards: tuple[str, ...]
    now: tuple[OpenNow, ...]

    @property
    def choices(self) -> tuple[tuple[str, str], ...]:
        """The spans as a list to choose from."""
        return tuple((str(one.minutes), one.words) for one in self.spans)


class AppLine(msgspec.Struct, frozen=True):
    """A registered app that can be opened from a person's page."""

    id: str
    name: str
