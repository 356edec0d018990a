"""Lines of a worklist with person, reading, own limits and comment, loaded for all lines at once.

However many lines are open, one page asks the record the same number of questions: nothing is read line by line.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import date, timedelta
from typing import Any

import msgspec

from saman.flows.directory import Named, named
from saman.flows.monitoring.enrolment import OwnLimit, begun_with, read_limits
from saman.flows.monitoring.report import COMMENT
from saman.flows.monitoring.series import Reading, read_observation
from saman.flows.reading import in_language, moment_of, once_a_version, tree_of
from saman.kernel.clock import instant
from saman.kernel.outcome import Refusal
from saman.model.care import codes
from saman.model.care.calendar import local
from saman.model.care.caremodel import CareModel
from saman.model.care.kept import service_of
from saman.model.care.monitoring import RuleKind
from saman.model.care.service_model import ServiceModel
from saman.record import Record, Stored
from saman.record.present import present
from saman.record.work import Item

Resource = dict[str, Any]
Pairs = tuple[tuple[str, str], ...]

MOST = "1000"
SILENCE = timedelta(days=30)
"""How far back missed days are counted."""
LOOKED_BACK = "100"
"""Readings of one quantity that a rule may look back on, at most."""


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """One open item with all that its row shows.

    `task` and `person` are resources, None where the reader may not see them; `readings` are those of the report the
    item is about, `earlier` those before it that a rule looks back on; `modules` are the conditions followed; `missed`
    are the days since the last report on which one was agreed and did not come, where the item is about that.
    `services` are those whose rules hold, as they stand in the version that the person is on.
    """

    item: Item
    version: int
    task: Resource
    person: Resource | None
    readings: tuple[Reading, ...] = ()
    earlier: tuple[Reading, ...] = ()
    limits: tuple[OwnLimit, ...] = ()
    modules: tuple[str, ...] = ()
    services: tuple[ServiceModel, ...] = ()
    missed: tuple[date, ...] = ()
    comment: str = ""


class Lines(msgspec.Struct, frozen=True, kw_only=True):
    """The lines in the order of their items, and the names of those who act in them besides the person of a line."""

    lines: tuple[Line, ...]
    names: dict[str, Named]


async def lines_of(
    record: Record, model: CareModel, items: Sequence[Item], language: str, *, looking_back: bool
) -> Lines | Refusal:
    """The lines of `items` (at most 200); `looking_back` also loads what rules compare with earlier readings."""
    if not items:
        return Lines(lines=(), names={})
    followed = sorted({item.person for item in items if item.person and _report_of(item)})
    silent = sorted({item.person for item in items if item.person and item.kind == codes.MISSING_REPORT})
    asking = asyncio.gather(
        *(_search(record, *one) for one in _questions(items, followed, looking_back)),
        *(_search(record, *one) for one in _silent(record, silent if looking_back else ())),
        _search(record, "EpisodeOfCare", _staying(model, {*followed, *silent} if looking_back else ())),
        _earlier(record, model, followed if looking_back else ()),
    )
    there, found = await asyncio.gather(present(record, _keys(items)), asking)
    refusal = next((one for one in found if isinstance(one, Refusal)), None)
    if refusal is not None:
        return refusal
    observations, goals, referrals, *missing, staying, earlier = (one for one in found if not isinstance(one, Refusal))
    names = await named(record, model, _acting(items), there)
    resources = {reference: (one.version, tree_of(one)) for reference, one in there.items()}
    parts = _Parts(
        resources=resources,
        comments={item.focus: _comment(resources[item.focus][1], language) for item in items if item.focus in there},
        readings=_by_report(model, observations),
        limits=_by_person(goals, lambda one: read_limits(model, one, language)),
        modules=_by_person((*referrals, *missing[0]), lambda one: _modules(model, one)),
        services=_by_person(staying, lambda one: _service(model, one)),
        others=model.services,
        missed=_missed(model, *missing[1:]),
        earlier=_by_person(earlier, lambda one: read_observation(model, one)),
    )
    lines = tuple(_line(item, parts) for item in items if f"Task/{item.id}" in resources)
    return Lines(lines=lines, names=names)


class _Parts(msgspec.Struct, frozen=True, kw_only=True):
    resources: dict[str, tuple[int, Resource]]
    comments: dict[str, str]
    readings: dict[str, list[Reading]]
    limits: dict[str, list[OwnLimit]]
    modules: dict[str, list[str]]
    services: dict[str, list[ServiceModel]]
    others: tuple[ServiceModel, ...]
    missed: dict[str, list[date]]
    earlier: dict[str, list[Reading]]


def _line(item: Item, parts: _Parts) -> Line:
    person = item.person or ""
    version, task = parts.resources[f"Task/{item.id}"]
    _, shown = parts.resources.get(f"Patient/{person}", (0, None))
    return Line(
        item=item,
        version=version,
        task=task,
        person=shown,
        readings=tuple(parts.readings.get(item.focus, ())),
        earlier=tuple(parts.earlier.get(person, ())),
        limits=tuple(parts.limits.get(person, ())),
        modules=tuple(dict.fromkeys(parts.modules.get(person, ()))),
        services=tuple(parts.services.get(person, ())) or parts.others,
        missed=tuple(parts.missed.get(person, ())) if item.kind == codes.MISSING_REPORT else (),
        comment=parts.comments.get(item.focus, ""),
    )


def _report_of(item: Item) -> str:
    return item.focus if item.focus.startswith("QuestionnaireResponse/") else ""


def _keys(items: Sequence[Item]) -> Iterator[tuple[str, str]]:
    """The task, the person and the report of each line."""
    for item in items:
        yield "Task", item.id
        if item.person:
            yield "Patient", item.person
        if _report_of(item):
            yield "QuestionnaireResponse", item.focus.partition("/")[2]


def _questions(items: Sequence[Item], followed: Sequence[str], looking_back: bool) -> Iterator[tuple[str, Pairs]]:
    reports = ",".join(sorted({report for item in items if (report := _report_of(item))}))
    about = ",".join(f"Patient/{id}" for id in followed)
    yield "Observation", (("derived-from", reports),) if reports else ()
    limits = (("patient", about), ("category", f"{codes.GOAL}|limit"), ("lifecycle-status", "active"))
    yield "Goal", limits if about else ()
    yield "ServiceRequest", (("patient", about), ("status", "active")) if about and looking_back else ()


def _silent(record: Record, persons: Sequence[str]) -> Iterator[tuple[str, Pairs]]:
    """Of those whose reports are missing: what they are followed for, which days were missed, and what came."""
    about = ("patient", ",".join(f"Patient/{id}" for id in persons))
    since = f"ge{instant(record.context.now - SILENCE)}"
    missing = ("code", f"{codes.TASK}|{codes.MISSING_REPORT}")
    yield "ServiceRequest", (about, ("status", "active")) if persons else ()
    yield "Task", (about, missing, ("authored-on", since)) if persons else ()
    yield "QuestionnaireResponse", (about, ("authored", since)) if persons else ()


def _missed(model: CareModel, tasks: Iterable[Stored], reports: Iterable[Stored]) -> dict[str, list[date]]:
    came = _by_person(reports, lambda one: [local(model.country, moment_of(tree_of(one)["authored"])).date()])
    missed = _by_person(tasks, lambda one: _asked_for(tree_of(one)))
    return {
        person: sorted({day for day in days if day > max(came.get(person, [date.min]))})
        for person, days in missed.items()
    }


def _asked_for(task: Resource) -> Iterator[date]:
    return (date.fromisoformat(one["valueDate"]) for one in task.get("input", ()) if "valueDate" in one)


async def _earlier(record: Record, model: CareModel, persons: Sequence[str]) -> tuple[Stored, ...] | Refusal:
    """The readings that some rule compares a report with, of all persons."""
    days, wanted = _looked_back_on(model)
    if not wanted or not persons:
        return ()
    about = ",".join(f"Patient/{id}" for id in persons)
    since = record.context.now - timedelta(days=days)
    return await record.newest("Observation", [("patient", about), ("code", wanted), ("_count", LOOKED_BACK)], since)


def _staying(model: CareModel, persons: Collection[str]) -> Pairs:
    """What finds the services people are in, while some of these stand otherwise in earlier versions."""
    if not persons or not model.earlier:
        return ()
    about = ",".join(f"Patient/{id}" for id in sorted(persons))
    return (("patient", about), ("status", "active"))


def _service(model: CareModel, episode: Stored) -> Iterator[ServiceModel]:
    service = begun_with(model, episode).service(service_of(tree_of(episode)))
    if service is not None:
        yield service


def _looked_back_on(model: CareModel) -> tuple[int, str]:
    """How many days before a report any rule looks back (with four of waiting), and the codes it looks for."""
    rules = [r for s in model.every_service for m in s.modules for r in m.rules if r.kind is RuleKind.RISE]
    wanted = {rule.quantity for rule in rules}
    quantities = (q for s in model.every_service for one in s.measurements for q in one.quantities if q.id in wanted)
    listed = dict.fromkeys(f"{code.system}|{code.code}" for q in quantities for code in q.codes)
    return max((rule.days or 0 for rule in rules), default=0) + 4, ",".join(listed)


async def _search(record: Record, type_name: str, pairs: Pairs) -> tuple[Stored, ...] | Refusal:
    if not pairs:
        return ()
    page = await record.search(type_name, [*pairs, ("_count", MOST)])
    return page if isinstance(page, Refusal) else page.matches


def _acting(items: Iterable[Item]) -> Iterator[str]:
    """Who acts in the lines, besides the person that each is about."""
    for item in items:
        own = f"Patient/{item.person}"
        yield item.claimed_by
        yield from (one for one in (item.requester, item.owner, item.sent_for) if one != own)


def _by_person(found: Iterable[Stored], read: Any) -> dict[str, list[Any]]:
    held: dict[str, list[Any]] = defaultdict(list)
    for one in found:
        if one.person:
            held[one.person] += read(one)
    return held


def _by_report(model: CareModel, observations: Iterable[Stored]) -> dict[str, list[Reading]]:
    held: dict[str, list[Reading]] = defaultdict(list)
    for one in observations:
        for reading in read_observation(model, one):
            held[f"QuestionnaireResponse/{reading.report}"].append(reading)
    return held


def _comment(report: Resource, language: str) -> str:
    said = (one["answer"][0] for one in report.get("item", ()) if one["linkId"] == COMMENT and one.get("answer"))
    return next((in_language(answer, "valueString", language, report) for answer in said), "")


@once_a_version
def _modules(model: CareModel, stored: Stored) -> Iterator[str]:
    referral = stored.resource()
    reasons = {
        (one.get("system"), one.get("code"))
        for concept in referral.get("reasonCode", ())
        for one in concept.get("coding", ())
    }
    for service in model.every_service:
        for module in service.modules:
            if any((code.system, code.code) in reasons for code in module.codes):
                yield module.id
