"""The page of one service: for whom, over the clock, in which modes, with what, seen by whom, where, known how well."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from decimal import Decimal

import msgspec

from saman.apps.region import names
from saman.apps.region.facts import Fact, Ground, Said, Teller, grounded
from saman.apps.region.indicators import IndicatorLine, indicator_line
from saman.apps.region.over_distance import Part, distance_parts
from saman.apps.region.people import role_name
from saman.apps.region.portfolio import LessonLine, lesson_lines
from saman.apps.region.receivers import Week, receiver_week
from saman.apps.region.seen import KINDS, SeenRow, seen_by
from saman.apps.region.steps import Happens, happens
from saman.apps.region.taking import Taken, takes
from saman.apps.region.units import measured
from saman.model.access import Policy
from saman.model.care.agreement import Coverage, LegalBasis
from saman.model.care.basis import Grounded
from saman.model.care.service_model import Assumption, Criterion, Mode, ServiceModel


class ModeLine(msgspec.Struct, frozen=True):
    """One way of contact: whether each municipality gets it, what rules it out, and what then takes its place."""

    icon: str
    name: str
    optional: bool
    limits: tuple[str, ...]
    instead: str
    ground: Ground


class FlowLine(msgspec.Struct, frozen=True):
    """Person data from one role to another, with the legal grounds the agreement names."""

    sender: Said
    receiver: Said
    text: Said
    data: tuple[str, ...]
    bases: tuple[tuple[str, str, str], ...]
    ground: Ground


class ActivityLine(msgspec.Struct, frozen=True):
    """One thing done in the service."""

    name: Said
    sector: str
    role: Said
    ground: Ground


class AssumptionLine(msgspec.Struct, frozen=True):
    """A planning assumption; `value` is empty when it is not known."""

    text: Said
    value: str
    spread: str
    unit: Said
    where: str
    ground: Ground


class Measured(msgspec.Struct, frozen=True):
    """What is measured at home for a condition, and the words that stand by every report."""

    modules: tuple[tuple[Said, tuple[Said, ...], Ground], ...]
    title: Said
    text: Said


class TakenLine(msgspec.Struct, frozen=True):
    """The municipalities that stand to the service in one way: shape, words, names, until or from when, agreements."""

    taken: str
    words: str
    places: tuple[tuple[str, str], ...]
    agreements: tuple[str, ...]


class Known(msgspec.Struct, frozen=True):
    """How many statements of the file have a source, are samples, and are not known; `gaps` names the last."""

    sourced: int
    samples: int
    gaps: tuple[Said, ...]


class ServicePage(msgspec.Struct, frozen=True):
    """One service whole."""

    id: str
    name: Said
    region: Said
    category: str
    version: str
    summary: Said
    target_group: Said
    ground: Ground
    criteria: tuple[tuple[str, tuple[Fact, ...]], ...]
    citizen_chooses: bool
    week: Week
    happens: Happens
    modes: tuple[ModeLine, ...]
    measured: Measured | None
    parts: tuple[Part, ...]
    equipment: tuple[tuple[Said, Said, Ground], ...]
    activities: tuple[ActivityLine, ...]
    sees: tuple[tuple[str, tuple[Fact, ...]], ...]
    kinds: tuple[str, ...]
    seen: tuple[SeenRow, ...]
    flows: tuple[FlowLine, ...]
    taken: tuple[TakenLine, ...]
    is_said: bool
    indicators: tuple[IndicatorLine, ...]
    assumptions: tuple[AssumptionLine, ...]
    lessons: tuple[LessonLine, ...]
    facts: tuple[Fact, ...]
    known: Known


def service_page(tell: Teller, policy: Policy, service: ServiceModel) -> ServicePage:
    """The page of one service in the reader's language."""
    gettext = tell.words.gettext
    taken = _taken(tell, service)
    return ServicePage(
        id=service.id,
        name=tell.said(service.name),
        region=tell.said(tell.model.region.name),
        category=gettext(names.CATEGORIES[service.category]),
        version=service.version,
        summary=tell.said(service.summary),
        target_group=tell.said(service.target_group),
        ground=tell.ground(service),
        criteria=(
            (gettext("Who it is for"), _criteria(tell, service.inclusion)),
            (gettext("Who it is not for"), _criteria(tell, service.exclusion)),
            (gettext("It ends when"), _criteria(tell, service.ends)),
        ),
        citizen_chooses=service.citizen_chooses_mode,
        week=receiver_week(tell, service),
        happens=happens(tell, service),
        modes=tuple(_mode(tell, one) for one in service.modes),
        measured=_measured(tell, service),
        parts=distance_parts(tell, service),
        equipment=tuple((tell.said(one.name), tell.said(one.logistics), tell.ground(one)) for one in service.equipment),
        activities=tuple(
            ActivityLine(tell.said(one.name), gettext(names.SECTORS[one.sector]), role_name(tell, one.role),
                         tell.ground(one))
            for one in service.activities
        ),
        sees=(
            (gettext("The citizen sees"), _criteria(tell, service.citizen_sees)),
            (gettext("A relative sees"), _criteria(tell, service.relative_sees)),
        ),
        kinds=tuple(gettext(names.DATA[kind]) for kind in KINDS),
        seen=seen_by(tell, policy, [one.role for one in service.roles]),
        flows=_flows(tell, service),
        taken=taken,
        is_said=any(one.agreements for one in taken),
        indicators=tuple(indicator_line(tell, one) for one in tell.model.indicators if one.id in service.indicators),
        assumptions=tuple(_assumption(tell, one) for one in service.assumptions),
        lessons=lesson_lines(tell, _abouts(tell, service)),
        facts=tell.facts(service.id),
        known=_known(tell, service),
    )  # fmt: skip


