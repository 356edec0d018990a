"""Interactions that find things by their words: what they say, what is said of them elsewhere, and what leads there."""

from __future__ import annotations

from .reading import get
from .resources import WITHOUT_NARRATIVE, kinds
from .searching import INCLUDES, found
from .view import ABSENT, FROM_LOG, UNSUNG, Script, View
from .world import Call

MORE = "&_count=1000&_total=accurate"


def spoken(view: View, kind: str) -> Script:
    """By the canary that a thing sings, or by an id that stands beside a reference, in one of many ways."""
    if kind in FROM_LOG:
        return
    ways = [_of_one, _of_one, _without, _of_a_person]
    ways += [beside, beside, _along] if _ends(kind) or _starts(kind) else []
    yield from view.pick.choice(ways)(view, kind)


def _of_one(view: View, kind: str) -> Script:
    """By what one thing says, now or before."""
    names = ["_content"] + ["_text"] * (kind not in WITHOUT_NARRATIVE)
    thing, name = view.some(kind), view.pick.choice(names)
    canary = view.pick.choice(thing.versions)
    is_there = thing in view.seen and not thing.deleted and canary == thing.versions[-1]
    if not is_there:
        how = view.pick.choice(["{}", "{}&_summary=count", "{}%20or%20nothing" + MORE, "{}*&_sort=_lastUpdated"])
        yield from view.same(lambda it: get(f"{kind}?{name}={how.replace('{}', it)}"), canary, UNSUNG)
        return
    call = get(f"{kind}?{name}={view.pick.choice([canary, canary[:-1] + '*'])}{MORE}")
    answer = yield call
    found(view, call, answer, [thing])


def _without(view: View, kind: str) -> Script:
    """All but what says something."""
    thing = view.some(kind)
    call = get(f"{kind}?_content=-{thing.versions[-1]}{MORE}")
    answer = yield call
    found(view, call, answer, [one for one in view.current(kind) if one != thing])


def _of_a_person(view: View, kind: str) -> Script:
    """What one of a person's things says."""
    if kinds().get(kind, ("", "-"))[1] == "-" or kind in ("Patient", "Binary"):
        return
    thing, person = view.some(kind), view.pick.choice(view.world.town.people).id
    name = "subject" if kind in ("AdverseEvent", "SupplyRequest") else "patient"
    call = get(f"{kind}?{name}=Patient/{person}&_content={thing.versions[-1]}{MORE}")
    answer = yield call
    is_there = thing in view.seen and not thing.deleted and person in (thing.person, *thing.links)
    found(view, call, answer, [thing] if is_there else [])


def _starts(kind: str) -> list[tuple[str, str]]:
    """The links that a type has: their names, and where they lead."""
    return list(INCLUDES.get(kind, {}).items())


def _ends(kind: str) -> list[tuple[str, str]]:
    """The links that lead to a type: whose they are, and their names."""
    return [(source, name) for source, names in INCLUDES.items() for name, to in names.items() if to == kind]


def beside(view: View, kind: str) -> Script:
    """By words beside a reference, or its identifier: where it leads to what is closed, they are as if not there."""
    keeps_back = view.world.oracle.keeps_back
    for name, to in _starts(kind)[:2]:
        shut = [one for one in view.world.of[to] if keeps_back(view.who, one, view.at)]
        thing = view.pick.choice(shut) if shut and view.pick.random() < 0.5 else view.some(to)
        way = view.pick.choice(["_content", f"{name}:identifier"])
        make = lambda it, way=way: get(f"{kind}?{way}={it}{MORE}")  # noqa: E731
        if thing in shut:
            yield from view.same(make, thing.id, ABSENT)
            continue
        call = make(thing.id)
        answer = yield call
        found(view, call, answer, [one for one in view.current(kind) if thing.id in one.links])


def _along(view: View, kind: str) -> Script:
    """By what is said where a link leads, or where one comes from."""
    ways = [(f"{name}:{to}._content", to, True) for name, to in _starts(kind)]
    ways += [(f"_has:{source}:{name}:_text", source, False) for source, name in _ends(kind)]
    path, end, forth = view.pick.choice(ways)
    thing = view.some(end)
    canary = thing.versions[-1]

    def make(it: str) -> Call:
        return get(f"{kind}?{path}={it}{MORE}")

    if thing not in view.seen or thing.deleted:
        yield from view.same(make, canary, UNSUNG)
        return
    call = make(canary)
    answer = yield call
    if view.lets(end):
        right = [one for one in view.current(kind) if (thing.id in one.links if forth else one.id in thing.links)]
        found(view, call, answer, right)
    else:
        view.status(call, answer, 403)
