"""What the pages about who may look show. Texts are in the reader's language already; times are aware."""

from __future__ import annotations

from datetime import date, datetime

import msgspec


class NoShown(msgspec.Struct, frozen=True, kw_only=True):
    """A no that stands: what it closes, and since when; a guardian's says `by` whom, and whether the reader ends it."""

    id: str
    kinds: str
    since: datetime
    by: str = ""
    may_end: bool = True


class UnitShare(msgspec.Struct, frozen=True, kw_only=True):
    """A unit whose staff may look: in which roles, at which kinds of data, and why they may.

    `no` is the reader's own, `said` what guardians have said for the reader.
    """

    party: str
    name: str
    roles: str
    kinds: str
    grounds: tuple[str, ...]
    no: NoShown | None = None
    said: tuple[NoShown, ...] = ()


class YesShown(msgspec.Struct, frozen=True, kw_only=True):
    """A yes to a unit that stands, since when; `by` somebody with custody, empty when the reader has said it."""

    id: str
    unit: str
    since: datetime
    by: str = ""


class ScopeChoice(msgspec.Struct, frozen=True, kw_only=True):
    """Something that can be shared with somebody close, and whether it is."""

    scope: str
    words: str
    chosen: bool


class RelativeShare(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody close: what they may see now (`kinds`, empty: nothing) and why.

    `until` is when what is shared ends or ended (`over`), `last` the last day as it was chosen. `choices` is what can
    be shared, empty where that is changed elsewhere; `ends` says that it can be ended here, `undo` that what was
    ended can be shared again.
    """

    name: str
    kinds: str
    id: str = ""
    version: int = 0
    grounds: tuple[str, ...] = ()
    until: datetime | None = None
    last: date | None = None
    over: bool = False
    choices: tuple[ScopeChoice, ...] = ()
    ends: bool = False
    undo: bool = False


class OpenKind(msgspec.Struct, frozen=True, kw_only=True):
    """Kinds of data that somebody close sees of another person, and until when (None: no end is known)."""

    kinds: str
    until: datetime | None


class Acting(msgspec.Struct, frozen=True, kw_only=True):
    """For whom somebody close is here, on which grounds, what is open to them, and when it ended if it has.

    `changed` is when what is shared was changed, where that was not long ago; a `guardian` has a page of who may look.
    """

    name: str
    grounds: tuple[str, ...]
    open: tuple[OpenKind, ...]
    ended: datetime | None = None
    changed: datetime | None = None
    guardian: bool = False


class OwnLook(msgspec.Struct, frozen=True, kw_only=True):
    """One time somebody close opened something: from when until when, and what they saw."""

    start: datetime
    end: datetime | None
    what: str


class OwnLooks(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody close has looked at in the last `days`, newest first."""

    name: str
    looks: tuple[OwnLook, ...]
    days: int


class Afterwards(msgspec.Struct, frozen=True, kw_only=True):
    """What a no means by the country's rules, a sentence each; not `law` where nobody has confirmed one of them."""

    sentences: tuple[str, ...]
    law: bool


class Sharing(msgspec.Struct, frozen=True, kw_only=True):
    """Who may look now. `elsewhere` are nos to units that have no tie at present.

    `waiting` are units that could see `kinds` if they were given a yes, `yeses` what was given.
    """

    units: tuple[UnitShare, ...]
    relatives: tuple[RelativeShare, ...]
    elsewhere: tuple[UnitShare, ...]
    afterwards: Afterwards
    waiting: tuple[UnitShare, ...] = ()
    yeses: tuple[YesShown, ...] = ()


class ChildSharing(msgspec.Struct, frozen=True, kw_only=True):
    """A guardian's page: whose it is to say no about the child, by which rule; the units where it is `theirs`.

    `waiting` and `yeses` are as in `Sharing`, as far as the guardian sees of the child what the unit would see.
    """

    name: str
    theirs: bool
    says: str
    rule: str
    law: bool
    units: tuple[UnitShare, ...]
    afterwards: Afterwards
    waiting: tuple[UnitShare, ...] = ()
    yeses: tuple[YesShown, ...] = ()


class KindChoice(msgspec.Struct, frozen=True, kw_only=True):
    """A kind of data that can be closed: how much of it there is (None: not told), and whether it is chosen."""

    kind: str
    words: str
    things: int | None
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


class YesPage(msgspec.Struct, frozen=True, kw_only=True):
    """A yes to a unit before it is said, or before `yes` is taken back: who would see more, or less, of what."""

    unit: UnitShare
    lines: tuple[LossLine, ...]
    yes: YesShown | None = None
