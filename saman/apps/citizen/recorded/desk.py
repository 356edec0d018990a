"""The desk itself: one for each request."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date
from typing import TypeVar

import msgspec

from saman.apps.citizen.log_views import AccessLog, LogAsked, LogQuestion
from saman.apps.citizen.recorded import (
    assessing,
    children,
    log,
    messages,
    questions,
    relatives,
    reporting,
    sharing,
    shown,
    today,
    work,
    yeses,
)
from saman.apps.citizen.recorded.own import Own
from saman.apps.citizen.sharing_views import Acting, ChildSharing, OwnLooks, Sharing, SharingWith, YesPage
from saman.apps.citizen.views import (
    Answer,
    Draft,
    Happened,
    OwnAnswer,
    Plan,
    Readings,
    Receipt,
    SelfTreatment,
    Thread,
    Today,
    Trend,
)
from saman.apps.ui.locales import mark
from saman.apps.ui.views import Help
from saman.flows.consent.guardian import NO_CUSTODY
from saman.flows.opening.notices import acknowledge
from saman.flows.plan.answers import answer_item
from saman.flows.review import telling
from saman.kernel.outcome import Kind, Refusal, refused
from saman.model.access import Domain

T = TypeVar("T")

OWN_ONLY = mark("Only the person the plan is about can do this.")


class RecordDesk:
    """Answers the citizen's pages from the record. Nobody close does anything in the citizen's name."""

    def __init__(self, own: Own) -> None:
        self._own = own

    async def help(self) -> Help:
        """Numbers to call, and the citizen's coordinator."""
        return await today.help_of(self._own)

    def measures(self) -> bool:
        """Whether anything is measured at home in this region."""
        return any(service.measurements for service in self._own.model.services)

    async def today(self) -> Today | Refusal:
        """What is asked of me today and what comes next."""
        view = await today.today(self._own)
        if isinstance(view, Refusal) or self._own.record.context.kind != "citizen":
            return view
        return msgspec.structs.replace(view, news=await log.news(self._own))

    async def is_asked(self) -> bool:
        """Whether a round of self-assessment waits for an answer."""
        return await assessing.is_asked(self._own)

    async def plan(self) -> Plan | Refusal:
        """My plan."""
        return await shown.plan(self._own)

    async def answer_item(self, item: str, answer: OwnAnswer) -> Refusal | None:
        """Stores the citizen's own answer to a plan item."""
        plan, _, number = item.rpartition(".")
        if not number.isdigit():
            return refused(Kind.NOT_FOUND, "not-found", "There is no such item.", key=mark("There is no such item."))
        return self._not_own() or await answer_item(self._own.record, plan, int(number), answer)

    async def draft(self) -> Draft | Refusal:
        """The report being written; begins one when there is none."""
        return self._not_own() or await reporting.draft(self._own)

    async def keep(self, draft: str, answers: Mapping[str, Answer]) -> Refusal | None:
        """Stores answers in the draft, by question."""
        return self._not_own() or await reporting.keep(self._own, draft, answers)

    async def send(self, draft: str, comment: str) -> Receipt | Refusal:
        """Sends the draft once."""
        return self._not_own() or await reporting.send_draft(self._own, draft, comment)

    async def receipt(self) -> Receipt | Refusal:
        """The receipt of the latest report."""
        enrolment = self._not_own() or await self._own.enrolled()
        if isinstance(enrolment, Refusal):
            return enrolment
        latest = await work.latest_report(self._own)
        if isinstance(latest, Refusal):
            return latest
        if latest is None:
            return refused(Kind.NOT_FOUND, "not-found", "Nothing was sent yet.", key=mark("Nothing was sent yet."))
        reader = self._own.reader(enrolment)
        return Receipt(
            report=latest.id,
            sent=latest.sent,
            reader=reader,
            self_treatment=True,
            fixed=reporting.fixed(self._own, enrolment),
        )

    async def readings(self) -> Readings | Refusal:
        """My measures with their latest reading."""
        return await shown.readings(self._own)

    async def trend(self, measure: str) -> Trend | Refusal:
        """One measure over 90 days."""
        return await shown.trend(self._own, measure)

    async def self_treatment(self) -> SelfTreatment | Refusal:
        """My self-treatment plan."""
        return await shown.self_treatment(self._own)

    async def thread(self) -> Thread | Refusal:
        """My messages."""
        return await messages.thread(self._own)

    async def write(self, key: str, text: str) -> Refusal | None:
        """Stores a message once for each `key`."""
        return await messages.write_message(self._own, key, text)

    async def access_log(self, asked: LogAsked) -> AccessLog | Refusal:
        """Who looked, as far as is asked."""
        return self._not_own() or await log.access_log(self._own, asked)

    async def ask_about(self, entry: str, at: str, words: str) -> str | Refusal:
        """Asks about a look; gives the id of the question."""
        return self._not_own() or await questions.asked_about(self._own, entry, at, words)

    async def read_notice(self, notice: str) -> Refusal | None:
        """Keeps that I have read of an opening."""
        return self._not_own() or await acknowledge(self._own.record, notice)

    async def choose_notices(self, wish: str) -> Refusal | None:
        """Keeps what I want to be told of."""
        return self._not_own() or await telling.choose(self._own.record, wish)

    async def give_reason(self, reason: str) -> str | Refusal:
        """Keeps why I look further back than is shown freely."""
        return self._not_own() or await questions.give_reason(self._own, reason)

    async def question(self, id: str) -> LogQuestion | Refusal:
        """One of my questions about a look."""
        return self._not_own() or await questions.question(self._own, id)

    async def sharing(self) -> Sharing | Refusal:
        """Who may look."""
        return self._not_own() or await yeses.with_yeses(self._own, await sharing.sharing(self._own))

    async def child_sharing(self) -> ChildSharing | Refusal:
        """Who may look at the child, for a guardian."""
        view = await children.child_sharing(self._own)
        return self._own_only(await yeses.with_yeses(self._own, view, self._own.person))

    async def sharing_with(self, party: str, chosen: Collection[Domain] | None) -> SharingWith | Refusal:
        """One unit, and what saying no to it would change."""
        if self._is_close:
            return self._own_only(await children.child_sharing_with(self._own, party, chosen))
        return await sharing.sharing_with(self._own, party, chosen)

    async def say_no(self, party: str, chosen: Collection[Domain]) -> Refusal | None:
        """Closes kinds of data to a unit."""
        if self._is_close:
            return self._own_only(await children.child_say(self._own, party, chosen))
        return await sharing.say(self._own, party, chosen)

    async def take_back(self, no: str) -> Refusal | None:
        """Ends a no."""
        if self._is_close:
            return self._own_only(await children.child_unsay(self._own, no))
        return await sharing.unsay(self._own, no)

    async def saying_yes(self, party: str) -> YesPage | Refusal:
        """What a yes to a unit would open."""
        return self._own_only(await yeses.saying(self._own, party, self._child))

    async def say_yes(self, party: str) -> Refusal | None:
        """Says yes to a unit."""
        return self._own_only(await yeses.say(self._own, party, self._child))

    async def ending_yes(self, yes: str) -> YesPage | Refusal:
        """What it would close to take a yes back."""
        return self._own_only(await yeses.ending(self._own, yes, self._child))

    async def end_yes(self, yes: str) -> Refusal | None:
        """Takes a yes back."""
        return self._own_only(await yeses.end(self._own, yes, self._child))

    async def acting(self) -> Acting | None:
        """For whom somebody close is here; None for the citizen."""
        return await relatives.acting(self._own) if self._is_close else None

    async def own_looks(self) -> OwnLooks | Refusal:
        """What somebody close has looked at."""
        return await relatives.own_looks(self._own)

    async def share_with(self, id: str, version: int, scopes: Collection[str], last: date | None) -> Refusal | None:
        """Shares this with somebody close, up to and with a day."""
        return self._not_own() or await relatives.change(self._own, id, version, scopes, last)

    async def end_sharing(self, id: str, version: int) -> Refusal | None:
        """Ends at once what is shared with somebody close."""
        return self._not_own() or await relatives.end(self._own, id, version)

    async def share_again(self, id: str, version: int) -> Refusal | None:
        """Undoes the ending."""
        return self._not_own() or await relatives.again(self._own, id, version)

    async def happened(self, report: str | None) -> Happened | Refusal:
        """What became of a report, the latest when None."""
        return await work.happened(self._own, report)

    async def not_heard_back(self, report: str) -> Refusal | None:
        """Tells both ends that the citizen has had no answer."""
        return self._not_own() or await work.not_heard_back(self._own, report)

    @property
    def _is_close(self) -> bool:
        return self._own.record.context.kind == "relative"

    @property
    def _child(self) -> str:
        """Whom a guardian asks about; empty for the citizen."""
        return self._own.person if self._is_close else ""

    def _own_only(self, found: T) -> T | Refusal:
        """What was found for a guardian; those close who are none are told that this is for the person alone."""
        if isinstance(found, Refusal) and found.issues[0].key == NO_CUSTODY:
            return self._not_own() or found
        return found

    def _not_own(self) -> Refusal | None:
        if self._own.record.context.kind == "citizen":
            return None
        return refused(Kind.FORBIDDEN, "forbidden", "Only the citizen can do this.", key=OWN_ONLY)
