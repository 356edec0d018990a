"""Proofs for citizens: that what the own log tells of a look stands in the ledger, as a file, and what that means."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Protocol

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from saman.apps.ui.locales import mark
from saman.apps.ui.pages import render, render_refusal
from saman.flows.review.terms import log_terms
from saman.flows.review.visits import Visit, visits
from saman.kernel.outcome import Kind, Refusal, refused
from saman.model.fhir import resource_number
from saman.record import Record, not_found
from saman.record.audit import Entry, Logged
from saman.record.audit_events.criteria import all_criteria, own_criteria
from saman.record.audit_events.telling import telling_to_persons, told
from saman.record.ledger.proof_file import FORM, ProofFile, Proven, proven
from saman.record.ledger.proofs import inclusion
from saman.record.review import looks_at

LATER = mark("The proof is not ready yet. Try again in a minute.")
LONGEST_VISIT = timedelta(days=1)
MOST = 100
"""Entries of one look that are proven."""


class Whose(Protocol):
    """Whose log it is, before the record."""

    @property
    def record(self) -> Record:
        """The record as the reader may see it."""
        ...

    @property
    def person(self) -> str:
        """The Patient id of whom the log is about."""
        ...


WhoseFor = Callable[[Request], Whose]


def proof_routes(whose: WhoseFor) -> list[Route]:
    """The file for each look, and the page that explains it."""

    async def file(request: Request) -> Response:
        """The proofs of one look."""
        found = await _proofs(whose(request), request.path_params["look"], request.query_params.get("at", ""))
        if isinstance(found, Refusal):
            return render_refusal(request, found)
        headers = {"content-disposition": 'attachment; filename="saman-proof.json"', "cache-control": "no-store"}
        return Response(msgspec.json.format(msgspec.json.encode(found)), 200, headers, media_type="application/json")

    return [
        Route("/citizen/who-looked/{look}/proof", file, methods=["GET"]),
        Route("/citizen/proofs", _explained, methods=["GET"]),
    ]


async def _explained(request: Request) -> Response:
    """What a proof is, and how anybody can check it."""
    return render(request, "ledger/proofs.html", None)


async def _proofs(whose: Whose, look: str, at: str) -> ProofFile | Refusal:
    """The proofs of the look that begins with an entry at a time."""
    record = whose.record
    visit = await _visit(whose, look, at)
    await record.log(
        Entry(record.context, "R", resource_number("AuditEvent"), person=whose.person, query="proof of the log")
    )
    if visit is None:
        return not_found()
    seen = await told(record, telling_to_persons(record.store.policy, record.context.now), list(visit.entries[:MOST]))
    found = [await _proof(record, one, shown) for one, shown in zip(visit.entries, seen, strict=False)]
    entries = tuple(one for one in found if one is not None)
    if not entries:
        return refused(Kind.CONFLICT, "transient", "No checkpoint covers the entry yet.", key=LATER)
    return ProofFile(FORM, entries)


async def _visit(whose: Whose, look: str, at: str) -> Visit | None:
    """The look in the own log, as far back as the log is shown."""
    try:
        begun = datetime.fromisoformat(at)
        number = int(look)
    except ValueError:
        return None
    if begun.tzinfo is None or not datetime(2000, 1, 1, tzinfo=UTC) < begun < datetime(9000, 1, 1, tzinfo=UTC):
        return None
    since = log_terms(whose.record.store.policy, whose.record.context.now).since
    found = await looks_at(whose.record, whose.person, max(begun, since), begun + LONGEST_VISIT)
    return next((one for one in visits(found) if one.number == number), None)


async def _proof(record: Record, entry: Logged, shown: Logged) -> Proven | None:
    """The proof of one entry, with its text where its reader is told all that stands in it."""
    found = await inclusion(record, entry.entry)
    whole = shown.actor == entry.actor and own_criteria(entry) == all_criteria(entry)
    return None if found is None else proven(found, told=whole)
