"""Operations: all that is held about a person, the newest of each code, tables, and terminology for everybody."""

from __future__ import annotations

from saman.kernel import json

from .oracle import Thing
from .people import Person
from .reading import get
from .view import ABSENT, FROM_LOG, Script, View, decoded, entries
from .world import Call


def everything(view: View, kind: str) -> Script:
    """All of one person, page by page: what may be seen of them, each once, and nothing of a person who is hidden."""
    person = view.pick.choice(view.world.town.people)
    count = view.pick.choice([1000, 1000, 5])
    more = view.pick.choice(["", "", f"&_type={kind},Observation", "&_since=2020-01-01T00:00:00Z"])
    if not _is_seen(view, person):
        yield from view.same(lambda id: get(f"Patient/{id}/$everything?_count={count}{more}"), person.id, ABSENT)
        call = get(f"Patient/{person.id}/$everything")
        answer = yield call
        view.status(call, answer, 404 if view.lets("Patient") else 403)
        return
    call = get(f"Patient/{person.id}/$everything?_count={count}{more}")
    shown: list[str] = []
    for _ in range(400):
        answer = yield call
        if not view.status(call, answer, 200):
            return
        bundle = decoded(answer)
        shown += [one["resourceType"] + "/" + one["id"] for _, one in entries(bundle)]
        following = [link["url"] for link in bundle["link"] if link["relation"] == "next"]
        if not following:
            break
        call = get(following[0].partition("/fhir/")[2])
    right = sorted(
        f"{one.type}/{one.id}" for one in _of(view, person) if "_type" not in more or one.type in (kind, "Observation")
    )
    if sorted(shown) != right:
        extra, missing = sorted(set(shown) - set(right)), sorted(set(right) - set(shown))
        view.count["leaks"] += bool(extra)
        view.fault(call, answer, f"shows {extra} too many, {missing} too few of {len(right)}, {len(shown)} in all")


def _is_seen(view: View, person: Person) -> bool:
    return any(one.id == person.id for one in view.current("Patient"))


def _of(view: View, person: Person) -> list[Thing]:
    return [one for one in view.seen if one.person == person.id and not one.deleted and one.type not in FROM_LOG]


def latest(view: View, kind: str) -> Script:
    """The newest observations of a person, with room for all of them; of one who is hidden, as of nobody."""
    del kind
    person = view.pick.choice(view.world.town.people)
    make = lambda id: get(f"Observation/$lastn?patient={id}&code:not=nothing&max=100")  # noqa: E731
    call = make(person.id)
    if person in view.strangers:
        yield from view.same(make, person.id, ABSENT)
        return
    answer = yield call
    if not view.lets("Observation"):
        view.status(call, answer, 403)
    elif view.status(call, answer, 200):
        view.listed(call, answer, [one for one in view.current("Observation") if one.person == person.id])


def terms(view: View, kind: str) -> Script:
    """About codes: whatever is asked, nothing of anybody stands in the answer; and of hidden value sets as of none."""
    kind = view.pick.choice(["ValueSet", "CodeSystem", "ConceptMap"])
    way = view.pick.choice(
        ["ValueSet/{}/$expand", "CodeSystem/{}/$validate-code?code=x", "ConceptMap/{}/$translate?system=a&code=x"]
    )
    thing = view.some(kind)
    yield from view.same(lambda id: get(way.replace("{}", id)), thing.id, ABSENT) if thing not in view.seen else ()
    call = get("ValueSet/$expand?url=http://hl7.org/fhir/ValueSet/administrative-gender")
    answer = yield call
    view.status(call, answer, 200 if view.lets("ValueSet") else 403)


def tables(view: View, kind: str) -> Script:
    """A view of a type: a row for each thing that may be seen; for an app only where all of a type is open to it."""
    kind = "Flag" if kind in FROM_LOG else kind
    tree = {"resourceType": "ViewDefinition", "resource": kind, "select": [{"column": [{"name": "id", "path": "id"}]}]}
    call = Call("POST", "ViewDefinition/$run", ((b"content-type", b"application/fhir+json"),), json.encode(tree))
    answer = yield call
    if view.is_narrow:
        view.status(call, answer, *((200, 403) if view.lets(kind) else (403,)))
    if answer.status != 200:
        return
    shown = sorted(json.decode(line)["id"] for line in answer.body.splitlines())
    right = sorted(one.id for one in view.current(kind))
    if shown != right:
        extra, missing = sorted(set(shown) - set(right)), sorted(set(right) - set(shown))
        view.count["leaks"] += bool(extra)
        view.fault(call, answer, f"shows {extra} too many, {missing} too few of {len(right)}")
