"""The demo's identity provider: choose a made-up person. It exists in demo mode only."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from saman.apps.auth.users import User, citizens, relatives, staff
from saman.apps.citizen.views import DemoPerson, PersonGroup, SignIn
from saman.apps.ui.locales import Words
from saman.kernel.outcome import Kind, Refusal, refused
from saman.model.access import Holder
from saman.model.care.region import Role
from saman.model.fhir import fold
from saman.record import Record

SHOWN = 8
"""People shown of each role before somebody searches."""


class DemoFront:
    """Who can be chosen, by role, in the reader's words; `record` is the system's own."""

    def __init__(self, record: Record, roles: Sequence[Role], words: Words, region: str, *, demo: bool) -> None:
        self._record = record
        self._roles = {role.id: role for role in roles}
        self._words = words
        self._region = region
        self._demo = demo

    async def people(self, query: str) -> SignIn | Refusal:
        """Everybody whose name, role or place holds `query`, citizens first, those over 65 before others."""
        if not self._demo:
            return refused(Kind.NOT_FOUND, "not-found", "There is no demo sign-in here.", key="auth.no-demo")
        everybody = [*await citizens(self._record), *await relatives(self._record), *await staff(self._record)]
        wanted = fold(query)
        found = [user for user in everybody if wanted in fold(f"{user.name} {self._detail(user)}")]
        groups: dict[str, list[User]] = {}
        for user in found:
            groups.setdefault(user.role, []).append(user)
        most = SHOWN if not query else len(found)
        return SignIn(
            groups=tuple(
                PersonGroup(
                    role=self._role(role),
                    people=tuple(DemoPerson(id=u.id, name=u.name, detail=self._detail(u)) for u in users[:most]),
                )
                for role, users in groups.items()
            ),
            query=query,
            total=len(found),
            region=self._region,
        )

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
        return self._role(user.role)


def age(born: date, today: date) -> int:
    """Full years."""
    return today.year - born.year - ((today.month, today.day) < (born.month, born.day))
