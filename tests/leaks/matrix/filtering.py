"""Interactions that find things in rarer ways: filters, lists, parts of things, measures, meanings, compartments."""

from __future__ import annotations

from urllib.parse import quote

from .oracle import Thing
from .reading import get
from .resources import CANARIES, POSITION, amount, kinds
from .searching import INCLUDES, along_link, found
from .view import ABSENT, FROM_LOG, UNSUNG, Script, View
from .world import Call

NUMBERED = {
    "Observation": (
        "value-quantity={}||mg", "value-quantity=ap{}|http://unitsofmeasure.org|mg&identifier={}",
        "combo-value-quantity={}", "component-code-value-quantity=urn:part|p${}",
        "identifier:of-type=urn:kind|no|{}", "_filter=value-quantity%20eq%20{}",
        "_filter=component-code-value-quantity%5Bcomponent-code%20eq%20p%5D.component-value-quantity%20eq%20{}",
        "_filter=not%20(identifier%20ne%20{})%20and%20identifier%20pr%20true",
    ),
    "RiskAssessment": ("probability=0.{}", "_filter=probability%20eq%200.{}"),
}  # fmt: skip
"""How things of a type are found by their amount."""
TEXT = {"Observation": "code", "ServiceRequest": "code", "DeviceMetric": "type"}
"""Parameters over texts that sing."""


def asked(kind: str, filter: str, more: str = "&_count=1000&_total=accurate") -> Call:
    """A search with a filter."""
    return get(f"{kind}?_filter={quote(filter, safe='')}{more}")


def filtered(view: View, kind: str) -> Script:
    """By ids and canaries, put together: those that may be seen are found, the others are as if they were not there."""
    if kind in FROM_LOG:
        call = asked(kind, "_id eq x")
        answer = yield call
        view.status(call, answer, 400)
        return
    some = {thing.id: thing for thing in (view.some(kind) for _ in range(3))}
    last = view.some(kind)
    sung = f"_tag eq {CANARIES}|{last.versions[-1]}"
    text = " or ".join([*(f"id eq {id}" for id in (*some, ABSENT)), f"({sung} and not (id eq {ABSENT}))"])
    call = asked(kind, text)
    answer = yield call
    right = {one.id: one for one in (*some.values(), last) if one in view.seen and not one.deleted}
    found(view, call, answer, list(right.values()))
    thing = view.hidden(kind)
    if thing is not None:
        ways = ("id eq {}", "not (id ne {})", "id eq {} or id eq " + ABSENT, "_lastUpdated gt 2020 and id eq {}")
        way = view.pick.choice(ways)
        yield from view.same(lambda id: asked(kind, way.replace("{}", id)), thing.id, ABSENT)
        tag = f"_tag eq {CANARIES}|{{}}"
        yield from view.same(
            lambda it: asked(kind, tag.replace("{}", it), "&_summary=count"), thing.versions[0], UNSUNG
        )


def negated(view: View, kind: str) -> Script:
    """All but some: what may not be seen is no part of it, whoever it is about."""
    element = kinds().get(kind, ("", "-"))[1]
    if kind in FROM_LOG:
        return
    thing = view.some(kind)
    call = asked(kind, f"not (id eq {thing.id} or _tag eq {CANARIES}|{UNSUNG})")
    answer = yield call
    found(view, call, answer, [one for one in view.current(kind) if one != thing])
    if element == "-" or kind in ("Patient", "Binary"):
        return
    person = view.pick.choice(view.world.town.people).id
    name = "subject" if kind in ("AdverseEvent", "SupplyRequest") else "patient"
    call = asked(kind, f"not ({name} re Patient/{person})")
    answer = yield call
    found(view, call, answer, [one for one in view.current(kind) if person not in (one.person, *one.links)])


def along(view: View, kind: str) -> Script:
    """By what holds of something they point to, or of what points to them; and by its not holding.

    What a reference leads to that an app may not search is as if it were not there, where it may lead to other types.
    """
    ways = [(f"{name}{form}", to, True) for name, to in INCLUDES.get(kind, {}).items()
            for form in (".id", f":{to}.id", f"[_tag ne {CANARIES}|{UNSUNG}].id")]  # fmt: skip
    ways += [(f"_has:{source}:{name}:id", source, False) for source, names in INCLUDES.items()
             for name, to in names.items() if to == kind]  # fmt: skip
    for path, end, forth in ways if len(ways) < 3 else view.pick.sample(ways, 2):
        thing = view.some(end)

        def holds(one: Thing, far: Thing = thing, forth: bool = forth) -> bool:
            return far.id in one.links if forth else one.id in far.links

        if thing not in view.seen or thing.deleted:
            make = lambda id, path=path: asked(kind, f"{path} eq {id}")  # noqa: E731
            yield from view.same(make, thing.id, ABSENT)
            right = view.current(kind)
        else:
            right = [one for one in view.current(kind) if not holds(one)]
        call = asked(kind, f"not ({path} eq {thing.id})")
        answer = yield call
        if view.lets(end) or (forth and answer.status == 200):
            found(view, call, answer, right)
        else:
            view.status(call, answer, 403)


