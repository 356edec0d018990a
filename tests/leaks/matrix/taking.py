"""Much at once: exports whose files are fetched and read, and imports, which are for nobody but a back-end client."""

from __future__ import annotations

from saman.kernel import json
from saman.record.bulk.asked import PATIENTS, types_of

from .oracle import Thing
from .people import START
from .reading import get
from .resources import Resource
from .view import ABSENT, FROM_LOG, Script, View, decoded
from .world import WORK, Call, sent
from .writing import body, spoken_of

ASYNC = (b"prefer", b"respond-async")
LINES = (b"content-type", b"application/fhir+ndjson")
EVERY_SO_MANY = 8
"""An export goes along the whole record, and so not every card that says one is played."""
MOST_LOOKS = 60


def export(view: View, kind: str) -> Script:
    """An export of everything, of people or of a group: its lines are what may be seen, nothing more and no less.

    Everything was written, and some of it deleted, about the first moment: an export of that moment has it still.
    """
    if view.at == START or view.pick.randrange(EVERY_SO_MANY):
        return
    level = view.pick.choice(["", "", "Patient/", "Patient/", "Group/{}/"])
    group, kinds = view.some("Group"), _kinds(kind, level)
    make = lambda id: Call("GET", f"{level.format(id)}$export?_type={','.join(kinds)}", (ASYNC,))  # noqa: E731
    if "Group" in level and (group not in view.seen or not view.lets("Group")):
        yield from view.same(make, group.id, ABSENT)
        return
    call = make(group.id)
    answer = yield call
    if "Group" in level and group.deleted:
        view.status(call, answer, 410)
        return
    if not view.status(call, answer, 202 if all(map(view.lets, kinds)) else 403) or answer.status != 202:
        return
    place = dict(answer.headers)[b"content-location"].decode().partition("/fhir/")[2]
    for _ in range(MOST_LOOKS):
        yield WORK
        answer = yield get(place)
        if answer.status != 202:
            break
    shown: list[str] = []
    if view.status(get(place), answer, 200):
        for file in decoded(answer)["output"]:
            call = get(file["url"].partition("/fhir/")[2])
            answer = yield call
            view.status(call, answer, 200)
            shown += [f"{file['type']}/{one}" for one in _ids(answer.body)]
        right = _right(view, kinds, people=bool(level))
        extra, missing = set(shown) - right, right - set(shown)
        if extra or len(shown) != len(set(shown)) or (missing and "Group" not in level):
            view.count["leaks"] += bool(extra)
            view.fault(call, answer, f"exports {sorted(extra)} too many, {sorted(missing)} too few of {len(right)}")
    yield Call("DELETE", place)


def _kinds(kind: str, level: str) -> list[str]:
    """The type whose turn it is and two that everybody has something of, as far as the level takes them."""
    named = dict.fromkeys([kind, "Patient", "Observation"])
    return [one for one in named if one not in FROM_LOG and (not level or one in types_of(PATIENTS))]


def _ids(lines: bytes) -> list[str]:
    return [json.decode(line)["id"] for line in lines.splitlines()]


def _right(view: View, kinds: list[str], *, people: bool) -> set[str]:
    about = [one for kind in kinds for one in view.current(kind) if not people or _is_about_somebody(one)]
    return {f"{one.type}/{one.id}" for one in about}


def _is_about_somebody(thing: Thing) -> bool:
    return thing.person not in (None, "-")


def importing(view: View, kind: str) -> Script:
    """Lines that speak of something hidden: refused as those that speak of nothing, to all but back-end clients."""
    thing = view.hidden(kind)
    if thing is None or view.who.kind == "system":
        return
    person = view.pick.choice(view.world.town.people).id
    make = lambda id: Call("POST", "$import", (ASYNC, LINES), sent(body(kind, person, id)))  # noqa: E731
    yield from view.same(make, thing.id, ABSENT)
    answer = yield make(ABSENT)
    view.status(make(ABSENT), answer, 403)


def validate(view: View, kind: str) -> Script:
    """What is wrong with something hidden, or with what would be written over it: as of what is not there.

    What would be written speaks of the same person: it is in the log of whom it speaks of, with the id it asks about.
    """
    thing = view.some(kind)
    person = spoken_of(view, thing)
    mode = view.pick.choice(["", "?mode=update", "?mode=delete"])
    is_sent = mode == "?mode=update" or bool(view.pick.randrange(2))

    def make(id: str) -> Call:
        if not is_sent and not mode:
            return get(f"{kind}/{id}/$validate")
        told = _given(body(kind, person, id)) if is_sent else {"resourceType": "Parameters"}
        return Call("POST", f"{kind}/{id}/$validate{mode}", (), sent(told))

    call = make(thing.id)
    if thing not in view.seen:
        yield from view.same(make, thing.id, ABSENT)
        answer = yield make(ABSENT)
        view.status(make(ABSENT), answer, 404 if view.lets(kind) else 403)
    else:
        answer = yield call
        view.status(call, answer, 410 if thing.deleted else 200)


def _given(resource: Resource) -> Resource:
    """What is sent to have a resource validated: itself; Parameters in others, since they would be the call's."""
    if resource["resourceType"] != "Parameters":
        return resource
    return {"resourceType": "Parameters", "parameter": [{"name": "resource", "resource": resource}]}


def validate_sent(view: View, kind: str) -> Script:
    """Whether something would be taken that speaks of somebody who is hidden: as of nobody."""
    if not view.strangers or view.who.kind == "system":
        return
    stranger, mode = view.pick.choice(view.strangers).id, view.pick.choice(["", "?mode=create"])
    where = view.pick.choice([f"{kind}/$validate", "$validate"])
    make = lambda id: Call("POST", where + mode, (), sent(_given(body(kind, id))))  # noqa: E731
    yield from view.same(make, stranger, ABSENT)
