"""Finding what points elsewhere, so that it can be rewritten in place."""

from __future__ import annotations

from saman.model.fhir import leads, literal, reference_path, references, validate
from saman.model.fhir.narrative_links import relinked
from tests.unit.model.fhir.samples import BUNDLE, OBSERVATION, changed

URN = "urn:uuid:0b4be5c6-3f9a-4f1f-8a55-9f0f5a1a0001"


def test_every_reference_has_its_path() -> None:
    resource = changed(
        OBSERVATION,
        extension=[{"url": "http://example.org", "valueReference": {"reference": "Device/d1"}}],
        _status={"extension": [{"url": "http://example.org", "valueReference": {"reference": "Device/d2"}}]},
        contained=[{"resourceType": "Specimen", "id": "s", "subject": {"reference": "Patient/p1"}}],
        identifier=[{"value": "1", "assigner": {"display": "Agder"}}],
    )
    assert validate(resource) == ()
    assert {path for _, path in references(resource)} == {
        "Observation.subject",
        "Observation.performer[0]",
        "Observation.extension[0].valueReference",
        "Observation._status.extension[0].valueReference",
        "Observation.contained[0].subject",
        "Observation.identifier[0].assigner",
    }


def test_references_can_be_rewritten_in_place() -> None:
    bundle = changed(BUNDLE)
    for holder, _ in references(bundle):
        if holder.get("reference") == URN:
            holder["reference"] = "Patient/p1"
    assert bundle["entry"][1]["resource"]["subject"] == {"reference": "Patient/p1"}
    assert [path for _, path in references(bundle)] == [
        "Bundle.entry[0].resource.managingOrganization",
        "Bundle.entry[1].resource.subject",
        "Bundle.entry[1].resource.performer[0]",
    ]


def test_links_are_addresses_and_not_identifiers_or_references() -> None:
    resource = {
        "resourceType": "DocumentReference",
        "status": "current",
        "identifier": [{"system": "urn:ietf:rfc:3986", "value": URN}],
        "subject": {"reference": URN},
        "content": [{"attachment": {"url": URN}}, {"attachment": {"url": "https://example.org/1"}}],
    }
    assert validate(resource) == ()
    assert [link.path for link in leads(resource).links] == ["DocumentReference.content[0].attachment.url"]
    for link in leads(resource).links:
        link.holder[link.key] = "Binary/b1"
    assert resource["content"][0] == {"attachment": {"url": "Binary/b1"}}


def test_both_are_found_by_going_through_a_resource_once() -> None:
    bundle = changed(BUNDLE)
    found = leads(bundle)
    assert [(one, reference_path(bundle, one)) for one in found.references] == list(references(bundle))
    assert found.references[1] is bundle["entry"][1]["resource"]["subject"]


def test_links_in_lists() -> None:
    resource = {"resourceType": "ServiceRequest", "instantiatesUri": ["http://example.org", URN]}
    resource["instantiatesCanonical"] = [URN]
    (link,) = leads(resource).links
    assert (link.path, link.key) == ("ServiceRequest.instantiatesUri[1]", 1)


def test_addresses_in_narratives() -> None:
    text = (
        f'<a title="x" href="{URN}">{URN}</a> <a href=\'{URN}\'>x</a> <img alt="" src="{URN}"/> <b title="{URN}">y</b>'
    )
    narrative = {"status": "generated", "div": f'<div xmlns="http://www.w3.org/1999/xhtml">{text}</div>'}
    resource = {"resourceType": "Basic", "code": {"text": "x"}, "text": narrative}
    assert validate(resource) == ()
    assert leads(resource).narratives == [narrative]
    turned = relinked(narrative["div"], {URN: "Binary/1"})
    assert validate(resource | {"text": narrative | {"div": turned}}) == ()
    assert turned.count('"Binary/1"') == 3
    assert turned.count(URN) == 2
    assert relinked(narrative["div"], {"urn:other": "Binary/1"}) == narrative["div"]


def test_literal() -> None:
    assert literal("Patient/p1") == ("", "Patient", "p1")
    assert literal("Patient/p1/_history/3") == ("", "Patient", "p1")
    assert literal("https://a.example.org/x/Patient/p1") == ("https://a.example.org/x/", "Patient", "p1")
    for text in (
        "urn:uuid:x",
        "#p1",
        "Person/",
        "Nothing/1",
        "https://a.example.org/",
        "Patient/p1/name",
        "x/Patient/1",
    ):
        assert literal(text) is None
