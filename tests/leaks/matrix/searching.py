"""Interactions that find things: every kind of parameter, counts, pages, includes, chains, posted searches."""

from __future__ import annotations

from collections.abc import Callable

from saman.model.fhir import patient_compartment

from .oracle import Thing
from .reading import get
from .resources import CANARIES, kinds
from .view import ABSENT, FROM_LOG, UNSUNG, Script, View, decoded, entries
from .world import Answer, Call

FORM = ((b"content-type", b"application/x-www-form-urlencoded"),)
INCLUDES = {
    "CarePlan": {"goal": "Goal", "condition": "Condition"},
    "Task": {"focus": "ServiceRequest"},
    "DiagnosticReport": {"result": "Observation", "encounter": "Encounter"},
    "Observation": {"encounter": "Encounter", "has-member": "Observation"},
    "MedicationDispense": {"prescription": "MedicationRequest"},
    "Procedure": {"based-on": "CarePlan", "reason-reference": "Condition"},
    "List": {"item": "Procedure"},
    "Encounter": {"part-of": "Encounter"},
}
"""Search parameters that follow the links of a world, and the type that each leads to."""


def found(view: View, call: Call, answer: Answer, right: list[Thing]) -> None:
    """A search is answered with these, or refused for want of a scope."""
    kind = call.path.partition("?")[0].partition("/")[0]
    if view.status(call, answer, 200 if view.lets(kind) else 403) and view.lets(kind):
        view.listed(call, answer, right)


def whole(view: View, kind: str) -> Script:
    """Everything of a type, in any order."""
    more = view.pick.choice(["", "&_sort=_lastUpdated", "&_sort=-_lastUpdated", "&_lastUpdated=gt2020-01-01"])
    call = get(f"{kind}?_count=1000&_total=accurate{more}")
    answer = yield call
    found(view, call, answer, view.current(kind))


def count(view: View, kind: str) -> Script:
    """The number of things alone."""
    call = get(f"{kind}?{view.pick.choice(['_summary=count', '_count=0'])}")
    answer = yield call
    if not view.status(call, answer, 200 if view.lets(kind) else 403) or not view.lets(kind):
        return
    total, right = decoded(answer).get("total"), len(view.current(kind))
    if total != right and kind not in FROM_LOG:
        view.count["leaks"] += 1
        view.fault(call, answer, f"counts {total} of {right}")


def about(view: View, kind: str) -> Script:
    """Everything of a type about one person."""
    element = kinds().get(kind, ("", "-"))[1]
    if element == "-" or kind in ("Patient", "Binary"):
        return
    person = view.pick.choice(view.world.town.people)
    name = "subject" if kind in ("AdverseEvent", "SupplyRequest") else "patient"
    value = person.id if name == "patient" and view.pick.random() < 0.5 else f"Patient/{person.id}"
    call = get(f"{kind}?{name}={value}&_count=1000&_total=accurate")
    answer = yield call
    if not view.lets(kind):
        view.status(call, answer, 403)
    elif view.status(call, answer, 200):
        view.listed(call, answer, [one for one in view.current(kind) if person.id in (one.person, *one.links)])


def compartment(view: View, kind: str) -> Script:
    """Everything of a type that belongs to one person, in pages or counted."""
    if kind in FROM_LOG or kinds().get(kind, ("", "-"))[1] == "-":
        return
    person = view.pick.choice(view.world.town.people)
    call = get(f"Patient/{person.id}/{kind}?_total=accurate&_count={view.pick.choice([0, 2, 1000])}")
    shown: list[str] = []
    right = {one.id for one in view.current(kind) if person.id in (one.person, *one.links)}
    for _ in range(40):
        answer = yield call
        belongs = 200 if view.lets(kind) else 403
        if not view.status(call, answer, belongs if kind in patient_compartment else 404) or answer.status != 200:
            return
        bundle = decoded(answer)
        shown += [one["id"] for mode, one in entries(bundle) if mode == "match"]
        if bundle["total"] != len(right):
            view.count["leaks"] += bundle["total"] > len(right)
            view.fault(call, answer, f"counts {bundle['total']} of {len(right)}")
        following = [link["url"] for link in bundle.get("link", ()) if link["relation"] == "next"]
        if not following:
            break
        call = get(following[0].partition("/fhir/")[2])
    if "_count=0" not in call.path and sorted(shown) != sorted(right):
        view.count["leaks"] += bool(set(shown) - right)
        view.fault(call, answer, f"shows {sorted(shown)} and not {sorted(right)}")


