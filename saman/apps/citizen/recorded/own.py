"""What every part of the desk needs: the record as the citizen may see it, the care model, the reader's words."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import msgspec

from saman.apps.ui.advice import Advice, advice
from saman.apps.ui.locales import Words
from saman.apps.ui.views import Reader
from saman.flows.directory import Named, named
from saman.flows.monitoring.enrolment import FOLLOWED, Enrolment, Following, enrolled_in, following
from saman.flows.reading import all_of
from saman.kernel.outcome import Kind, Refusal, refused
from saman.model.care.basis import Text, said
from saman.model.care.calendar import deadline, holidays_on, local, opening
from saman.model.care.caremodel import CareModel
from saman.model.care.party import Party
from saman.model.care.timing import Span
from saman.record import Record, Stored
from saman.record.gathering import About

Resource = dict[str, Any]


class Own(msgspec.Struct, frozen=True):
    """A citizen before the record: `person` is the citizen's own id, or that of whom a relative takes part for."""

    record: Record
    model: CareModel
    words: Words
    person: str
    kept: dict[str, Any] = msgspec.field(default_factory=dict)
    """What was looked up for this request already, by what it is."""

    @property
    def language(self) -> str:
        """The reader's language."""
        return self.words.language

    def said(self, text: Text) -> str:
        """A text of the care model in the reader's language."""
        return said(text, self.language)

    def advice(self, text: Text) -> Advice:
        """What tells the citizen what to do, with the numbers to call, and as it was read beside it."""
        return advice(self.model.with_numbers(text), self.language, self.model.region.reviewed_languages)

    def tell(self, message: str, **values: object) -> str:
        """A sentence of the page in the reader's language, as plain text."""
        return self.words.plain(message, **values)

    def role(self, id: str) -> str:
        """The name of a role."""
        role = self.model.role(id)
        return self.said(role.name) if role else ""

    async def all(self, type_name: str, *pairs: tuple[str, str]) -> list[Stored] | Refusal:
        """Everything of a type about the citizen."""
        return await all_of(self.record, type_name, [("patient", f"Patient/{self.person}"), *pairs])

    async def names(self, *references: str) -> dict[str, Named]:
        """Names of those who are referred to; each is looked up once for a request."""
        names: dict[str, Named | None] = self.kept.setdefault("names", {})
        missing = {one for one in references if one not in names}
        if missing:
            found = await named(self.record, self.model, missing)
            names |= {one: found.get(one) for one in missing}
        return {one: name for one in references if (name := names[one]) is not None}

    async def about(self, types: Mapping[str, int]) -> About | Refusal:
        """What is held about the citizen of these types, each looked up once for a request."""
        held: About = self.kept.setdefault("about", {})
        missing = {name: most for name, most in types.items() if name not in held}
        found = await self.record.about(self.person, missing) if missing else {}
        if isinstance(found, Refusal):
            return found
        held |= found
        return held

    async def enrolment(self) -> Enrolment | Refusal | None:
        """The service in which the citizen reports from home, None when there is none."""
        found = await self.about(FOLLOWED)
        if isinstance(found, Refusal):
            return found
        return next(iter(enrolled_in(found, self.model, self.person, self.language)), None)

    async def enrolled(self) -> Enrolment | Refusal:
        """The same where a page makes no sense without it."""
        found = await self.enrolment()
        return found if found is not None else not_followed()

    async def followed(self) -> Following | Refusal:
        """Who follows the citizen in some service; refused where nobody does."""
        found = await self.about(FOLLOWED)
        if isinstance(found, Refusal):
            return found
        return following(self.model, found["EpisodeOfCare"]) or not_followed()

    def reader(self, enrolment: Enrolment) -> Reader:
        """Who reads a report sent now, from when, and by when an answer comes."""
        return self._read_by(enrolment.receiver, enrolment.monitoring.report_answered)

    def answerer(self, followed: Following) -> Reader:
        """Who reads a message sent now, from when, and by when an answer comes."""
        return self._read_by(followed.receiver, followed.service.response.own_request_answered)

    def _read_by(self, party: Party, within: Span) -> Reader:
        now, country = self.record.context.now, self.model.country
        state = opening(party, country, now)
        start = now if state.open else state.next_opening or now
        return Reader(
            who=self.said(party.called) or party.name,
            from_=start,
            answer_by=deadline(within, party, country, now) or start + timedelta(days=1),
            open_now=state.open,
            closed_because="" if state.open else self._holiday(),
        )

    def _holiday(self) -> str:
        today = local(self.model.country, self.record.context.now).date()
        return next((self.said(one.name) for one in holidays_on(self.model.country, today)), "")


def not_followed() -> Refusal:
    """Nothing is asked of this citizen from home."""
    return refused(
        Kind.NOT_FOUND, "not-found", "You are not followed at home.", key="You have no home follow-up at present."
    )
