"""Moves people in a service to the version of it that is in force; each move is a new version of their enrolment."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

import msgspec

from saman.flows.governance.people import in_service
from saman.flows.monitoring.enrolment import FOLLOWED, Enrolment, begun_with, enrolled_in
from saman.flows.reading import tree_of
from saman.kernel.outcome import Kind, Refusal, refused
from saman.model.care.caremodel import CareModel
from saman.model.care.combine import quantity
from saman.model.care.kept import naming, standing_in, version_of
from saman.record import Change, Record, Stored

PAGE = "200"

MODULE = "follow a condition that the service no longer has"
LIMIT = "have a limit of their own for what is no longer measured"
RECEIVER = "are followed by somebody who no longer takes part"
OVERTAKEN = "were changed by somebody else at that moment"


class Moved(msgspec.Struct, frozen=True, kw_only=True):
    """How many people were moved, or would be; how many stood there already; how many stay, by the reason why."""

    moved: int
    there: int
    staying: Mapping[str, int]


async def move(record: Record, model: CareModel, service: str, *, dry_run: bool = False) -> Moved | Refusal:
    """Move everybody in a service to the version in force, as far as nothing of theirs is lost by it.

    `record` writes for whoever decided it. Each person is moved by itself, so what is broken off goes on when repeated.
    """
    if model.service(service) is None:
        text = f"There is no service {service} in the model in force, so nobody can be moved to it."
        return refused(Kind.NOT_FOUND, "not-found", text, "service")
    counts: Counter[str] = Counter()
    cursor: list[tuple[str, str]] = []
    while True:
        page = await record.search("EpisodeOfCare", [*in_service(service), ("_count", PAGE), *cursor])
        if isinstance(page, Refusal):
            return page
        for one in page.matches:
            done = await _moved(record, model, service, one, dry_run=dry_run)
            if isinstance(done, Refusal):
                return done
            counts[done] += 1
        if page.next is None:
            break
        cursor = [("_cursor", page.next)]
    staying = {reason: counts[reason] for reason in (MODULE, LIMIT, RECEIVER, OVERTAKEN) if counts[reason]}
    return Moved(moved=counts[_MOVED], there=counts[_THERE], staying=staying)


_MOVED, _THERE = "moved", "there"


async def _moved(record: Record, model: CareModel, service: str, episode: Stored, *, dry_run: bool) -> str | Refusal:
    """What became of one enrolment: moved, there already, or the reason why it stays."""
    if begun_with(model, episode) is model:
        return _THERE
    reason = await _reason(record, model, service, episode)
    if reason or isinstance(reason, Refusal):
        return reason
    if dry_run:
        return _MOVED
    newest = standing_in(model.versions, service, model.versions[-1].number)
    assert newest is not None
    change = Change(naming(episode.resource(), newest.number), episode.id, episode.version)
    written = await record.commit([change])
    if isinstance(written, Refusal):
        return OVERTAKEN if written.kind is Kind.PRECONDITION else written
    return _MOVED


async def _reason(record: Record, model: CareModel, service: str, episode: Stored) -> str | Refusal:
    """Why somebody cannot be moved, empty when they can."""
    if episode.person is None:
        return ""
    found = await record.about(episode.person, FOLLOWED)
    if isinstance(found, Refusal):
        return found
    enrolled = enrolled_in(found, model, episode.person, "en")
    now = next((one for one in enrolled if one.episode == f"EpisodeOfCare/{episode.id}"), None)
    return _lost(model, service, now) if now is not None else ""


def _lost(model: CareModel, service: str, now: Enrolment) -> str:
    after = model.service(service)
    assert after is not None
    if not {*now.modules} <= {one.id for one in after.modules}:
        return MODULE
    if any(quantity(now.service, one.quantity) and not quantity(after, one.quantity) for one in now.limits):
        return LIMIT
    return "" if any(one.id == now.receiver.id for one in model.parties) else RECEIVER


def number_of(model: CareModel, episode: Stored) -> int:
    """The number of the version that an enrolment stands on."""
    return version_of(tree_of(episode)) or model.number_at(episode.updated)
