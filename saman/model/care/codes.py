"""Saman's own code systems and extensions, in one place; what the field has a code for uses the field's."""

from __future__ import annotations

from typing import Any

Resource = dict[str, Any]

ROLE = "urn:saman:role"
TASK = "urn:saman:task"
TASK_INPUT = "urn:saman:task-input"
REASON = "urn:saman:reason"
TASK_OUTPUT = "urn:saman:task-output"
ACTIVITY = "urn:saman:activity"
CATEGORY = "urn:saman:category"
PLAN = "urn:saman:plan"
GOAL = "urn:saman:goal"
SERVICE = "urn:saman:service"
COMMUNICATION = "urn:saman:communication"
MODE = "urn:saman:mode"
ANSWER = "urn:saman:answer"
READING = "urn:saman:reading"
PROFESSION = "urn:saman:profession"
COMPETENCE = "urn:saman:competence"
"""On a PractitionerRole that is a delegation: what it lets somebody do; the ids of `regions/competences.yaml`."""
SEALED = "urn:saman:sealed"
"""System of references that only Saman can read, where a citizen must not stand in what everybody may read."""
MEMBERSHIP = "urn:saman:membership"
"""Of what sort a membership is, in `meta.tag`: `substitute`. Also the system of the keys that forms are sent with."""
TAG = "urn:saman:tag"
SERVICE_KIND = "urn:saman:service-kind"
DUTY = "duty"
"""Of SERVICE_KIND: a HealthcareService that different units provide in turn, by a roster."""
CONSENT_TOPIC = "urn:saman:consent-topic"
KIND_OF_DATA = "urn:saman:kind-of-data"
OPENING_GROUND = "urn:saman:opening-ground"

CLAIMED_BY = "urn:saman:extension:claimed-by"
CITIZEN_ANSWER = "urn:saman:extension:citizen-answer"
CONFIRMED = "urn:saman:extension:confirmed"
DELEGATION = "urn:saman:extension:delegation"
"""How far a delegation has come: `valueCode` offered, accepted, declined, withdrawn or ended."""
DELEGATED_FOR = "urn:saman:extension:delegated-for"
"""The citizen a delegation is for, as a sealed identifier."""
MODEL_VERSION = "urn:saman:extension:model-version"
"""On an EpisodeOfCare of a service: the number of the applied care model that it stands on; `valuePositiveInt`."""
FOLLOW_UP = "urn:saman:extension:follow-up"
"""When giver and receiver go through a delegation again; `valueDate`."""
ON_DUTY = "urn:saman:extension:on-duty"
"""On a Schedule: the Organization that has the duty of its actor for the span of its planning horizon."""
PART_OF = "urn:saman:extension:part-of"
"""On an Organization, one for each organisation it has belonged to: `of` (Reference) and `period` (Period)."""
SECTOR = "urn:saman:extension:sector"
GIVEN_BY = "urn:saman:extension:given-by"
"""Who gave a role, a licence that was looked up, or a delegation; a Reference with the name in `display`."""
GIVEN_FOR = "urn:saman:extension:given-for"
"""Why, in their words."""
SENT_FOR = "urn:saman:extension:sent-for"
"""The party on whose behalf a Task was sent; both ends see it when nobody answers."""
ZONE = "urn:saman:extension:zone"
SAME_ADDRESS = "urn:saman:extension:same-address"
"""On a RelatedPerson with custody: the population register has them at the child's address; `valueBoolean`."""
EXTENDED_VIEW = "urn:saman:extension:extended-view"
"""On a RelatedPerson with custody: a decision that they see more than by age; `ground` (code) and `period`."""
VISIT_VIEW = "urn:saman:visit-view"
"""On an Encounter in `meta.security`: whether the minor could decide at this visit, and did; see `visits.py`."""

ASKS = "urn:saman:extension:asks"
"""On a step of a pathway: `valueCode` request or duty-bound; without it nothing is asked for."""
GOES_TO = "urn:saman:extension:goes-to"
"""On a step of a pathway: the role that it goes to."""

READ_REPORT = "read-report"
MISSING_REPORT = "missing-report"
CONTACT_WISH = "contact-wish"
HOME_VISIT = "home-visit"
LIMIT_CHANGED = "limit-changed"
NO_ANSWER = "no-answer"
MESSAGE = "message"
OPENING = "opening"
OPENING_NOTICE = "opening-notice"
OPENING_OF = "opening-of"
"""Of TASK_INPUT on such a Task: the Organization that holds what is opened; without it, all that is restricted."""
"""The Task by which a professional has opened what is restricted; only Saman itself writes it."""


def coding(system: str, code: str, display: str = "") -> Resource:
    """A Coding."""
    return {"system": system, "code": code} | ({"display": display} if display else {})


def concept(system: str, code: str, text: str = "") -> Resource:
    """A CodeableConcept with one coding."""
    return {"coding": [coding(system, code)]} | ({"text": text} if text else {})


def reference(target: str, display: str = "") -> Resource:
    """A Reference to `Type/id`."""
    return {"reference": target} | ({"display": display} if display else {})


def code_of(value: Resource | None, system: str) -> str:
    """The code of `system` in a CodeableConcept, empty when it has none."""
    codings = (value or {}).get("coding", ())
    return next((str(one["code"]) for one in codings if one.get("system") == system and "code" in one), "")


def extension_of(resource: Resource, url: str) -> Resource:
    """The extension with a url, an empty one when there is none."""
    return next((one for one in resource.get("extension", ()) if one.get("url") == url), {})
