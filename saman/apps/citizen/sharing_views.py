"""What the pages about who may look show. Texts are in the reader's language already; times are aware."""

from __future__ import annotations

from datetime import datetime

import msgspec


class NoShown(msgspec.Struct, frozen=True, kw_only=True):
    """A no that stands: what it closes, and since when."""

    id: str
    kinds: str
    since: datetime


class UnitShare(msgspec.Struct, frozen=True, kw_only=True):
    """A unit whose staff may look: in which roles, at which kinds of data, and why they may."""

    party: str
    name: str
    roles: str
    kinds: str
    grounds: tuple[str, ...]
    no: NoShown | None = None


class RelativeShare(msgspec.Struct, frozen=True, kw_only=True):
    """A relative who may look."""

    name: str
    kinds: str


class Afterwards(msgspec.Struct, frozen=True, kw_only=True):
    """What a no means by the country's rules, a sentence each; not `law` where nobody has confirmed one of them."""

    sentences: tuple[str, ...]
    law: bool


class Sharing(msgspec.Struct, frozen=True, kw_only=True):
    """Who may look now. `elsewhere` are nos to units that have no tie at present."""

    units: tuple[UnitShare, ...]
    relatives: tuple[RelativeShare, ...]
    elsewhere: tuple[UnitShare, ...]
    afterwards: Afterwards


class KindChoice(msgspec.Struct, frozen=True, kw_only=True):
    """A kind of data that can be closed: how much of it there is, and whether it is chosen."""

    kind: str
    words: str
    things: int
    chosen: bool


class LossLine(msgspec.Struct, frozen=True, kw_only=True):
    """Who would see less, or again more, of what; `work` counts open tasks they could not do any more."""

    who: str
    less: str
    more: str
    work: int


class Preview(msgspec.Struct, frozen=True, kw_only=True):
    """What would change; `unread` when nobody would read the reports that are sent from home."""

    lines: tuple[LossLine, ...]
    unread: bool


class SharingWith(msgspec.Struct, frozen=True, kw_only=True):
    """One unit, what can be closed to it, and after a choice what that would change."""

    unit: UnitShare
    choices: tuple[KindChoice, ...]
    afterwards: Afterwards
    preview: Preview | None = None
