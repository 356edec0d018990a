"""The example Consents of IHE's Privacy Consent on FHIR give the decisions that the profile describes.

After https://profiles.ihe.net/ITI/PCF (licence CC BY 4.0, IHE International), provisions only. In three examples the
published actor stands at the root although the text speaks of the exception; here it stands where the text says.
"""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from saman.model.access import (
    Assignment,
    Holder,
    Item,
    Relation,
    RelationKind,
    domain_of,
    holder_of,
    is_withheld,
    labels_of,
    relations,
    restrictions,
    withheld,
)
from saman.model.fhir import clinical_time

ZONE = ZoneInfo("Europe/Oslo")
THEN, NOW = datetime(2022, 7, 1, tzinfo=UTC), datetime(2026, 11, 21, tzinfo=UTC)
DAY = timedelta(days=1)
PRACTITIONER, OTHER = "Practitioner/ex-practitioner", "Practitioner/other"
ENCOUNTER = "Encounter/ex-encounter"
REASON = "http://terminology.hl7.org/CodeSystem/v3-ActReason"
LEVEL = "http://terminology.hl7.org/CodeSystem/v3-Confidentiality"
KIND = "http://terminology.hl7.org/CodeSystem/v3-ActCode"
CARE = [{"system": REASON, "code": code} for code in ("TREAT", "HPAYMT", "HOPERAT")]
YEAR = {"dataPeriod": {"start": "2022-01", "end": "2022-12"}}
IRCP = {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/v3-ParticipationType", "code": "IRCP"}]}


def observation(id, *security, **more):
    meta = {"meta": {"security": [{"system": system, "code": code} for system, code in security]}} if security else {}
    return {"resourceType": "Observation", "id": id, "status": "final", "code": {"text": id}} | meta | more


WEIGHT = observation("ex-weight", effectiveDateTime="2026-01-05")
OLD = observation("ex-bloodPressure", effectiveDateTime="2022-05-05")
ALCOHOL = observation("ex-alcoholUse", (KIND, "ETHUD"), (LEVEL, "R"), effectiveDateTime="2026-01-05")
MENTAL = observation("ex-mental", (KIND, "PSY"), (LEVEL, "R"), effectiveDateTime="2026-01-05")
SEXUAL = observation("ex-sexual", (KIND, "SEX"), (LEVEL, "R"), effectiveDateTime="2026-01-05")
WRITTEN = observation("ex-written", effectiveDateTime="2026-01-05", performer=[{"reference": PRACTITIONER}])
MET = observation("ex-met", effectiveDateTime="2026-01-05", encounter={"reference": ENCOUNTER})
EVERYTHING = (WEIGHT, OLD, ALCOHOL, MENTAL, SEXUAL, WRITTEN, MET)


def labels(*codes):
    return {"securityLabel": [{"system": LEVEL if code in "NR" else KIND, "code": code} for code in codes]}


def data(meaning, *references):
    return {"data": [{"meaning": meaning, "reference": {"reference": one}} for one in references]}


def root(type, *nested, **more):
    inner = {"provision": list(nested)} if nested else {}
    return {"type": type, "purpose": CARE} | more | inner


DENY, PERMIT = {"type": "deny"}, {"type": "permit"}
TO_PRACTITIONER = {"actor": [{"role": IRCP, "reference": {"reference": PRACTITIONER}}]}
NORMAL = labels("N")
BREAK_GLASS = {"purpose": [{"system": REASON, "code": "BTG"}]}

EXAMPLES = {
    "basic-treat": (root("permit"), EVERYTHING),
    "basic-reject": (root("deny"), ()),
    "expired-treat": (root("permit", period={"end": "2022-12-31"}), EVERYTHING),
    "intermediate-timeframe": (root("permit", **YEAR), (OLD,)),
    "intermediate-not-timeframe": (root("permit", DENY | YEAR), tuple(one for one in EVERYTHING if one is not OLD)),
    "intermediate-authoredby": (root("permit", **data("authoredby", PRACTITIONER)), (WRITTEN,)),
    "intermediate-not-authoredby": (
        root("permit", DENY | data("authoredby", PRACTITIONER)), tuple(one for one in EVERYTHING if one is not WRITTEN),
    ),
    "intermediate-encounter": (root("permit", **data("related", ENCOUNTER)), (MET,)),
    "intermediate-not-encounter": (
        root("permit", DENY | data("related", ENCOUNTER)), tuple(one for one in EVERYTHING if one is not MET),
    ),
    "intermediate-data": (
        root("permit", **data("instance", "Observation/ex-weight", "Observation/ex-alcoholUse")), (WEIGHT, ALCOHOL),
    ),
    "intermediate-not-data": (
        root("permit", DENY | data("instance", "Observation/ex-alcoholUse")),
        tuple(one for one in EVERYTHING if one is not ALCOHOL),
    ),
    "advanced-normal": (root("permit", **NORMAL), (WEIGHT, OLD, WRITTEN, MET)),
    "advanced-normal-restricted": (root("permit", **labels("N", "R")), EVERYTHING),
    "advanced-normal-not-restricted": (root("permit", DENY | labels("R"), **NORMAL), (WEIGHT, OLD, WRITTEN, MET)),
    "dissent-break-glass": (
        {"type": "deny", "provision": [PERMIT | BREAK_GLASS]}, (),
    ),
}  # fmt: skip


def seen(provision, purpose="TREAT", actor=OTHER, now=NOW, opened=()):
    """The ids of what somebody at another organisation sees."""
    scope = {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/consentscope", "code": "patient-privacy"}]}
    consent = {
        "resourceType": "Consent", "id": "c", "status": "active", "scope": scope,
        "patient": {"reference": "Patient/ex-patient"}, "provision": provision,
    }  # fmt: skip
    asking = Assignment(
        number=1, kind=Holder.STAFF, purpose=purpose, role="general-practitioner", party="elsewhere",
        actor=actor if opened else None,
    )  # fmt: skip
    rows = withheld("ex-patient", restrictions(consent, ZONE), asking, opened, {})
    return [one["id"] for one in EVERYTHING if is_withheld(item(one), rows, now, actor) is None]


def item(resource):
    said = labels_of(resource)
    pointed = [each["reference"] for each in (*resource.get("performer", ()), resource.get("encounter", {})) if each]
    return Item(
        key=f"Observation/{resource['id']}",
        domain=int(domain_of(resource)),
        level=said.level,
        codes=said.codes,
        holder=holder_of(resource, ""),
        at=clinical_time(resource),
        recorded=NOW,
        related=frozenset(pointed),
    )


@pytest.mark.parametrize("name", EXAMPLES)
def test_an_example_shows_what_its_text_says(name):
    provision, shown = EXAMPLES[name]
    assert seen(provision) == [one["id"] for one in shown]


@pytest.mark.parametrize(
    ("codes", "more"), [(("R",), [ALCOHOL, MENTAL, SEXUAL]), (("PSY",), [MENTAL]), (("PSY", "SEX"), [MENTAL, SEXUAL])]
)
def test_what_is_for_one_practitioner_is_for_nobody_else(codes, more):
    provision = root("permit", PERMIT | labels(*codes) | TO_PRACTITIONER, **NORMAL)
    normal = [one["id"] for one in (WEIGHT, OLD, WRITTEN, MET)]
    assert seen(provision) == normal
    assert sorted(seen(provision, actor=PRACTITIONER)) == sorted([*normal, *(one["id"] for one in more)])


def test_a_dissent_but_for_emergencies_lets_emergencies_through():
    provision = EXAMPLES["dissent-break-glass"][0]
    opening = Relation(
        person="ex-patient", kind=RelationKind.OPENING, ground="Task/1", party="elsewhere", actor=OTHER, end=NOW + DAY
    )
    assert len(seen(provision, purpose="BTG", opened=(opening,))) == len(EVERYTHING)
    assert seen(provision, purpose="BTG", opened=(opening,), now=NOW + DAY) == []
    assert seen(provision, purpose="BTG") == [], "stating an emergency is not enough"


def test_who_states_an_emergency_and_opens_nothing_stands_as_in_any_care():
    for provision, _ in EXAMPLES.values():
        assert seen(provision, purpose="BTG") == seen(provision)


def test_a_dissent_for_emergencies_too_is_not_opened():
    opening = Relation(person="ex-patient", kind=RelationKind.OPENING, ground="Task/1", party="elsewhere", actor=OTHER)
    everywhere = {"purpose": [*CARE, *BREAK_GLASS["purpose"]]}
    assert seen({"type": "deny"} | everywhere, purpose="BTG", opened=(opening,)) == []
    assert len(seen({"type": "deny"}, purpose="BTG", opened=(opening,))) == len(EVERYTHING)


def test_a_consent_to_research_restricts_nobody_who_gives_care():
    project = [{"system": "http://example.org/policies/purposeOfUse", "code": "FooBar"}]
    researcher = [{"role": IRCP, "reference": {"reference": "Organization/ex-org-researcher"}}]
    provision = {"type": "permit", "purpose": project, "actor": researcher}
    assert len(seen(provision)) == len(EVERYTHING)


def test_a_consent_that_has_expired_opens_nothing_more():
    scope = {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/consentscope", "code": "patient-privacy"}]}
    consent = {
        "resourceType": "Consent", "id": "c", "status": "active", "scope": scope,
        "patient": {"reference": "Patient/ex-patient"}, "provision": EXAMPLES["expired-treat"][0],
    }  # fmt: skip
    (tie,) = relations(consent, ZONE)
    assert tie.end == datetime(2022, 12, 31, 23, tzinfo=UTC)
