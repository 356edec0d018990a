"""What happens in a service, occasion by occasion: in lanes, and how long each step may take."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
from markupsafe import Markup

from saman.apps.region import lanes, names, times
from saman.apps.region.facts import Ground, Said, Teller
from saman.apps.region.people import role_name
from saman.apps.region.spans import at_most, minutes_of, within
from saman.apps.ui.pages import capfirst
from saman.model.care.service_model import Occasion, ServiceModel, Step
from saman.model.care.timing import Counted, Span

SYSTEM = ""
"""Lane of the steps that nobody takes."""

CITIZEN = "citizen"
WIDTHS = ((4, "min4"), (7, "min5"), (10, "min6"), (1000, "min7"))
"""How wide a drawing of so many boxes is at least, so that it can be read; what does not fit is scrolled to."""


class StepLine(msgspec.Struct, frozen=True):
    """A step in words: who (empty: nobody has to), what, within which time."""

    who: Said | None
    text: Said
    within: str
    ground: Ground


class Promise(msgspec.Struct, frozen=True):
    """How soon something is done, in words."""

    what: str
    within: str
    ground: Ground


class Happens(msgspec.Struct, frozen=True):
    """Both drawings, with their twins: what is promised, and the steps by occasion."""

    lanes_svg: Markup
    width: str
    times_svg: Markup
    promises: tuple[Promise, ...]
    parts: tuple[tuple[str, tuple[StepLine, ...]], ...]


def happens(tell: Teller, service: ServiceModel) -> Happens:
    """All steps of a service."""
    gettext = tell.gettext
    drawn, parts = [], []
    for occasion in (one for one in Occasion if any(step.on is one for step in service.steps)):
        steps = [step for step in service.steps if step.on is occasion]
        words = gettext(names.OCCASIONS[occasion])
        first = _begins(tell, service) if occasion is Occasion.REPORTED else ()
        drawn.append(lanes.Part(words, (*first, *(_stop(tell, service, step) for step in steps))))
        parts.append((words, tuple(_step(tell, step) for step in steps)))
    used = dict.fromkeys(stop.lane for part in drawn for stop in part.stops)
    order = sorted(used, key=lambda lane: (lane != CITIZEN, lane != SYSTEM))
    said = [(lane, capfirst(role_name(tell, lane).text) if lane else gettext("By itself")) for lane in order]
    about = ". ".join(f"{words}: " + " ".join(line.text.text for line in one) for words, one in parts)
    name = tell.said(service.name).text
    return Happens(
        lanes_svg=lanes.draw(f"path-{service.id}", gettext("Pathway: %(name)s", name=name), about, said, drawn),
        width=width_of(sum(len(part.stops) for part in drawn)),
        times_svg=_times(tell, service, name),
        promises=tuple(Promise(words, within(tell.words, span), tell.ground(span))
                       for words, span in _promised(tell, service)),
        parts=tuple(parts),
    )  # fmt: skip


def width_of(boxes: int) -> str:
    """The class for a drawing of so many boxes side by side."""
    return next(css for most, css in WIDTHS if boxes <= most)


def _promised(tell: Teller, service: ServiceModel) -> list[tuple[str, Span]]:
    gettext = tell.gettext
    asked = service.response
    report = service.monitoring.report_answered if service.monitoring else None
    return [
        *([(gettext("A report is read and answered"), report)] if report else []),
        (gettext("The citizen's own request is answered"), asked.own_request_answered),
        (gettext("A request between parties is answered"), asked.request_answered),
        (gettext("What was asked for is done"), asked.request_done),
    ]


def _times(tell: Teller, service: ServiceModel, name: str) -> Markup:
    gettext = tell.gettext
    groups = [times.Group(gettext("Response times"), tuple(_bar(tell, *one) for one in _promised(tell, service)))]
    for occasion in Occasion:
        steps = [step for step in service.steps if step.on is occasion]
        if steps:
            bars = tuple(_bar(tell, _short(tell, service, step), step.within) for step in steps)
            groups.append(times.Group(gettext(names.OCCASIONS[occasion]), bars))
    about = ". ".join(f"{bar.what}: {bar.words}" for group in groups for bar in group.bars)
    title = gettext("How long each step may take: %(name)s", name=name)
    marks = [(one, tell.ngettext(*names.TICKS[unit], count)) for one, count, unit in times.TICKS]
    return times.draw(f"times-{service.id}", title, about, marks, groups)


def _bar(tell: Teller, what: str, span: Span | None) -> times.Bar:
    if span is None:
        return times.Bar(what, 0, tell.gettext("no time set"))
    return times.Bar(what, minutes_of(span), at_most(tell.words, span), span.counted is Counted.OPENING)


def _begins(tell: Teller, service: ServiceModel) -> tuple[lanes.Stop, ...]:
    own = next((one for one in service.activities if one.role == CITIZEN), None)
    return (lanes.Stop(CITIZEN, tell.said(own.name).text, tell.gettext("as agreed")),) if own else ()


def _stop(tell: Teller, service: ServiceModel, step: Step) -> lanes.Stop:
    return lanes.Stop(step.role or SYSTEM, _short(tell, service, step), at_most(tell.words, step.within))


def _short(tell: Teller, service: ServiceModel, step: Step) -> str:
    activity = next((one for one in service.activities if one.id == step.activity), None)
    return tell.said(activity.name if activity else step.text).text


def _step(tell: Teller, step: Step) -> StepLine:
    who = role_name(tell, step.role) if step.role else None
    grounds: Sequence[Step | Span] = [step] if step.within is None else [step, step.within]
    return StepLine(who, tell.said(step.text), within(tell.words, step.within), tell.ground(*grounds))