def _criteria(tell: Teller, criteria: Sequence[Criterion]) -> tuple[Fact, ...]:
    return tuple(Fact(tell.said(one.text), tell.ground(one)) for one in criteria)


def _mode(tell: Teller, mode: Mode) -> ModeLine:
    icon, words = names.MODES[mode.mode]
    return ModeLine(
        icon=icon,
        name=tell.words.gettext(words),
        optional=mode.optional,
        limits=tuple(tell.words.gettext(names.LIMITS[limit]) for limit in mode.limited_by),
        instead=tell.words.gettext(names.MODES[mode.instead][1]) if mode.instead else "",
        ground=tell.ground(mode),
    )


def _measured(tell: Teller, service: ServiceModel) -> Measured | None:
    if service.monitoring is None:
        return None
    found = {one.id: one.name for one in service.measurements}
    return Measured(
        modules=tuple(
            (
                tell.said(module.name),
                tuple(tell.said(found[one.id]) for one in module.measurements if one.id in found),
                tell.ground(module),
            )
            for module in service.modules
        ),
        title=tell.said(service.monitoring.not_an_alarm.title),
        text=tell.said(service.monitoring.not_an_alarm.text),
    )


def _flows(tell: Teller, service: ServiceModel) -> tuple[FlowLine, ...]:
    bases = {basis.id: basis for one in tell.model.agreements for basis in one.legal_bases}
    return tuple(
        FlowLine(
            role_name(tell, flow.sender),
            role_name(tell, flow.receiver),
            tell.said(flow.text),
            tuple(tell.words.gettext(names.DATA[kind]) for kind in flow.data),
            tuple(_basis(tell, name, bases.get(name)) for name in flow.legal_bases),
            tell.ground(flow),
        )
        for flow in service.flows
    )


def _basis(tell: Teller, name: str, found: LegalBasis | None) -> tuple[str, str, str]:
    """The law, and how far it was checked as a shape and words."""
    statuses = {one.value: pair for one, pair in names.STATUSES.items()}
    shape, words = statuses[found.status.value if found else "U"]
    return found.law if found else name, shape, tell.words.gettext(words)


def _assumption(tell: Teller, one: Assumption) -> AssumptionLine:
    def number(value: Decimal | None) -> str:
        return "" if value is None else tell.words.number(value)

    spread = f"{number(one.low)}–{number(one.high)}" if one.low is not None or one.high is not None else ""
    where = ", ".join(part for part in (one.country, str(one.year or "")) if part)
    return AssumptionLine(
        tell.said(one.text), number(one.value), spread, measured(tell, one.unit), where, tell.ground(one)
    )


def _taken(tell: Teller, service: ServiceModel) -> tuple[TakenLine, ...]:
    standings = takes(tell.model, service, tell.words.today)
    lines = []
    for taken in Taken:
        found = [(tell.model.place(code), one) for code, one in standings.items() if one.taken is taken]
        if found:
            agreements = dict.fromkeys(one.agreement.name for _, one in found if one.agreement)
            places = sorted((place.name, _when(tell, one.part)) for place, one in found if place)
            words = tell.words.gettext(names.TAKEN[taken])
            lines.append(TakenLine(taken.value, words, tuple(places), tuple(agreements)))
    return tuple(lines)


def _when(tell: Teller, part: Coverage | None) -> str:
    """From or until when, for a municipality with an option."""
    if part is None:
        return ""
    if part.exercised is not None:
        return tell.words.gettext("from %(day)s", day=tell.words.full_date(part.exercised))
    until = part.option_until
    return tell.words.gettext("until %(day)s", day=tell.words.full_date(until)) if until else ""


def _abouts(tell: Teller, service: ServiceModel) -> tuple[str, ...]:
    return service.id, *(one.id for one in tell.model.projects if service.id in one.services)


def _known(tell: Teller, service: ServiceModel) -> Known:
    """What the file rests on, statement by statement."""
    found = grounded(service)
    kinds = Counter(
        "gap" if one.not_known else "sample" if one.sample else "source" if one.source else "" for one in found
    )
    gaps = (_title(tell, one) for one in found if one.not_known)
    return Known(kinds["source"], kinds["sample"], tuple(dict.fromkeys(one for one in gaps if one.text)))


def _title(tell: Teller, fact: Grounded) -> Said:
    """What a statement is about: its name or text, where it has one."""
    text = getattr(fact, "name", None) or getattr(fact, "text", None) or ""
    return tell.said(text) if isinstance(text, dict) else Said(text)
