"""The citizen's questions about looks: asked, waited for, answered."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import msgspec

from saman.apps.citizen.log_views import LogQuestion, QuestionLine, QuestionState
from saman.apps.citizen.recorded.own import Own
from saman.apps.ui.locales import mark
from saman.flows.directory import Named
from saman.flows.review.acting import REVIEWER
from saman.flows.review.cases import Case, ask_about, own_cases
from saman.flows.review.names import shielded
from saman.flows.review.terms import log_terms
from saman.kernel.outcome import Issue, Kind, Refusal, refused
from saman.model.fhir import resource_number
from saman.record.audit import Entry
from saman.record.cursor import Place

NO_ENTRY = mark("There is no such entry in your log.")
NO_QUESTION = mark("There is no such question.")
TOO_LONG = mark("Write at most 2000 characters.")
_WORDS = {"record.not-found": NO_ENTRY, "message.long": TOO_LONG}


class Asked(msgspec.Struct, frozen=True):
    """A question as the citizen has it."""

    case: Case

    @property
    def state(self) -> QuestionState:
        """How it stands."""
        if not self.case.open:
            return "answered"
        return "late" if self.case.late else "open"


async def own_questions(own: Own) -> tuple[Asked, ...] | Refusal:
    """Every question the citizen has asked, newest first; looked up once for a request."""
    if "questions" not in own.kept:
        found = await own_cases(own.record)
        own.kept["questions"] = found if isinstance(found, Refusal) else tuple(map(Asked, found))
    kept: tuple[Asked, ...] | Refusal = own.kept["questions"]
    return kept


async def asked_about(own: Own, entry: str, at: str, words: str) -> str | Refusal:
    """Ask about a look; gives the id of the question, the same when it was asked before."""
    moment = _moment(at)
    if not entry.isdigit() or len(entry) > MOST_DIGITS or moment is None:
        return refused(Kind.NOT_FOUND, "not-found", "There is no such entry in your log.", key=NO_ENTRY)
    done = await ask_about(own.record, own.model, int(entry), moment, words)
    return _worded(done) if isinstance(done, Refusal) else done.stored.id


MOST_DIGITS = 18


def _moment(text: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment.tzinfo is not None else None


def _worded(refusal: Refusal) -> Refusal:
    issues = (msgspec.structs.replace(one, key=_WORDS.get(one.key, one.key)) for one in refusal.issues)
    return Refusal(refusal.kind, tuple[Issue, ...](issues))


async def give_reason(own: Own, reason: str) -> str:
    """Keep in the log why the citizen looks further back; gives what the address of the answer holds, for today."""
    record = own.record
    number = resource_number("AuditEvent")
    await record.log(Entry(record.context, "E", number, person=own.person, query=f"older entries: {reason}"))
    return record.store.seal.close(Place(None, "older", ""), _today(own))


def gave_reason(own: Own, sealed: str) -> bool:
    """Whether the citizen has given a reason today."""
    return bool(sealed) and not isinstance(own.record.store.seal.open(sealed, _today(own)), Refusal)


def _today(own: Own) -> str:
    return f"older {own.record.context.actor} {own.words.local(own.record.context.now).date()}"


async def question(own: Own, id: str) -> LogQuestion | Refusal:
    """One of the citizen's own questions, with its answer."""
    found = await own_questions(own)
    if isinstance(found, Refusal):
        return found
    one = next((each for each in found if each.case.id == id), None)
    if one is None:
        return refused(Kind.NOT_FOUND, "not-found", "There is no such question.", key=NO_QUESTION)
    case, terms = one.case, log_terms(own.record.store.policy, own.record.context.now)
    names = await own.names(case.looked_by)
    hidden = await shielded(own.record, (case.looked_by,))
    owner, unit = own.model.party(case.owner), own.model.party(case.unit)
    return LogQuestion(
        line=line_of(own, one, names, named=terms.named and not hidden),
        unit=unit.name if unit else "",
        owner=owner.name if owner else "",
        phone=owner.phone if owner else "",
        words=case.words,
        asked=case.asked,
        days=terms.answer_days,
        answer=case.answer,
        answered=case.answered,
        with_officer=case.with_officer,
        nobody=owner is None or REVIEWER not in owner.roles,
    )


def line_of(own: Own, one: Asked, names: Mapping[str, Named], *, named: bool) -> QuestionLine:
    """A question in a list."""
    case = one.case
    who = names.get(case.looked_by) if named else None
    parts = (who.name if who else "", own.role(case.role))
    return QuestionLine(
        id=case.id,
        who=", ".join(part for part in parts if part),
        looked=case.looked,
        state=one.state,
        due=case.due,
    )
