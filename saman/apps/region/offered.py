"""What the region offers: services by mode, each service with its pathway, receivers, data flows and assumptions."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

import msgspec
from markupsafe import Markup

from saman.apps.region import lanes, names, week
from saman.apps.region.facts import NOT_KNOWN, Fact, Ground, Said, Teller
from saman.apps.region.together import role_name
from saman.apps.ui.pages import capfirst
from saman.model.care.governance import Indicator
from saman.model.care.party import Hours
from saman.model.care.service_model import Assumption, Criterion, Mode, Occasion, Receiver, ServiceModel, Step
from saman.model.care.timing import Counted, Span

SYSTEM = ""
"""Lane of the steps that nobody takes."""

CITIZEN = "citizen"


class Cell(msgspec.Struct, frozen=True):
    """A service in a mode: `yes`, `option` or nothing, with what limits it and its ground."""

    kind: str = ""
    limits: str = ""
    ground: Ground | None = None


class MatrixRow(msgspec.Struct, frozen=True):
    """One service over all modes."""

    name: Said
    ground: Ground
    cells: tuple[Cell, ...]


class StepLine(msgspec.Struct, frozen=True):
    """A step in words: who (empty: nobody has to), what, within which time."""

    who: Said | None
    text: Said
    within: str
    ground: Ground


class Pathway(msgspec.Struct, frozen=True):
    """The drawing and its twin, by occasion."""

    svg: Markup
    parts: tuple[tuple[str, tuple[StepLine, ...]], ...]


class ReceiverLine(msgspec.Struct, frozen=True):
    """Who takes what, when."""

    name: Said
    takes: Said
    hours: str
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


class ServiceView(msgspec.Struct, frozen=True):
    """One service on the page."""

    id: str
    name: Said
    category: str
    version: str
    summary: Said
    target_group: Said
    ground: Ground
    criteria: tuple[tuple[str, tuple[Fact, ...]], ...]
    activities: tuple[ActivityLine, ...]
    response: tuple[tuple[str, str, Ground], ...]
    pathway: Pathway
    week_svg: Markup
    receivers: tuple[ReceiverLine, ...]
    flows: tuple[FlowLine, ...]
    equipment: tuple[tuple[Said, Said, Ground], ...]
    assumptions: tuple[AssumptionLine, ...]
    facts: tuple[Fact, ...]


class IndicatorLine(msgspec.Struct, frozen=True):
    """A defined figure."""

    name: Said
    numerator: Said
    denominator: Said
    drawn_from: Said
    period: Said
    unit: Said
    arrow: str
    direction: str
    baseline: Said | None
    target: Said | None
    ground: Ground


class Offered(msgspec.Struct, frozen=True):
    """Services and indicators; `modes` are pairs of icon and words, the columns of the matrix."""

    modes: tuple[tuple[str, str], ...]
    matrix: tuple[MatrixRow, ...]
    services: tuple[ServiceView, ...]
    indicators: tuple[IndicatorLine, ...]


def offered(tell: Teller) -> Offered:
    """Everything about services and how they are measured."""
    return Offered(
        modes=tuple((icon, tell.words.gettext(words)) for icon, words in names.MODES.values()),
        matrix=tuple(_matrix_row(tell, service) for service in tell.model.services),
        services=tuple(_service(tell, service) for service in tell.model.services),
        indicators=tuple(_indicator(tell, one) for one in tell.model.indicators),
    )


def _matrix_row(tell: Teller, service: ServiceModel) -> MatrixRow:
    modes = {mode.mode: mode for mode in service.modes}
    return MatrixRow(
        tell.said(service.name), tell.ground(service), tuple(_cell(tell, modes.get(kind)) for kind in names.MODES)
    )


def _cell(tell: Teller, mode: Mode | None) -> Cell:
    if mode is None:
        return Cell()
    limits = ", ".join(tell.words.gettext(names.LIMITS[limit]) for limit in mode.limited_by)
    return Cell("option" if mode.optional else "yes", limits, tell.ground(mode))


def _service(tell: Teller, service: ServiceModel) -> ServiceView:
    gettext = tell.words.gettext
    return ServiceView(
        id=service.id,
        name=tell.said(service.name),
        category=gettext(names.CATEGORIES[service.category]),
        version=service.version,
        summary=tell.said(service.summary),
        target_group=tell.said(service.target_group),
        ground=tell.ground(service),
        criteria=(
            (gettext("Who it is for"), _criteria(tell, service.inclusion)),
            (gettext("Who it is not for"), _criteria(tell, service.exclusion)),
            (gettext("It ends when"), _criteria(tell, service.ends)),
            (gettext("The citizen sees"), _criteria(tell, service.citizen_sees)),
            (gettext("A relative sees"), _criteria(tell, service.relative_sees)),
        ),
        activities=tuple(
            ActivityLine(tell.said(one.name), gettext(names.SECTORS[one.sector]), role_name(tell, one.role),
                         tell.ground(one))
            for one in service.activities
        ),
        response=_response(tell, service),
        pathway=_pathway(tell, service),
        week_svg=_week(tell, service),
        receivers=tuple(_receiver(tell, one) for one in service.receivers),
        flows=_flows(tell, service),
        equipment=tuple((tell.said(one.name), tell.said(one.logistics), tell.ground(one)) for one in service.equipment),
        assumptions=tuple(_assumption(tell, one) for one in service.assumptions),
        facts=tell.facts(service.id),
    )  # fmt: skip


def _criteria(tell: Teller, criteria: Sequence[Criterion]) -> tuple[Fact, ...]:
    return tuple(Fact(tell.said(one.text), tell.ground(one)) for one in criteria)


def _response(tell: Teller, service: ServiceModel) -> tuple[tuple[str, str, Ground], ...]:
    gettext = tell.words.gettext
    times = service.response
    report = service.monitoring.report_answered if service.monitoring else None
    named = (
        (gettext("A report is read and answered"), report),
        (gettext("The citizen's own request is answered"), times.own_request_answered),
        (gettext("A request between parties is answered"), times.request_answered),
        (gettext("What was asked for is done"), times.request_done),
    )
    return tuple((words, _within(tell, span), tell.ground(span)) for words, span in named if span is not None)


def _within(tell: Teller, span: Span | None) -> str:
    if span is None:
        return ""
    hours = tell.words.number(span.hours)
    if span.counted is Counted.OPENING:
        return tell.words.gettext("within %(hours)s opening hours", hours=hours)
    return tell.words.gettext("within %(hours)s hours", hours=hours)


def _pathway(tell: Teller, service: ServiceModel) -> Pathway:
    gettext = tell.words.gettext
    occasions = [one for one in Occasion if any(step.on is one for step in service.steps)]
    drawn, parts = [], []
    for occasion in occasions:
        steps = [step for step in service.steps if step.on is occasion]
        words = gettext(names.OCCASIONS[occasion])
        first = _begins(tell, service) if occasion is Occasion.REPORTED else ()
        drawn.append(lanes.Part(words, (*first, *(_stop(tell, service, step) for step in steps))))
        parts.append((words, tuple(_step(tell, step) for step in steps)))
    used = dict.fromkeys(stop.lane for part in drawn for stop in part.stops)
    order = sorted(used, key=lambda lane: (lane != CITIZEN, lane != SYSTEM))
    said = [(lane, capfirst(role_name(tell, lane).text) if lane else gettext("By itself")) for lane in order]
    about = ". ".join(f"{words}: " + " ".join(line.text.text for line in one) for words, one in parts)
    title = gettext("Pathway: %(name)s", name=tell.said(service.name).text)
    return Pathway(lanes.draw(f"path-{service.id}", title, about, said, drawn), tuple(parts))


def _begins(tell: Teller, service: ServiceModel) -> tuple[lanes.Stop, ...]:
    own = next((one for one in service.activities if one.role == CITIZEN), None)
    return (lanes.Stop(CITIZEN, tell.said(own.name).text, tell.words.gettext("as agreed")),) if own else ()


def _stop(tell: Teller, service: ServiceModel, step: Step) -> lanes.Stop:
    activity = next((one for one in service.activities if one.id == step.activity), None)
    what = tell.said(activity.name if activity else step.text).text
    return lanes.Stop(step.role or SYSTEM, what, span_words(tell, step.within))


def span_words(tell: Teller, span: Span | None) -> str:
    """A length of time as short as a drawing needs it."""
    if span is None:
        return ""
    hours = tell.words.number(span.hours)
    if span.counted is Counted.OPENING:
        return tell.words.gettext("≤ %(hours)s opening hours", hours=hours)
    return tell.words.gettext("≤ %(hours)s hours", hours=hours)


def _step(tell: Teller, step: Step) -> StepLine:
    who = role_name(tell, step.role) if step.role else None
    grounds = [step] if step.within is None else [step, step.within]
    return StepLine(who, tell.said(step.text), _within(tell, step.within), tell.ground(*grounds))


def _week(tell: Teller, service: ServiceModel) -> Markup:
    rows = [
        week.Row(capfirst(_receiver_name(tell, one).text), hours)
        for one in service.receivers
        if (hours := _hours(tell, one))
    ]
    about = ". ".join(f"{line.name.text}: {line.hours}" for line in (_receiver(tell, one) for one in service.receivers))
    title = tell.words.gettext("Who takes it, around the week")
    return week.draw(f"week-{service.id}", title, about, week.day_names(tell.words), rows)


def _receiver(tell: Teller, receiver: Receiver) -> ReceiverLine:
    hours = _hours(tell, receiver)
    return ReceiverLine(
        name=_receiver_name(tell, receiver),
        takes=tell.said(receiver.takes),
        hours=week.hours_words(hours, tell.words) if hours else "",
        ground=tell.ground(receiver, hours) if hours else NOT_KNOWN,
    )


def _receiver_name(tell: Teller, receiver: Receiver) -> Said:
    if receiver.number is not None:
        number = tell.model.numbers.get(receiver.number)
        if number is None:
            return Said(receiver.number)
        said = tell.said(number.text)
        return Said(f"{said.text}, {number.shown}", said.lang)
    return role_name(tell, receiver.role or "")


def _hours(tell: Teller, receiver: Receiver) -> Hours | None:
    """The receiver's own hours, else those of the first party that fills the role; regions keep them alike."""
    if receiver.hours is not None:
        return receiver.hours
    filling = (
        party.hours
        for party in tell.model.parties
        if party.kind is receiver.party_kind and receiver.role in party.roles and party.hours is not None
    )
    return next(filling, None)


