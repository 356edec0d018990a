"""Checks of a pathway: every step has somebody, an order without circles, a time with a consequence, a legal ground."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from saman.kernel.outcome import Issue
from saman.model.care.check_parties import missing
from saman.model.care.check_service import PERSONAL_ROLES, some
from saman.model.care.handover import RULES, Side
from saman.model.care.load import Loaded
from saman.model.care.party import PartyKind
from saman.model.care.pathway import Asks, Lane, Pathway, PathwayStep
from saman.model.care.timing import Counted
from saman.model.care.yamltree import Path, finding


def issues(loaded: Loaded, today: date) -> Iterator[Issue]:
    """What is wrong with the pathways, on a day."""
    for pathway in loaded.model.pathways:
        file = f"pathways/{pathway.id}.yaml"
        if f"{loaded.folder}/{file}" not in loaded.parts:
            yield _misnamed(loaded, pathway)
            continue
        indicators = {one.id for one in loaded.model.indicators}
        yield from missing(loaded, file, ("indicators",), "indicator", pathway.indicators, indicators)
        for index, lane in enumerate(pathway.lanes):
            yield from _lane(loaded, file, ("lanes", index), lane)
        yield from _order(loaded, file, pathway)
        for index, step in enumerate(pathway.steps):
            path: Path = ("steps", index)
            yield from _references(loaded, file, path, pathway, step)
            yield from _asking(loaded, file, path, step)
            yield from _time(loaded, file, path, pathway, step, today)
            yield from _message(loaded, file, path, pathway, step, today)


def _misnamed(loaded: Loaded, pathway: Pathway) -> Issue:
    file = next(name for name, part in loaded.parts.items() if part is pathway)
    mend = f"Call the file `{pathway.id}.yaml`."
    return finding(loaded.at(file, "id"), "value", "The file and the pathway have different names.", mend)


def _lane(loaded: Loaded, file: str, path: Path, lane: Lane) -> Iterator[Issue]:
    model = loaded.model
    yield from missing(loaded, file, (*path, "role"), "role", [lane.role], {role.id for role in model.roles})
    if lane.role in PERSONAL_ROLES:
        return
    if lane.party_kind is None:
        wrong = f"It is not said which kind of party the lane `{lane.id}` is in."
        yield finding(loaded.at(file, *path), "required", wrong, "Add `party_kind`.")
        return
    municipalities = [party for party in model.parties if party.kind is PartyKind.MUNICIPALITY]
    without = [
        one.name
        for one in municipalities
        if not any(lane.role in party.roles for party in model.serving(one.place, lane.party_kind))
    ]
    if without:
        wrong = f"Nobody stands in the lane `{lane.id}` for {some(without)}."
        mend = f"Give a {lane.party_kind.value} that serves it the role `{lane.role}`, or change the lane."
        yield finding(loaded.at(file, *path), "nobody", wrong, mend)


def _order(loaded: Loaded, file: str, pathway: Pathway) -> Iterator[Issue]:
    done: set[str] = set()
    left = list(pathway.steps)
    known = {step.id for step in pathway.steps}
    while left:
        ready = [step for step in left if all(name in done or name not in known for name in step.after)]
        if not ready:
            index = pathway.steps.index(left[0])
            wrong = f"`{left[0].id}` waits for itself, through {some([one.id for one in left])}."
            yield finding(loaded.at(file, "steps", index, "after"), "circle", wrong, "Take one of `after` away.")
            return
        done |= {step.id for step in ready}
        left = [step for step in left if step.id not in done]


def _references(loaded: Loaded, file: str, path: Path, pathway: Pathway, step: PathwayStep) -> Iterator[Issue]:
    lanes, steps = {lane.id for lane in pathway.lanes}, {one.id for one in pathway.steps}
    services, plans = {one.id for one in loaded.model.services}, {one.id for one in loaded.model.country.plans}
    named: dict[str, tuple[str, tuple[str | None, ...], set[str]]] = {
        "lane": ("lane", (step.lane,), lanes),
        "to": ("lane", (step.to,), lanes),
        "after": ("step", step.after, steps),
        "service": ("service", (step.service,), services),
        "plan": ("plan", (step.plan,), plans),
    }
    for name, (what, ids, known) in named.items():
        yield from missing(loaded, file, (*path, name), what, filter(None, ids), known)
    if step.to == step.lane:
        wrong = f"`{step.id}` goes to the lane that it comes from."
        yield finding(loaded.at(file, *path, "to"), "value", wrong, "Name another lane, or leave `to` out.")
    if step.late is not None:
        yield from missing(loaded, file, (*path, "late", "tells"), "lane", step.late.tells, lanes)


def _asking(loaded: Loaded, file: str, path: Path, step: PathwayStep) -> Iterator[Issue]:
    if step.to is None and (step.asks is not Asks.NOTHING or step.sends is not None or step.hands_over):
        wrong = f"`{step.id}` asks, sends or hands over, but to nobody."
        yield finding(loaded.at(file, *path), "required", wrong, "Add `to: lane`.")
    if (step.asks is Asks.NOTHING) is not (not step.answers):
        wrong = f"What `{step.id}` asks for and how it can be answered do not go together."
        yield finding(loaded.at(file, *path), "value", wrong, "Write both `asks` and `answers`, or neither.")
    if step.hands_over and step.asks is Asks.NOTHING:
        wrong = f"`{step.id}` hands over responsibility, and nobody acknowledges it."
        yield finding(loaded.at(file, *path, "hands_over"), "handover", wrong, "Add `asks` and `answers`.")
    for answer in step.answers:
        rule = RULES[answer]
        fits = rule.side is Side.OWNER and (rule.duty if step.asks is Asks.DUTY else rule.request)
        if step.asks is not Asks.NOTHING and not fits:
            wrong = f"`{answer.value}` is no answer to what is {step.asks.value}."
            allowed = [act.value for act, one in RULES.items() if _fits(step.asks, one.duty, one.request, one.side)]
            yield finding(loaded.at(file, *path, "answers"), "value", wrong, f"Use: {', '.join(allowed)}.")


def _fits(asks: Asks, duty: bool, request: bool, side: Side) -> bool:
    return side is Side.OWNER and (duty if asks is Asks.DUTY else request)


def _time(loaded: Loaded, file: str, path: Path, pathway: Pathway, step: PathwayStep, today: date) -> Iterator[Issue]:
    within = step.within
    if within is None:
        if step.asks is not Asks.NOTHING:
            wrong = f"`{step.id}` waits for an answer for ever."
            yield finding(loaded.at(file, *path), "clock", wrong, "Add `within` with a deadline or a span.")
        return
    here = (*path, "within")
    if (within.deadline is None) is (within.span is None):
        wrong = "A time is either a deadline of the country or a span."
        yield finding(loaded.at(file, *here), "value", wrong, "Write one of `deadline` and `span`.")
    steps, deadlines = {one.id for one in pathway.steps}, {one.id for one in loaded.model.country.deadlines}
    for name, what, id, known in (
        ("since", "step", within.since, steps),
        ("deadline", "deadline", within.deadline, deadlines),
    ):
        yield from missing(loaded, file, (*here, name), what, [id] if id else [], known)
    deadline = loaded.model.country.deadline(within.deadline)
    if deadline is not None and deadline.valid_to is not None and deadline.valid_to < today:
        wrong = f"The deadline `{deadline.id}` ended on {deadline.valid_to.isoformat()}."
        yield finding(loaded.at(file, *here), "expired", wrong, "Name the one that holds now.")
    if step.late is None:
        wrong = f"Nothing happens when `{step.id}` is late."
        yield finding(loaded.at(file, *path), "clock", wrong, "Add `late` with who is told.")
    if within.span is not None and within.span.counted is Counted.OPENING:
        yield from _opening(loaded, file, here, pathway.lane(step.to or step.lane))


def _opening(loaded: Loaded, file: str, path: Path, lane: Lane | None) -> Iterator[Issue]:
    for party in loaded.model.parties if lane is not None else ():
        if lane is not None and party.kind is lane.party_kind and lane.role in party.roles and party.hours is None:
            wrong = f"The time runs while {party.id} is open, but its hours are not given."
            yield finding(loaded.at(file, *path), "nobody", wrong, f"Add `hours` to {party.id}, or count on the clock.")
            return


def _message(
    loaded: Loaded, file: str, path: Path, pathway: Pathway, step: PathwayStep, today: date
) -> Iterator[Issue]:
    if step.sends is None:
        return
    here = (*path, "sends")
    if not step.sends.legal_bases:
        wrong = f"Person data goes to `{step.to}` without a legal ground."
        yield finding(loaded.at(file, *here), "legal-basis", wrong, "Add `legal_bases` of an agreement in force.")
    agreed = {base.id for one in loaded.model.agreements if one.holds(today) for base in one.legal_bases}
    yield from missing(loaded, file, (*here, "legal_bases"), "legal basis", step.sends.legal_bases, agreed)
