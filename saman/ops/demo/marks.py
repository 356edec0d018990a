"""What every demo resource carries: that it is test data, where it came from, and our own codes."""

from __future__ import annotations

from typing import Any

from saman.flows.reading import TRANSLATION
from saman.model.access.domain import SOCIAL_CARE
from saman.model.access.near import SCOPE_URL
from saman.model.care import codes

Resource = dict[str, Any]
"""A FHIR resource, or a part of one, as plain JSON; numbers are int or Decimal."""

TEST_DATA: Resource = {
    "system": "http://terminology.hl7.org/CodeSystem/v3-ActReason",
    "code": "HTEST",
    "display": "test health data",
}
"""Security label of every demo resource. Source: https://terminology.hl7.org/CodeSystem-v3-ActReason.html"""

TAG_SYSTEM = codes.TAG
CATEGORY_SYSTEM = codes.CATEGORY
ROLE_SYSTEM = codes.ROLE
TASK_SYSTEM = codes.TASK
INPUT_SYSTEM = codes.TASK_INPUT
OUTPUT_SYSTEM = codes.TASK_OUTPUT
ACTIVITY_SYSTEM = codes.ACTIVITY
PLAN_SYSTEM = codes.PLAN
GOAL_SYSTEM = codes.GOAL
SERVICE_SYSTEM = codes.SERVICE
COMMUNICATION_SYSTEM = codes.COMMUNICATION
MODE_SYSTEM = codes.MODE
ANSWER_SYSTEM = codes.ANSWER
READING_SYSTEM = codes.READING

SYNTHETIC = "synthetic"
HAND_MADE = "hand-made"
SIMULATED = "simulated"

CITIZEN_ANSWER = codes.CITIZEN_ANSWER
CONFIRMED = codes.CONFIRMED
CLAIMED_BY = codes.CLAIMED_BY
SENT_FOR = codes.SENT_FOR
SECTOR = codes.SECTOR
ZONE = codes.ZONE
SCOPE = SCOPE_URL
SAME_ADDRESS = codes.SAME_ADDRESS
DECISION = "urn:saman:extension:decision"
DIGITAL_ABILITY = "urn:saman:extension:digital-ability"


def coding(system: str, code: str, display: str = "") -> Resource:
    """A Coding."""
    return {"system": system, "code": code, **({"display": display} if display else {})}


def concept(system: str, code: str, text: str = "") -> Resource:
    """A CodeableConcept with one coding, and `text` where a reader needs words."""
    return {"coding": [coding(system, code)], **({"text": text} if text else {})}


def mark(resource: Resource, *tags: str) -> Resource:
    """The resource labelled as test data and tagged `synthetic` and `tags`; changes and returns it."""
    meta = resource.setdefault("meta", {})
    meta.setdefault("security", []).append(TEST_DATA)
    meta.setdefault("tag", []).extend(coding(TAG_SYSTEM, tag) for tag in (SYNTHETIC, *tags))
    return resource


def social(resource: Resource) -> Resource:
    """The resource tagged as social care, which keeps it apart from health data; changes and returns it."""
    resource.setdefault("meta", {}).setdefault("tag", []).append(coding(CATEGORY_SYSTEM, SOCIAL_CARE))
    return resource


def words(element: str, text: dict[str, str] | str) -> Resource:
    """`element` in English with its translations beside it, or as it is when there is only one text.

    Source: https://hl7.org/fhir/R4/extension-translation.html
    """
    if isinstance(text, str):
        return {element: text}
    others = [translation(language, said) for language, said in text.items() if language != "en"]
    return {element: text["en"], f"_{element}": {"extension": others}}


def translation(language: str, text: str) -> Resource:
    """The extension that holds `text` in `language`."""
    return {
        "url": TRANSLATION,
        "extension": [{"url": "lang", "valueCode": language}, {"url": "content", "valueString": text}],
    }


def reference(target: str, display: str = "") -> Resource:
    """A Reference to `Type/id` or `urn:uuid:…`."""
    return {"reference": target, **({"display": display} if display else {})}