def members(view: View, kind: str) -> Script:
    """What a List names: a List that may not be seen is as one that is not there."""
    if kind == "Procedure":
        way = f"{kind}?_list={{}}&_count=1000&_total=accurate"
        yield from along_link(view, way, "List", lambda one, far: one.id in far.links, kind)
    elif kind not in FROM_LOG:
        thing = view.some("List")
        make = lambda id: get(f"{kind}?_list={id}&_total=accurate")  # noqa: E731
        yield from view.same(make, thing.id, ABSENT) if thing not in view.seen else iter(())


def parts(view: View, kind: str) -> Script:
    """By what is part of a visit, or what that is part of."""
    ways = [name for name, to in INCLUDES.get(kind, {}).items() if to == "Encounter"]
    for name in ways:
        how = view.pick.choice(["above", "below"])
        thing, way = view.some("Encounter"), f"{kind}?{name}:{how}=Encounter/{{}}&_count=1000&_total=accurate"
        if not view.lets("Encounter"):
            call = get(way.replace("{}", thing.id))
            answer = yield call
            view.status(call, answer, 403)
            continue
        if thing not in view.seen or thing.deleted:
            yield from view.same(lambda id, way=way: get(way.replace("{}", id)), thing.id, ABSENT)
            continue
        there = {one.id: one for one in view.current("Encounter")}
        beside = [one.id for one in there.values() if thing.id in one.links] if how == "below" else thing.links
        family = {thing.id, *(one for one in beside if one in there)}
        call = get(way.replace("{}", thing.id))
        answer = yield call
        found(view, call, answer, [one for one in view.current(kind) if family & set(one.links)])


def numbered(view: View, kind: str) -> Script:
    """By what is measured or numbered, and by where it is."""
    if kind == "Location":
        for latitude, right in ((POSITION["latitude"], view.current(kind)), (-50, [])):
            call = get(f"Location?near={latitude}|{POSITION['longitude']}|5|km&_count=1000&_total=accurate")
            answer = yield call
            found(view, call, answer, right)
    if kind not in NUMBERED:
        return
    thing, way = view.some(kind), f"{kind}?{view.pick.choice(NUMBERED[kind])}&_total=accurate"
    number = str(amount(int(thing.id[2:], 16)))
    if thing not in view.seen or thing.deleted:
        yield from view.same(lambda value: get(way.replace("{}", value)), number, "9")
        return
    call = get(way.replace("{}", number))
    answer = yield call
    found(view, call, answer, [thing])


def meant(view: View, kind: str) -> Script:
    """By the text beside a code, and by what a set of codes says."""
    if kind in TEXT:
        thing = view.some(kind)
        canary, name = thing.versions[-1], TEXT[kind]
        if thing not in view.seen or thing.deleted:
            make = lambda it: get(f"{kind}?{name}:text={it}&_total=accurate")  # noqa: E731
            yield from view.same(make, canary, UNSUNG)
    if kind == "Observation":
        codes = "http://hl7.org/fhir/ValueSet/observation-status"
        operator, right = view.pick.choice([("in", view.current(kind)), ("ni", [])])
        modifier = {"in": "in", "ni": "not-in"}[operator]
        plain = get(f"{kind}?status:{modifier}={codes}&_count=1000&_total=accurate")
        for call in (plain, asked(kind, f"status {operator} {codes}")):
            answer = yield call
            found(view, call, answer, right)


def inside(view: View, kind: str) -> Script:
    """What belongs to a visit, a professional, a relative or a device."""
    ways = [name for name, to in INCLUDES.get(kind, {}).items() if to == "Encounter" and name == "encounter"]
    more = view.pick.choice(
        ["?_total=accurate&_count=50", "?_count=50", "?_total=accurate&_filter=id%20ne%20x&_count=50"]
    )
    if ways and not view.lets("Encounter"):
        yield from _of_visit(view, view.some("Encounter"), kind, more)
    elif ways:
        way = f"Encounter/{{}}/{kind}{more}"
        yield from along_link(view, way, "Encounter", lambda one, far: far.id in one.links, kind)
    if kind == "PractitionerRole":
        thing = view.some("Practitioner")
        call = get(f"Practitioner/{thing.id}/{kind}{more}")
        answer = yield call
        found(view, call, answer, [one for one in view.current(kind) if one.id == thing.id])
    owners = {"Device": "Observation", "RelatedPerson": "Appointment", "Encounter": "Encounter"}
    thing = view.hidden(kind) if kind in owners else None
    if thing is not None and kind == "Encounter" and not view.lets(kind):
        yield from _of_visit(view, thing, "*", more)
    elif thing is not None:
        inner = view.pick.choice([owners[kind], "*"])
        yield from view.same(lambda id: get(f"{kind}/{id}/{inner}{more}"), thing.id, ABSENT)


def _of_visit(view: View, visit: Thing, kind: str, more: str) -> Script:
    """What belongs to a visit that only scopes keep out of sight: what may be seen and names it."""
    names = [one for one, to in INCLUDES.items() if to.get("encounter") == "Encounter" and kind in (one, "*")]
    call = get(f"Encounter/{visit.id}/{kind}{more}")
    if view.world.oracle.keeps_back(view.who, visit, view.at):
        yield from view.same(lambda id: get(f"Encounter/{id}/{kind}{more}"), visit.id, ABSENT)
        return
    answer = yield call
    is_let = bool(view.who.types) if kind == "*" else view.lets(kind)
    if view.status(call, answer, 200 if is_let else 403) and is_let:
        there = [one for name in names if view.lets(name) for one in view.current(name)]
        view.listed(call, answer, [one for one in there if visit.id in one.links])