def several(view: View, kind: str) -> Script:
    """Some things of two types in one search."""
    other = view.pick.choice(sorted(view.world.of))
    if FROM_LOG & {kind, other}:
        return
    some = {(thing.type, thing.id): thing for thing in (view.some(one) for one in (kind, other, other))}
    ids = {thing.id for thing in some.values()}
    call = get(f"?_type={kind},{other}&_id={','.join([*sorted(ids), ABSENT])}&_total=accurate&_count=50")
    answer = yield call
    if not any(map(view.lets, (kind, other))):
        view.status(call, answer, 403)
    elif view.status(call, answer, 200):
        there = {one for type_name in {kind, other} if view.lets(type_name) for one in view.current(type_name)}
        view.listed(call, answer, [one for one in there if one.id in ids])


def about_strangers(view: View, kind: str) -> Script:
    """Asked about a person of whom nothing may be seen, and about one who is not there."""
    way = view.pick.choice([
        "?patient={}&_total=accurate", "?subject=Patient/{}&_summary=count", "?patient={}&_include=*",
        "?patient={}&_revinclude=Provenance:target", "?patient._id={}", "?patient={}&_sort=-_lastUpdated&_count=1",
        "?performer=Patient/{}", "?_has:Observation:patient:_id={}", "?patient:Patient._id={}&_total=accurate",
    ])  # fmt: skip
    if view.strangers:
        stranger = view.pick.choice(view.strangers)
        yield from view.same(lambda id: get(f"{kind}{way.replace('{}', id)}"), stranger.id, ABSENT)


def ids(view: View, kind: str) -> Script:
    """Some ids at once, of what may be seen and of what may not."""
    some = {thing.id: thing for thing in (view.some(kind) for _ in range(3))}
    call = get(f"{kind}?_id={','.join([*some, ABSENT])}&_total=accurate&_count=10")
    answer = yield call
    found(view, call, answer, [one for one in some.values() if one in view.seen and not one.deleted])


def tag(view: View, kind: str) -> Script:
    """By the canary itself, of any version."""
    thing = view.some(kind)
    canary = view.pick.choice(thing.versions)
    if thing not in view.seen:
        way = view.pick.choice(["?_tag={}|{{}}&_total=accurate", "?_tag={}|{{}}&_summary=count"]).format(CANARIES)
        yield from view.same(lambda value: get(f"{kind}{way.replace('{}', value)}"), canary, UNSUNG)
        return
    call = get(f"{kind}?_tag={CANARIES}|{canary}&_total=accurate")
    answer = yield call
    there = canary == thing.versions[-1] and not thing.deleted
    found(view, call, answer, [thing] if there else [])


def pages(view: View, kind: str) -> Script:
    """To the end, a few at a time: nothing twice, nothing left out, nothing else."""
    order = view.pick.choice(["", "&_sort=_lastUpdated", "&_total=accurate"])
    call, shown = get(f"{kind}?_count={view.pick.choice([2, 3, 5])}{order}"), []
    for _ in range(40):
        answer = yield call
        if not view.status(call, answer, 200 if view.lets(kind) else 403) or not view.lets(kind):
            return
        bundle = decoded(answer)
        shown += [one["id"] for mode, one in entries(bundle) if mode == "match"]
        following = [link["url"] for link in bundle.get("link", ()) if link["relation"] == "next"]
        if not following or kind in FROM_LOG:
            break
        call = get(following[0].partition("/fhir/")[2])
    right = sorted(one.id for one in view.current(kind))
    if sorted(shown) != right and kind not in FROM_LOG:
        view.count["leaks"] += bool(set(shown) - set(right))
        view.fault(call, answer, f"pages show {sorted(shown)} and not {right}")


def include(view: View, kind: str) -> Script:
    """With what they point to: that part of it which may be seen."""
    known = INCLUDES.get(kind, {})
    name = view.pick.choice([*known] * 3 + ["patient", "subject"])
    how = view.pick.choice(["_include", "_include", "_include:iterate"])
    call = get(f"{kind}?{how}={kind}:{name}&_count=1000")
    answer = yield call
    if answer.status != 200:
        return
    bundle = decoded(answer)
    beside = {one["id"] for mode, one in entries(bundle) if mode == "include"}
    extra = beside - {one.id for one in view.seen if not one.deleted}
    if extra:
        view.count["leaks"] += 1
        view.fault(call, answer, f"includes {sorted(extra)}")
    if name in known and how == "_include" and view.lets(kind):
        pointed = {id for one in view.current(kind) for id in one.links}
        shown = {one["id"] for mode, one in entries(bundle) if mode == "match"}
        right = {one.id for one in view.current(known[name]) if one.id in pointed} - shown
        if right - beside:
            view.fault(call, answer, f"leaves out {sorted(right - beside)}")


def chained(view: View, kind: str) -> Script:
    """By what holds of something they point to."""
    for name, to in INCLUDES.get(kind, {}).items():
        way = view.pick.choice([f"{kind}?{name}._id={{}}", f"{kind}?{name}:{to}._id={{}}"])
        yield from _along(view, way, to, lambda one, far: far.id in one.links)


