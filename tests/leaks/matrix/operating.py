"""Operations: all that is held about a person, the newest of each code, tables, and terminology for everybody."""

from __future__ import annotations

from saman.kernel import json

from .oracle import Thing
from .people import Person
from .reading import get
from .view import ABSENT, FROM_LOG, Script, View, decoded, entries
from .world import Answer, Call

FILLED = "http://hl7.org/fhir/uv/sdc/StructureDefinition/sdc-questionnaire-initialExpression"
JSON = ((b"content-type", b"application/fhir+json"),)


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


def document(view: View, kind: str) -> Script:
    """A document of anybody's Composition: nothing that is hidden is in it; of a hidden one, as of none."""
    del kind
    thing = view.some("Composition")
    make = lambda id: get(f"Composition/{id}/$document")  # noqa: E731
    if thing not in view.seen or not view.lets("Composition"):
        yield from view.same(make, thing.id, ABSENT)
        return
    call = make(thing.id)
    answer = yield call
    if view.status(call, answer, 410 if thing.deleted else 200) and not thing.deleted:
        _holds_seen(view, call, answer, f"Composition/{thing.id}")


def summary(view: View, kind: str) -> Script:
    """The summary of anybody: nothing that is hidden is in it; of a hidden person, as of none."""
    del kind
    person = view.pick.choice(view.world.town.people)
    call = get(f"Patient/{person.id}/$summary")
    if not _is_seen(view, person) or not view.lets("Patient"):
        yield from view.same(lambda id: get(f"Patient/{id}/$summary"), person.id, ABSENT)
        return
    answer = yield call
    if view.status(call, answer, 200):
        listed = [one["resourceType"] + "/" + one["id"] for _, one in entries(decoded(answer))]
        _holds_seen(view, call, answer, listed[0], listed[2])


def matching(view: View, kind: str) -> Script:
    """Somebody described as they are recorded: found if they may be seen, and nobody else who may not be."""
    del kind
    person = view.pick.choice(view.world.town.people)
    name = [one.versions[-1] for one in view.world.of["Patient"] if one.id == person.id]
    told = {"resourceType": "Patient", "birthDate": person.born.isoformat(), "name": [{"family": name[0]}]}
    call = Call("POST", "Patient/$match", JSON, json.encode(told))
    answer = yield call
    if not view.lets("Patient"):
        view.status(call, answer, 403)
    elif view.status(call, answer, 200):
        _holds_seen(view, call, answer)
        if (person.id in answer.body.decode()) != _is_seen(view, person):
            view.fault(call, answer, "should find who may be seen, and nobody else")


def populate(view: View, kind: str) -> Script:
    """A form that asks for all there is of anybody: nothing that is hidden fills it; of a hidden person, as of none."""
    person = view.pick.choice(view.world.town.people)

    def make(id: str) -> Call:
        search = {"name": "all", "language": "application/x-fhir-query", "expression": f"{kind}?_count=50&_id:not={id}"}
        told = {"language": "text/fhirpath", "expression": "%patient.name.text | %all.entry.resource.meta.tag.code"}
        item = {
            "linkId": "x",
            "type": "string",
            "repeats": True,
            "extension": [{"url": FILLED, "valueExpression": told}],
        }
        form = {"resourceType": "Questionnaire", "status": "active", "item": [item]}
        form["extension"] = [{"url": "http://hl7.org/fhir/StructureDefinition/variable", "valueExpression": search}]
        listed = [
            {"name": "subject", "valueReference": {"reference": f"Patient/{id}"}},
            {"name": "local", "valueBoolean": True},
            {"name": "questionnaire", "resource": form},
        ]
        return Call(
            "POST", "Questionnaire/$populate", JSON, json.encode({"resourceType": "Parameters", "parameter": listed})
        )

    if not _is_seen(view, person):
        yield from view.same(make, person.id, ABSENT)
        return
    call = make(person.id)
    answer = yield call
    view.status(call, answer, 200 if view.lets("Questionnaire") else 403)


def extract(view: View, kind: str) -> Script:
    """What anybody's answers make: of a hidden response as of none."""
    del kind
    thing = view.some("QuestionnaireResponse")
    make = lambda id: get(f"QuestionnaireResponse/{id}/$extract")  # noqa: E731
    if thing not in view.seen or not view.lets("QuestionnaireResponse"):
        yield from view.same(make, thing.id, ABSENT)
    else:
        yield make(thing.id)


def apply(view: View, kind: str) -> Script:
    """A plan that asks whether somebody is there: of a hidden person, as of none."""
    del kind
    person = view.pick.choice(view.world.town.people)
    told = {"language": "text/fhirpath", "expression": "name.text"}
    action = {"dynamicValue": [{"path": "description", "expression": told}]}
    plan = {"resourceType": "PlanDefinition", "status": "active", "action": [action]}

    def make(id: str) -> Call:
        listed = [{"name": "subject", "valueString": f"Patient/{id}"}, {"name": "planDefinition", "resource": plan}]
        return Call(
            "POST", "PlanDefinition/$apply", JSON, json.encode({"resourceType": "Parameters", "parameter": listed})
        )

    if not _is_seen(view, person):
        yield from view.same(make, person.id, ABSENT)
        return
    call = make(person.id)
    answer = yield call
    view.status(call, answer, 200 if view.lets("PlanDefinition") and view.lets("Patient") else 403)


def _holds_seen(view: View, call: Call, answer: Answer, *own: str) -> None:
    """Every resource of a Bundle is one that may be seen, once, or one of its own making."""
    shown = [one["resourceType"] + "/" + one["id"] for _, one in entries(decoded(answer))]
    right = {f"{one.type}/{one.id}" for one in view.seen if not one.deleted} | set(own)
    if len(shown) != len(set(shown)) or not set(shown) <= right:
        view.count["leaks"] += bool(set(shown) - right)
        view.fault(call, answer, f"holds {sorted(set(shown) - right)} too many of {len(shown)}")


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
