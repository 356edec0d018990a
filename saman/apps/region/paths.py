"""The region's pathways as pages show them: drawn in lanes, and the same in words, step by step."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
from markupsafe import Markup

from saman.apps.region import names, path_drawing
from saman.apps.region.facts import Ground, Said, Teller
from saman.apps.region.spans import at_most
from saman.model.care.basis import Grounded, Status
from saman.model.care.pathway import Asks, Pathway, PathwayStep

WIDTHS = ((5, "min4"), (8, "min5"), (11, "min6"), (200, "min7"))
"""How wide a drawing of so many steps is at least, so that it can be read; what does not fit is scrolled to."""


class PathLink(msgspec.Struct, frozen=True):
    """A pathway in a list."""

    id: str
    name: Said
    summary: Said
    ground: Ground


class PathStep(msgspec.Struct, frozen=True):
    """One step in words; what a step does not have is empty."""

    number: int
    who: Said
    name: Said
    text: Said
    only_if: Said | None
    to: Said | None
    sends: Said | None
    data: tuple[str, ...]
    bases: tuple[str, ...]
    asks: str
    answers: tuple[str, ...]
    within: str
    is_local: bool
    late: Said | None
    told: tuple[Said, ...]
    hands_over: bool
    ground: Ground


class PathPage(msgspec.Struct, frozen=True):
    """One pathway whole."""

    id: str
    name: Said
    version: str
    kind: str
    summary: Said
    starts: Said
    ends: Said
    ground: Ground
    svg: Markup
    width: str
    steps: tuple[PathStep, ...]


def path_links(tell: Teller) -> tuple[PathLink, ...]:
    """All pathways, as a list leads to them."""
    return tuple(
        PathLink(one.id, tell.said(one.name), tell.said(one.summary), tell.ground(one)) for one in tell.model.pathways
    )


def path_page(tell: Teller, pathway: Pathway) -> PathPage:
    """The page of one pathway in the reader's language."""
    order = path_drawing.columns([(step.id, step.after) for step in pathway.steps])
    steps = sorted(pathway.steps, key=lambda step: order[step.id])
    told = tuple(_step(tell, pathway, step, order[step.id] + 1) for step in steps)
    title = tell.words.gettext("Pathway: %(name)s", name=tell.said(pathway.name).text)
    return PathPage(
        id=pathway.id,
        name=tell.said(pathway.name),
        version=pathway.version,
        kind=tell.words.gettext(names.PATHWAYS[pathway.kind]),
        summary=tell.said(pathway.summary),
        starts=tell.said(pathway.starts),
        ends=tell.said(pathway.ends),
        ground=tell.ground(pathway),
        svg=_drawn(tell, pathway, steps, order, title, told),
        width=next(css for most, css in WIDTHS if len(steps) <= most),
        steps=told,
    )


def _drawn(
    tell: Teller,
    pathway: Pathway,
    steps: Sequence[PathwayStep],
    order: dict[str, int],
    title: str,
    told: tuple[PathStep, ...],
) -> Markup:
    lanes = [(lane.id, tell.said(lane.name).text) for lane in pathway.lanes]
    boxes = [
        path_drawing.Box(
            id=step.id,
            lane=step.lane,
            column=order[step.id],
            what=tell.said(step.name).text,
            detail=_within(tell, step)[0],
            after=step.after,
            to=step.to or "",
            sent=tell.said(step.sends.name if step.sends else step.name).text,
        )
        for step in steps
    ]
    about = " ".join(f"{one.number}. {one.who.text}: {one.name.text}." for one in told)
    return path_drawing.draw(f"pathway-{pathway.id}", title, about, lanes, boxes)


def _step(tell: Teller, pathway: Pathway, step: PathwayStep, number: int) -> PathStep:
    within, is_local = _within(tell, step)
    lanes = {lane.id: tell.said(lane.name) for lane in pathway.lanes}
    grounds: list[Grounded] = [step, *([step.within.span] if step.within and step.within.span else [])]
    return PathStep(
        number=number,
        who=lanes[step.lane],
        name=tell.said(step.name),
        text=tell.said(step.text),
        only_if=tell.said(step.only_if) if step.only_if else None,
        to=lanes[step.to] if step.to else None,
        sends=tell.said(step.sends.name) if step.sends else None,
        data=tuple(tell.words.gettext(names.DATA[one]) for one in step.sends.data) if step.sends else (),
        bases=_laws(tell, step),
        asks=_asks(tell, step),
        answers=tuple(tell.words.gettext(names.ANSWERS[one]) for one in step.answers),
        within=within,
        is_local=is_local,
        late=tell.said(step.late.text) if step.late else None,
        told=tuple(lanes[one] for one in step.late.tells) if step.late else (),
        hands_over=step.hands_over,
        ground=tell.ground(*grounds),
    )


def _laws(tell: Teller, step: PathwayStep) -> tuple[str, ...]:
    if step.sends is None:
        return ()
    known = {base.id: base.law for agreement in tell.model.agreements for base in agreement.legal_bases}
    return tuple(known[one] for one in step.sends.legal_bases if one in known)


def _asks(tell: Teller, step: PathwayStep) -> str:
    return "" if step.asks is Asks.NOTHING else tell.words.gettext(names.ASKS[step.asks])


def _within(tell: Teller, step: PathwayStep) -> tuple[str, bool]:
    """How long a step may take in words, and whether that is a local setting and not what the law says."""
    if step.within is None:
        return "", False
    if step.within.span is not None:
        return at_most(tell.words, step.within.span), True
    deadline = tell.model.country.deadline(step.within.deadline)
    if deadline is None or deadline.amount is None or deadline.unit not in names.UNITS:
        return "", False
    is_local = deadline.status is Status.UNCHECKED
    if deadline.amount == 0:
        return tell.words.gettext("at once"), is_local
    return tell.words.ngettext(*names.UNITS[deadline.unit], deadline.amount), is_local