def referred(view: View, kind: str) -> Script:
    """By what points to them."""
    ways = [(source, name) for source, names in INCLUDES.items() for name, to in names.items() if to == kind]
    for source, name in ways:
        yield from _along(view, f"{kind}?_has:{source}:{name}:_id={{}}", source, lambda one, far: one.id in far.links)


def _along(view: View, way: str, end: str, holds: Callable[[Thing, Thing], bool]) -> Script:
    """By a link to something of the type `end`, with a total."""
    kind = way.partition("?")[0]
    yield from along_link(view, f"{way}&_count=1000&_total=accurate", end, holds, kind)


def along_link(view: View, way: str, end: str, holds: Callable[[Thing, Thing], bool], kind: str) -> Script:
    """By a link to something of the type `end`: one that may be seen, or as if nothing were there."""
    thing = view.some(end)
    if thing not in view.seen or thing.deleted:
        yield from view.same(lambda id: get(way.replace("{}", id)), thing.id, ABSENT)
        return
    call = get(way.replace("{}", thing.id))
    answer = yield call
    if view.lets(end):
        found(view, call, answer, [one for one in view.current(kind) if holds(one, thing)])
    else:
        view.status(call, answer, 403)


def leading(view: View, kind: str) -> Script:
    """With what points to them: that part of it which may be seen, and all of that."""
    ways = [(source, name) for source, names in INCLUDES.items() for name, to in names.items() if to == kind]
    for source, name in ways:
        call = get(f"{kind}?_revinclude={view.pick.choice([f'{source}:{name}', f'{source}:*', '*'])}&_count=1000")
        answer = yield call
        if answer.status != 200:
            continue
        bundle = decoded(answer)
        shown = {one["id"] for mode, one in entries(bundle) if mode == "match"}
        beside = {one["id"] for mode, one in entries(bundle) if mode == "include"}
        extra = beside - {one.id for one in view.seen if not one.deleted}
        if extra:
            view.count["leaks"] += 1
            view.fault(call, answer, f"brings along {sorted(extra)}")
        right = {one.id for one in view.current(source) if shown & set(one.links)} - shown
        if right - beside and view.lets(source) and kind not in FROM_LOG:
            view.fault(call, answer, f"leaves out {sorted(right - beside)}")


def pointing(view: View, kind: str) -> Script:
    """By what they point to that is closed to somebody: as if nothing pointed there."""
    ways = [(source, name) for source, names in INCLUDES.items() for name, to in names.items() if to == kind]
    keeps_back = view.world.oracle.keeps_back
    shut = [one for one in view.world.of[kind] if keeps_back(view.who, one, view.at)]
    if ways and shut:
        source, name = view.pick.choice(ways)
        thing = view.pick.choice(shut)
        more = view.pick.choice(["", "&_summary=count", "&_total=accurate"])
        yield from view.same(lambda id: get(f"{source}?{name}={kind}/{id}{more}"), thing.id, ABSENT)


def reverse(view: View, kind: str) -> Script:
    """With what points to them, and through what others point to."""
    thing = view.hidden(kind)
    way = view.pick.choice([
        "?_id={}&_revinclude=Provenance:target", "?_id={}&_revinclude=*", "?_id={}&_include=*&_include:iterate=*",
        "?subject:Patient.name=x&_id={}", "?_has:Provenance:target:_id={}&_total=accurate", "?_id:not={}&_id={}",
        "?_id={}&_sort=nonsense", "?_id={}&_count=-1", "?_id={}&_summary=true", "?_id={}&_elements=id&_total=estimate",
        "?_id={}&_security=R", "?_id={}&_text=x", "?_id={}&_content=x", "?_id={}&_list=x", "?_id={}&_profile=x",
    ])  # fmt: skip
    if thing is not None:
        yield from view.same(lambda id: get(f"{kind}{way.replace('{}', id)}"), thing.id, ABSENT)
    call = get(f"{kind}?_revinclude=Provenance:target&_count=50")
    answer = yield call
    view.status(call, answer, 200 if view.lets(kind) else 403)


def posted(view: View, kind: str) -> Script:
    """A search that is posted, and its sealed next page."""
    call = Call("POST", f"{kind}/_search", FORM, b"_count=2&_total=accurate")
    answer = yield call
    if not view.status(call, answer, 200 if view.lets(kind) else 403) or not view.lets(kind):
        return
    bundle = decoded(answer)
    if bundle.get("total") != len(view.current(kind)) and kind not in FROM_LOG:
        view.count["leaks"] += 1
        view.fault(call, answer, f"says {bundle.get('total')} and {len(view.current(kind))} may be seen")
    for link in bundle.get("link", ()):
        if link["relation"] == "next":
            yield get(link["url"].partition("/fhir/")[2])
