"""What a FHIR Consent says as a whole, before anybody is named: whether it counts, and for what.

Source: https://profiles.ihe.net/ITI/PCF (Privacy Consent on FHIR) and https://hl7.org/fhir/R4/consent.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from saman.model.care import codes

PRIVACY = ("http://terminology.hl7.org/CodeSystem/consentscope", "patient-privacy")
"""The scope of a Consent that says who may see what; Consents to treatment or research say nothing about it."""

CARING = frozenset({"TREAT", "CAREMGT", "FAMRQT"})
"""Purposes for which a consent opens something here; one that names only others (research, payment) opens nothing."""

TOPIC_SYSTEMS = frozenset({codes.CATEGORY, codes.CONSENT_TOPIC})
"""Systems of the codes in `Consent.provision.class` that access rows name as what a consent is about."""

NARROWING = ("class", "code", "data", "dataPeriod", "securityLabel")
"""Elements of a provision by which it speaks of some data only."""

Resource = Mapping[str, Any]


def is_about_privacy(consent: Resource) -> bool:
    """Whether a Consent is in force and says who may see what."""
    codings = consent.get("scope", {}).get("coding", ())
    scoped = any((each.get("system"), each.get("code")) == PRIVACY for each in codings)
    return bool(consent.get("status") == "active" and scoped)


def permits(consent: Resource) -> bool:
    """Whether a Consent, as a whole, opens something for care."""
    provision = consent.get("provision", {})
    return is_about_privacy(consent) and provision.get("type") == "permit" and is_for_care(provision)


def is_for_care(provision: Resource) -> bool:
    """Whether a provision speaks of care, among other purposes or because it names none."""
    purposes = {each.get("code") for each in provision.get("purpose", ())}
    return not purposes or not CARING.isdisjoint(purposes)


def topics(provision: Resource) -> tuple[str | None, ...]:
    """What a provision is about in words that rules can name: `(None,)` when all, nothing when it cannot be named."""
    named = [each["code"] for each in provision.get("class", ()) if each.get("system") in TOPIC_SYSTEMS]
    if named:
        return tuple(dict.fromkeys(named))
    return () if any(provision.get(name) for name in NARROWING) else (None,)
