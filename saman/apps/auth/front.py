"""The front page: ways to sign in, and in demo mode made-up people to choose from."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta

import msgspec

from saman.apps.auth.oidc.way import Way
from saman.apps.auth.users import User, citizens, for_sign_in, relatives, staff
from saman.apps.citizen.views import DemoPerson, PersonGroup, SignIn, SignInWay
from saman.apps.ui.locales import Words, mark
from saman.kernel.outcome import Refusal
from saman.model.access import Holder
from saman.model.care.region import Role
from saman.model.fhir import fold
from saman.model.identity import People
from saman.record import Record
from saman.record.cursor import Place

SHOWN = 4
"""People shown of each role before somebody searches."""

FIRST = ("citizen", "relative", "telemedicine-nurse", "home-care-nurse", "general-practitioner", "coordinator")
"""Roles whose pages there is most to see on, in the order in which they are offered."""

SEARCH = "front"
"""What the seal of a search is bound to."""

FOR = mark("For %(name)s")

KEPT = timedelta(minutes=10)
"""For how long the list of made-up people is kept, so that not every visitor looks everybody up in the record."""


class Roll:
    """Everybody who can be chosen, looked up now and then; `first` are ids that are offered before others."""

    def __init__(self, first: Sequence[str] = ()) -> None:
        self._first = {id: place for place, id in enumerate(first)}
        self._users: tuple[User, ...] = ()
        self._until: datetime | None = None

    async def everybody(self, record: Record) -> tuple[User, ...]:
        """Citizens, oldest first, then relatives, then staff; `record` is the system's own."""
        now = record.context.now
        looking = for_sign_in(record.store, now)
        if self._until is None or not self._until - KEPT <= now < self._until:
            own, close = await citizens(looking), await relatives(looking)
            names = {one.about: one.name for one in own}
            close = tuple(msgspec.structs.replace(one, about_name=names.get(one.about, "")) for one in close)
            found = [*own, *close, *await staff(looking)]
            self._users = tuple(sorted(found, key=lambda user: self._first.get(user.id, len(self._first))))
            self._until = now + KEPT
        return self._users


class Ways(msgspec.Struct, frozen=True, kw_only=True):
    """The ways to sign in that are on, for oneself and for work."""

    own: tuple[SignInWay, ...] = ()
    work: tuple[SignInWay, ...] = ()


def offered(ways: Sequence[Way], *, passkeys: bool) -> Ways:
    """What the front page offers: providers by whom they serve, and passkeys for work."""
    own = tuple(SignInWay(name=one.name, address=f"/auth/eid/{one.id}") for one in ways if one.serves(People.CITIZEN))
    work = tuple(
        SignInWay(name=one.name, address=f"/auth/eid/{one.id}/work") for one in ways if one.serves(People.STAFF)
    )
    key = (SignInWay(name="", address="/auth/passkeys/sign-in", passkey=True),) if passkeys else ()
    return Ways(own=own, work=work + key)


class Front:
    """How to sign in, and in the demo who can be chosen, by role, in the reader's words.

    `record` is the system's own.
    """

    def __init__(
        self, roll: Roll, record: Record, roles: Sequence[Role], words: Words, region: str, ways: Ways, *, demo: bool
    ) -> None:
        self._roll = roll
        self._record = record
        self._roles = {role.id: role for role in roles}
        self._words = words
        self._region = region
        self._ways = ways
        self._demo = demo

    def sealed(self, query: str) -> str:
        """What was searched for, unreadable, for the address of the answer."""
        return self._record.store.seal.close(Place(None, query, ""), SEARCH)

    def opened(self, found: str) -> str:
        """What `sealed` made unreadable; empty when it was not made here."""
        place = self._record.store.seal.open(found, SEARCH)
        return "" if isinstance(place, Refusal) else place.text or ""

    async def people(self, query: str) -> SignIn:
        """The ways in; in the demo everybody whose name, role or place holds `query`, citizens over 65 first."""
        ways = self._ways
        offer = SignIn(groups=(), region=self._region, demo=self._demo, own_ways=ways.own, work_ways=ways.work)
        if not self._demo:
            return offer
        everybody = await self._roll.everybody(self._record)
        wanted = fold(query)
        found = [user for user in everybody if wanted in fold(f"{user.name} {self._detail(user)}")]
        groups: dict[str, list[User]] = {}
        for user in found:
            groups.setdefault(user.role, []).append(user)
        most = SHOWN if not query else len(found)
        shown = tuple(
            PersonGroup(
                role=self._role(role),
                people=tuple(DemoPerson(id=u.id, name=u.name, detail=self._detail(u)) for u in users[:most]),
            )
            for role, users in sorted(groups.items(), key=_place)
        )
        return msgspec.structs.replace(offer, groups=shown, query=query, total=len(found))

    def _role(self, role: str) -> str:
        known = self._roles.get(role)
        return known.name[self._words.language] if known else role

    def _detail(self, user: User) -> str:
        if user.kind is Holder.STAFF:
            return f"{self._role(user.role)}, {user.party_name}"
        if user.born:
            years = age(date.fromisoformat(user.born), self._words.now.date())
            old = self._words.ngettext("%(count)s year", "%(count)s years", years).unescape()
            return ", ".join(part for part in (old, user.place) if part)
        if user.about_name:
            return self._words.gettext(FOR, name=user.about_name).unescape()
        return self._role(user.role)


def _place(group: tuple[str, list[User]]) -> int:
    """Where a role stands; those that are not named first keep their order behind."""
    return FIRST.index(group[0]) if group[0] in FIRST else len(FIRST)


def age(born: date, today: date) -> int:
    """Full years."""
    return today.year - born.year - ((today.month, today.day) < (born.month, born.day))
