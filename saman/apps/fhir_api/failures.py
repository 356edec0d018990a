"""What the caller hears when something broke, and what the log keeps: never a word from the request or the data."""

from __future__ import annotations

from traceback import walk_tb

import structlog

from saman.apps.fhir_api.answer import Answer, refusal_answer
from saman.apps.fhir_api.call import Call
from saman.kernel.outcome import Issue, Kind, Refusal
from saman.record.outage import OUTAGES, outage
from saman.record.render import outcome_text

_log = structlog.get_logger("saman.fhir")
_OURS = frozenset({Kind.UNAVAILABLE, Kind.STORAGE_FULL})


def failure_answer(error: Exception, call: Call, interaction: str) -> Answer:
    """The answer for an exception: 503 or 507 when the database is away, else 500 with nothing but the request id."""
    refusal = _outage(error)
    _log.error(
        "the call broke",
        request=call.request,
        interaction=interaction,
        status=refusal.status if refusal else 500,
        error=type(error).__name__,
        frames=[f"{frame.f_globals['__name__']}:{line}" for frame, line in walk_tb(error.__traceback__)],
    )
    if refusal is not None:
        return refusal_answer(refusal, call)
    text = f"Something went wrong here. It has been noted as {call.request}."
    return Answer(500, outcome_text([Issue("exception", text, severity="fatal")]).encode())


def refused_answer(refusal: Refusal, call: Call, interaction: str) -> Answer:
    """The answer for a refusal; the log hears of those that are our fault."""
    if refusal.kind in _OURS:
        _log.warning("the record is away", request=call.request, interaction=interaction, status=refusal.status)
    return refusal_answer(refusal, call)


def _outage(error: Exception) -> Refusal | None:
    if not isinstance(error, OUTAGES):
        return None
    try:
        return outage(error)
    except Exception:  # it gives a bug of ours back by raising it
        return None
