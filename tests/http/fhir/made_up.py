"""Calls made up from the OpenAPI description: at random, and bent towards what is there, to get beyond the door.

Without SAMAN_TEST_FUZZ there are two of each interaction and operation; with 500, as in CI, 30, together over 20,000.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import httpx
import schemathesis
from hypothesis import HealthCheck, reject
from hypothesis import strategies as st
from schemathesis import GenerationMode

from saman.apps.fhir_api.app import RECORD_ROUTES
from saman.apps.fhir_api.openapi import openapi_document
from saman.apps.fhir_api.operations.standard import OPERATIONS as DECLARED
from saman.kernel import json
from saman.model.fhir import validate
from tests import answers
from tests.conformance.examples import load_examples
from tests.http.fhir.conftest import BASE

EACH = max(2, int(os.environ.get("SAMAN_TEST_FUZZ") or 10) * 6 // 100)
"""How many calls of each interaction and operation; some, such as `metadata`, take so little that there are fewer."""
FEWEST = 0.9
KNOWN = "known"
"""The id of one resource of each type, from the official examples."""
TYPES = (
    *("AuditEvent", "Binary", "Bundle", "CarePlan", "CodeSystem", "ConceptMap", "Consent", "Observation", "Patient"),
    *("Provenance", "Subscription", "Task", "ValueSet"),
)
NAMES = frozenset(one.name for one in DECLARED)
MADE = ("AuditEvent", "Provenance")
WHO = ("system", "system", "system", "stranger", "")
QUIET = [
    HealthCheck.function_scoped_fixture,
    HealthCheck.too_slow,
    HealthCheck.filter_too_much,
    HealthCheck.data_too_large,
]
OURS = {"user-agent", "authorization"}
"""Headers that are not made up: with a token that is, every answer would be 401."""
JSON_PATCH = "application/json-patch+json"
JOBS = [KNOWN]
"""Exports and imports that are asked about: the one that was begun, and one that never was."""
FILES = ("Patient.1.ndjson", "errors.1.ndjson", "input.ndjson", "..%2Finput.ndjson", ".")
_MODES = (GenerationMode.POSITIVE, GenerationMode.NEGATIVE)
_LIKELY = 2
"""One part of a call in so many is replaced by one that is likely to mean something."""

Json = dict[str, Any]
schemathesis.serializer.alias("application/fhir+ndjson", "text/plain")


_HERE: Json = {"resourceType": "", "url": "urn:known", "status": "active"}
TERMINOLOGY: Mapping[str, Json] = {
    "CodeSystem": _HERE
    | {"resourceType": "CodeSystem", "content": "complete", "concept": [{"code": "a"}, {"code": "b"}]},
    "ConceptMap": _HERE
    | {"resourceType": "ConceptMap", "group": [{"element": [{"code": "a"}], "source": "urn:known"}]},
    "ValueSet": _HERE | {"resourceType": "ValueSet", "compose": {"include": [{"system": "urn:known"}]}},
}
"""What the official examples, which were chosen for the record, do not have."""


def _examples() -> Mapping[str, Json]:
    """One resource of each type: its shortest official example, or ours."""
    shortest: dict[str, bytes] = {}
    for name, text in load_examples():
        kind = name.partition("-")[0]
        if kind in TYPES and (kind not in shortest or len(text) < len(shortest[kind])):
            shortest[kind] = text
    found = TERMINOLOGY | {kind: json.decode(text) for kind, text in shortest.items()}
    return {kind: {name: one[name] for name in one if name not in ("text", "meta")} for kind, one in found.items()}


EXAMPLES = _examples()


def _described() -> Json:
    """The description with the paths of a few types and of every operation: other types are made in the same way."""
    document = openapi_document(RECORD_ROUTES, BASE, DECLARED)
    chosen = {
        path: said for path, said in document["paths"].items() if path.split("/")[1] in ("", *TYPES) or "$" in path
    }
    return document | {"paths": chosen}


OPERATIONS: tuple[Any, ...] = tuple(
    found.ok() for found in schemathesis.openapi.from_dict(_described()).get_all_operations()
)
_STRATEGIES: dict[tuple[str, GenerationMode], st.SearchStrategy[Any]] = {}

JSON: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20)
    | st.sampled_from(["Patient/known", "urn:x", "2026-11", "http://loinc.org", "final", "\x00", "\ud7ff"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)  # fmt: skip
VALUES = st.sampled_from(
    [
        "known",
        "Patient/known",
        "Patient/known/_history/1",
        "a,b",
        "|",
        "http://loinc.org|",
        "|29463-7",
        "\\,",
        "$",
        "*",
        "\x00",
        "-1",
        "0",
        "1",
        "20",
        "1e400",
        "2026",
        "ge2026-11",
        "ap2026-11-20T10:00:00+01:00",
        "2026-02-30",
        "9999",
        "0001",
        "ne",
        "true",
        "male",
        "text",
        "count",
        "accurate",
        "-date,_id",
        "subject",
        "Observation:subject",
        "Patient:*",
        "Provenance:target",
        "http://snomed.info/sct",
        "http://hl7.org/fhir/ValueSet/administrative-gender",
    ]
)
TAGS = st.sampled_from(
    ['W/"1"', 'W/"2"', '"1"', "*", 'W/"99999999999999999999"', "W/", "Sat, 21 Nov 2026 20:51:14 GMT"]
)
HEADERS = {"If-Match", "If-None-Match", "If-Modified-Since"}
PREFERENCES = st.sampled_from(
    [
        "return=minimal",
        "return=OperationOutcome",
        "handling=strict",
        "handling=lenient",
        "respond-async",
        "return",
        ";=",
    ]
)
ASKED = st.sampled_from(
    [
        "identifier",
        "_id",
        "subject",
        "patient",
        "code",
        "date",
        "name",
        "status",
        "_lastUpdated",
        "url",
        "agent",
        "status:not",
        "name:contains",
        "_type",
        "_has:Observation:patient:code",
        "subject:Patient.name",
        "patient.name",
        "made-up",
        "_sort",
        "_count",
        "_include",
        "_revinclude",
        "_total",
        "_summary",
        "_elements",
        "_cursor",
        "_page",
    ]
)
POINTERS = st.sampled_from(
    ["", *["/", "/status", "/name/0", "/name/-", "/identifier/0/value", "/id", "/meta", "/extension", "/~2"]]
)
PATHS = st.sampled_from(
    [
        "Patient",
        "Patient.name",
        "Patient.name[0]",
        "Patient.name.where(family='a').first()",
        "Observation.status",
        "$this",
        "((",
    ]
)
LINES = st.lists(JSON.map(lambda one: json.encode(one).decode()) | st.text(max_size=20), max_size=3).map("\n".join)
JSON_PATCHES = st.lists(
    st.fixed_dictionaries(
        {"op": st.sampled_from(["add", "remove", "replace", "move", "copy", "test", "no"]), "path": POINTERS},
        optional={"value": JSON, "from": POINTERS},
    ),
    min_size=1,
    max_size=4,
)


def _part(name: str, kind: str, values: st.SearchStrategy[Any]) -> st.SearchStrategy[Json]:
    return values.map(lambda value: {"name": name, f"value{kind}": value})


FHIRPATH_PATCHES = st.lists(
    st.tuples(
        _part("type", "Code", st.sampled_from(["add", "insert", "delete", "replace", "move", "no"])),
        _part("path", "String", PATHS),
        st.one_of(_part("name", "String", st.sampled_from(["name", "status", "id"])), _part("index", "Integer", JSON)),
        st.one_of(_part("value", "Code", JSON), _part("value", "String", JSON), _part("destination", "Integer", JSON)),
    ).map(lambda parts: {"name": "operation", "part": list(parts)}),
    min_size=1,
    max_size=3,
).map(lambda listed: {"resourceType": "Parameters", "parameter": listed})


def resources(kind: str) -> st.SearchStrategy[Json]:
    """The example of a type, with some of its elements changed into anything."""
    whole = EXAMPLES.get(kind, {"resourceType": kind})
    names = st.sampled_from([*sorted(whole), "id", "meta", "contained", "extension", "text", "identifier"])
    return st.dictionaries(names, JSON, max_size=2).map(lambda changes: whole | changes)


@st.composite
def calls(draw: st.DrawFn, operation: Any) -> tuple[Any, str]:
    """A call of `operation`, and who makes it."""
    mode = draw(st.sampled_from(_MODES))
    key = (operation.label, mode)
    if key not in _STRATEGIES:
        _STRATEGIES[key] = operation.as_strategy(generation_mode=mode)
    call = draw(_STRATEGIES[key])
    _address(draw, call)
    if call.body and draw(st.integers(0, _LIKELY)):
        _body(draw, call)
    return call, draw(st.sampled_from(WHO))


def _address(draw: st.DrawFn, call: Any) -> None:
    if "_format" in (call.query or {}):
        call.query["_format"] = draw(st.sampled_from(["json", "json", "application/fhir+json", "xml"]))
    likely = {
        "id": st.just(KNOWN),
        "job": st.sampled_from(JOBS),
        "name": st.sampled_from(FILES),
        "version": st.sampled_from(["1", "2"]),
        "inside": st.sampled_from(["*", *TYPES]),
    }
    for place, values in ((call.path_parameters, likely), (call.query, {}), (call.headers, {})):
        for name in set(place or ()) - {"_format"}:
            if draw(st.integers(0, _LIKELY)):
                more = TAGS if name in HEADERS else PREFERENCES if name == "Prefer" else VALUES
                place[name] = draw(values.get(name, more))


def _body(draw: st.DrawFn, call: Any) -> None:
    path, kind = call.operation.path, call.operation.path.split("/")[1]
    if call.media_type == JSON_PATCH:
        call.body = draw(JSON_PATCHES)
    elif call.method == "PATCH":
        call.body = draw(FHIRPATH_PATCHES)
    elif path.endswith("_search"):
        call.body = draw(st.dictionaries(ASKED, VALUES, min_size=1, max_size=4))
    elif "$" in path:
        call.body = draw(_parameters(name) if (name := path.rpartition("$")[2]) in NAMES else LINES)
    elif kind:
        whole = draw(resources(kind))
        call.body = whole | {"id": KNOWN} if "{id}" in path and isinstance(whole, dict) else whole


def _parameters(name: str) -> st.SearchStrategy[Json]:
    """What the operation of this name takes, with values of its types or of any."""
    (declared, *_) = [one for one in DECLARED if one.name == name]
    kinds = [(one.name, f"value{one.type[:1].upper()}{one.type[1:]}") for one in declared.takes]
    one = st.sampled_from(kinds or [("nothing", "valueString")]).flatmap(
        lambda each: (VALUES | JSON).map(lambda value: {"name": each[0], each[1]: value})
    )
    resource = st.sampled_from(sorted(EXAMPLES)).map(lambda kind: {"name": "valueSet", "resource": EXAMPLES[kind]})
    listed = st.lists(one | resource, min_size=1, max_size=4)
    return listed.map(lambda parameters: {"resourceType": "Parameters", "parameter": parameters})


async def sent(callers: Mapping[str, httpx.AsyncClient], call: Any, who: str) -> httpx.Response:
    """The answer; a call that HTTP cannot carry is none."""
    asked = call.as_transport_kwargs(base_url=BASE)
    headers = {name: value for name, value in (asked.pop("headers", None) or {}).items() if name.lower() not in OURS}
    form = {name: asked.pop(name) for name in ("json", "data", "params", "cookies") if asked.get(name)}
    if isinstance(form.get("data"), (bytes, str)):
        form["content"] = form.pop("data")
    try:
        request = callers[who].build_request(asked["method"], asked["url"], headers=headers, **form)
    except (httpx.InvalidURL, UnicodeEncodeError, ValueError, TypeError):
        reject()
    return await callers[who].send(request)


async def seeded(client: httpx.AsyncClient) -> None:
    """Store the example of each type under the known id, and ask for an export that nobody carries out."""
    for kind, example in EXAMPLES.items():
        if kind not in MADE:
            answer = await client.put(f"{kind}/{KNOWN}", json=example | {"id": KNOWN})
            assert answer.status_code in (200, 201), (kind, answer.text)
    begun = await client.get("Patient/$export", headers={"prefer": "respond-async"})
    JOBS.append(begun.headers["content-location"].rpartition("/")[2])


class Counted:
    """How many calls were made, by interaction, and how they were answered."""

    def __init__(self, operations: Sequence[Any]) -> None:
        self.operations = operations
        self.calls: Counter[str] = Counter()
        self.statuses: Counter[int] = Counter()

    async def hold(self, callers: Mapping[str, httpx.AsyncClient], call: Any, who: str) -> None:
        """Make a call: it is answered as the description says, and a refusal is a valid OperationOutcome."""
        response = await sent(callers, call, who)
        self.calls[call.operation.label] += 1
        self.statuses[response.status_code] += 1
        assert response.status_code < 500, response.text
        assert str(response.status_code) in call.operation.definition.raw["responses"], response.text
        if response.status_code >= 400:
            assert validate(response.json()) == (), response.text

    def tell(self, words: str) -> None:
        """Report the numbers; there were enough, and each interaction and operation was called."""
        statuses = ", ".join(f"{status}: {number:,}" for status, number in sorted(self.statuses.items()))
        made = f"{self.calls.total():,} made-up calls of {len(self.calls)} {words}"
        answers.note(f"{made}, answered {statuses}")
        missing = {one.label for one in self.operations} - set(self.calls)
        assert not missing, missing
        assert self.calls.total() >= FEWEST * EACH * len(self.operations), made