def _flows(tell: Teller, service: ServiceModel) -> tuple[FlowLine, ...]:
    bases = {basis.id: basis for one in tell.model.agreements for basis in one.legal_bases}
    statuses = {one.value: pair for one, pair in names.STATUSES.items()}

    def basis(name: str) -> tuple[str, str, str]:
        found = bases.get(name)
        shape, words = statuses[found.status.value if found else "U"]
        return (found.law if found else name), shape, tell.words.gettext(words)

    return tuple(
        FlowLine(
            role_name(tell, flow.sender),
            role_name(tell, flow.receiver),
            tell.said(flow.text),
            tuple(tell.words.gettext(names.DATA[kind]) for kind in flow.data),
            tuple(basis(name) for name in flow.legal_bases),
            tell.ground(flow),
        )
        for flow in service.flows
    )


def measured(tell: Teller, written: str) -> Said:
    """A unit or period in the reader's language when it is one of the usual ones."""
    return Said(tell.words.gettext(names.MEASURED[written])) if written in names.MEASURED else Said(written)


def _assumption(tell: Teller, one: Assumption) -> AssumptionLine:
    def number(value: Decimal | None) -> str:
        return "" if value is None else tell.words.number(value)

    spread = f"{number(one.low)}–{number(one.high)}" if one.low is not None or one.high is not None else ""
    where = ", ".join(part for part in (one.country, str(one.year or "")) if part)
    return AssumptionLine(
        tell.said(one.text), number(one.value), spread, measured(tell, one.unit), where, tell.ground(one)
    )


def _indicator(tell: Teller, one: Indicator) -> IndicatorLine:
    arrow, words = names.DIRECTIONS[one.direction]
    return IndicatorLine(
        name=tell.said(one.name),
        numerator=tell.said(one.numerator),
        denominator=tell.said(one.denominator),
        drawn_from=tell.said(one.drawn_from),
        period=measured(tell, one.period),
        unit=measured(tell, one.unit),
        arrow=arrow,
        direction=tell.words.gettext(words),
        baseline=tell.said(one.baseline) if one.baseline else None,
        target=tell.said(one.target) if one.target else None,
        ground=tell.ground(one),
    )
