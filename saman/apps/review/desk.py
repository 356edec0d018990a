"""What the review pages need: the record as this user may see it, the care model, words."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import timedelta
from zoneinfo import ZoneInfo

import msgspec
from babel.lists import format_list

from saman.apps.citizen.recorded.log import KINDS, OTHER
from saman.apps.review.views import LookLine
from saman.apps.ui.locales import Words, mark
from saman.flows.directory import Named, named
from saman.flows.review.people import People
from saman.flows.review.visits import Visit
from saman.model.access import GROUND_KINDS, RelationKind
from saman.model.care.basis import said
from saman.model.care.caremodel import CareModel
from saman.record import Record

SOMEBODY = mark("Somebody the record does not name")
UNSEEN = mark("somebody they could not see")
TIES = {
    RelationKind.RELATIVE: mark("shared by the person"),
    RelationKind.CARE_TEAM: mark("care team"),
    RelationKind.TASK: mark("asked to do something"),
    RelationKind.REQUEST: mark("a request"),
    RelationKind.APPOINTMENT: mark("an appointment"),
    RelationKind.EPISODE: mark("a service that runs"),
    RelationKind.GENERAL_PRACTITIONER: mark("own general practice"),
}
"""The ties that grounds in the log name."""


THIRD_PERSON = {
    "people around you": mark("people around the person"),
    "services you take part in": mark("services the person takes part in"),
    "what you allow and do not allow": mark("what the person allows and does not allow"),
    "who has looked at your information": mark("who has looked"),
}
"""What is said of a kind of data to somebody else than the person."""


class Desk(msgspec.Struct, frozen=True, kw_only=True):
    """A log reviewer or data-protection officer before the record, for one request."""

    record: Record
    model: CareModel
    words: Words

    def t(self, message: str, **values: object) -> str:
        """`message`, marked elsewhere, in the reader's language."""
        return self.words.plain(message, **values)

    @property
    def zone(self) -> ZoneInfo:
        """The country's time zone."""
        return ZoneInfo(self.model.country.time_zone)

    def unit(self, party: str) -> str:
        """The name of an organisation."""
        known = self.model.party(party)
        return known.name if known else party

    def role(self, id: str) -> str:
        """The name of a role."""
        role = self.model.role(id)
        return said(role.name, self.words.language) if role else id

    async def names(self, references: Iterable[str]) -> Mapping[str, Named]:
        """Names of staff."""
        return await named(self.record, self.model, references)

    def who(self, names: Mapping[str, Named], actor: str, role: str = "") -> str:
        """Name and role of somebody who looked."""
        known = names.get(actor)
        called = known.role if known and not role else role
        parts = (known.name if known else "", self.role(called) if called else "")
        return ", ".join(part for part in parts if part) or self.t(SOMEBODY)

    def person(self, people: People, id: str) -> str:
        """Name and year of birth of somebody who was looked at."""
        known = people.people.get(id)
        return ", ".join(part for part in (known.name, known.year) if part) if known else self.t(SOMEBODY)

    def look(self, visit: Visit, names: Mapping[str, Named], people: People) -> LookLine:
        """One look."""
        first = visit.first
        return LookLine(
            number=visit.number,
            who=self.who(names, first.actor, first.role),
            unit=self.unit(first.party),
            person=self.t(UNSEEN) if visit.refused else self.person(people, first.person or ""),
            start=visit.start,
            end=visit.end if visit.end - visit.start > timedelta(minutes=1) else None,
            kinds=self._kinds(visit),
            grounds=tuple(dict.fromkeys(self._grounds(visit))),
            refused=visit.refused,
            wrote=visit.wrote,
            emergency=any(one.purpose == "BTG" for one in visit.entries),
        )

    def _kinds(self, visit: Visit) -> str:
        shown = tuple(kind for one in visit.shown for kind in one.shown_types)
        kinds = {KINDS.get(kind, OTHER) for kind in shown or visit.kinds}
        known = (kind for kind in dict.fromkeys((*KINDS.values(), OTHER)) if kind in kinds)
        ordered = [self.t(THIRD_PERSON.get(kind, kind)) for kind in known]
        return format_list(ordered, locale=self.words.shape.locale)

    def _grounds(self, visit: Visit) -> Iterator[str]:
        for one in visit.entries:
            kind = GROUND_KINDS.get(one.ground.partition("/")[0])
            if kind in TIES:
                yield self.t(TIES[kind])
