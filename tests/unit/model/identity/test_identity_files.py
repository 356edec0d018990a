"""The identity files of five countries, and how a bad row is named."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from saman.kernel.outcome import Refusal
from saman.model.identity import Identity, Level, People, read_identity

COUNTRIES = Path(__file__).parents[4] / "regions" / "countries"
CODES = ("se", "no", "dk", "fi", "is")
NUMBERS = {
    "se": ("198112289874", "198112889874", "19811228-9874"),
    "no": ("13886912345", "53886912345", "1388691234"),
    "dk": ("0107501234", "3112991234", "010750-1234"),
    "fi": ("131052-308T", "010594Y9021", "131052308T"),
    "is": ("0101302989", "3112991230", "010130-2989"),
}
"""Two numbers of a known shape (the second of another kind or century), and one that is not whole."""


def systems(code: str) -> set[str]:
    return set(re.findall(r'uri: "?([^",}\s]+)', (COUNTRIES / f"{code}.yaml").read_text("utf-8")))


def text_of(code: str) -> str:
    return (COUNTRIES / f"{code}.identity.yaml").read_text("utf-8")


def identity_of(code: str) -> Identity:
    identity = read_identity(f"{code}.identity.yaml", text_of(code), systems(code))
    assert isinstance(identity, Identity), identity
    return identity


@pytest.mark.parametrize("code", CODES)
def test_every_country_says_how_citizens_and_staff_prove_who_they_are(code):
    identity = identity_of(code)
    served = {people for provider in identity.providers for people in provider.people}
    assert served == {People.CITIZEN, People.STAFF}
    assert not identity.passkeys.level.reaches(Level.HIGH)
    assert {one.national_id.systems[-1].uri for one in identity.providers} <= systems(code)


@pytest.mark.parametrize("code", CODES)
def test_every_part_says_how_far_it_was_checked(code):
    parts = re.findall(r"^ {4}[a-z_]+:", text_of(code), re.MULTILINE)
    assert text_of(code).count("status: ") >= 2 + len(identity_of(code).providers) * 6
    assert parts


@pytest.mark.parametrize("code", CODES)
def test_a_number_is_told_by_its_whole_shape(code):
    for provider in identity_of(code).providers:
        claim = provider.national_id.claim
        good, other, bad = NUMBERS[code]
        for value in (good, other):
            found = provider.national_id.of({claim: value})
            assert found is not None
            assert found[1] == value
        for value in (bad, f"{good}\n", f" {good}", f"{good}{good}", "", None, 7, [good], {"value": good}):
            assert provider.national_id.of({claim: value}) is None, value


def test_kinds_of_number_are_kept_apart():
    provider = identity_of("no").provider("id-porten")
    assert provider is not None
    national, temporary = (
        provider.national_id.of({"pid": "13886912345"}),
        provider.national_id.of({"pid": "53886912345"}),
    )
    assert national is not None
    assert temporary is not None
    assert national[0] != temporary[0]
    sweden = identity_of("se").provider("bankid")
    assert sweden is not None
    assert sweden.national_id.of({"nin": "198112889874"}) != sweden.national_id.of({"nin": "198112289874"})


def test_levels_are_ordered_and_unknown_ones_are_none():
    assert [Level.SUBSTANTIAL.reaches(one) for one in Level] == [True, True, False]
    provider = identity_of("no").provider("id-porten")
    assert provider is not None
    assert provider.assurance.reached({"acr": "idporten-loa-high"}) is Level.HIGH
    for said in ({}, {"acr": None}, {"acr": "high"}, {"acr": ["idporten-loa-high"]}, {"acr": 4}):
        assert provider.assurance.reached(said) is None
    assert provider.assurance.asked(Level.HIGH) == "idporten-loa-high"
    assert provider.assurance.asked(Level.LOW) == ""


READ = "      status: S\n      source: docs.digdir.no/docs/idporten/oidc/oidc_protocol_id_token\n"
WRONG = {
    "unknown field": ("    name: ID-porten", "    nam: ID-porten", "Row id-porten"),
    "unknown level": ("idporten-loa-high: high}", "idporten-loa-high: highest}", "Row id-porten"),
    "no scope": ("scopes: [openid, profile]", "scopes: [profile]", "`openid` is missing"),
    "no method": ("methods: [private_key_jwt, client_secret_basic, client_secret_post]", "methods: []", "no proof"),
    "for nobody": ("people: [citizen, staff]", "people: []", "for nobody"),
    "unknown system": ('urn:oid:2.16.578.1.12.4.1.4.1"', 'urn:oid:1.2.3"', "no identifier system"),
    "pattern that fits all": ("[0-3][0-9]{10}", ".*", "fits everything"),
    "broken pattern": ("[0-3][0-9]{10}", "[0-3", "no pattern"),
    "unsourced": (f"{READ}    national", "      status: S\n    national", "no source"),
    "high passkeys": ("passkeys: {level: substantial", "passkeys: {level: high", "cannot count as high"),
    "twice": ("  - id: helseid", "  - id: id-porten", "is taken"),
    "taken by passkeys": ("  - id: helseid", "  - id: passkeys", "is taken"),
    "not https": ("https://idporten.no\n", "http://idporten.no\n", "Row id-porten"),
    "level that is none": (
        "ask: {substantial: idporten-loa-substantial",
        "ask: {sure: idporten-loa-substantial",
        "is no level",
    ),
    "no levels": ("levels: {idporten-loa-substantial: substantial, idporten-loa-high: high}", "levels: {}", "No value"),
    "no providers": ("providers:", "provider:", "no list of `providers`"),
    "head": ("schema: 0", "schema: none", "Row head"),
    "not YAML": ("citizens: {", "citizens: {{", "not well-formed"),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_bad_row_refuses_the_file_and_is_named_with_its_line(name):
    old, new, said = WRONG[name]
    text = text_of("no")
    assert old in text
    refusal = read_identity("no.identity.yaml", text.replace(old, new, 1), systems("no"))
    assert isinstance(refusal, Refusal)
    assert any(said in issue.text for issue in refusal.issues), refusal.issues
    assert all(re.fullmatch(r"no\.identity\.yaml:\d+", issue.path) for issue in refusal.issues)
