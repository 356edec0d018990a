"""Where a resource leads is told by its text as well as by going through it."""

from __future__ import annotations

import secrets

from saman.kernel import json
from saman.kernel.ids import Mint
from saman.kernel.outcome import Refusal
from saman.model.fhir import references
from saman.record.pointing import PERSONAL, place_of, pointed
from saman.record.rows import split
from tests.conformance.examples import load_examples

MINT = Mint(secrets.token_bytes(32), secrets.token_bytes)
BASE = "https://example.org/fhir"


def test_every_reference_of_every_example_is_found_in_its_text() -> None:
    counted = 0
    for _name, text in load_examples():
        resource = json.decode(text)
        if isinstance(resource, Refusal):
            continue
        meta, body = split(resource)
        places = {place_of(one, BASE) for one, _ in references(resource)}
        wanted = {place for place in places if place is not None and place[0] in PERSONAL}
        found = {(one.type, one.id) for one in pointed(meta + body, None, BASE, MINT)}
        assert found == wanted
        counted += len(found)
    assert counted > 1000


def test_what_only_looks_like_a_reference_is_none() -> None:
    resource = {
        "resourceType": "Basic",
        "meta": {"extension": [{"url": "urn:x", "valueReference": {"reference": f"{BASE}/Observation/1/_history/2"}}]},
        "code": {"text": 'said "reference":"Observation/2" and \\"reference":"Observation/3"'},
        "subject": {"reference": "Patient/p"},
    }
    meta, body = split(resource)
    assert [one.id for one in pointed(meta + body, "p", BASE, MINT)] == ["1"]
    assert [one.id for one in pointed(meta + body, None, BASE, MINT)] == ["1", "p"]
