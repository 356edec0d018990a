"""What is asked in tests of plans: each shape of question by its name."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any, NamedTuple

from saman.record import Record
from saman.record.everything import Everything
from saman.record.work import Stretch, open_work, work_page
from tests.record.conftest import NOW

UCUM = "http://unitsofmeasure.org"
SINCE = NOW - timedelta(days=400)
OF_SEVERAL = {
    "tasks_of_a_unit", "tasks_of_several_units", "patient_by_identifier", "patient_by_family", "several_ids",
    "several_people", "a_code_of_several_people", "chained_to_one", "chained_to_many", "chained_to_half",
    "referred_to_by_many", "referred_to_by_few", "with_what_refers_here", "newest_of_several_people",
    "of_a_code_and_a_status", "worklist", "worklist_page",
}  # fmt: skip
"""Questions that are not about one person."""

Ask = Callable[[Record, "Known"], Awaitable[Any]]


class Known(NamedTuple):
    """Who and what the questions name."""

    person: str
    reading: str
    heavy: str
    """A person with a plan and very many readings."""
    changed: str
    """A reading with many versions."""


QUESTIONS: dict[str, Ask] = {
    "read": lambda record, known: record.read("Observation", known.reading),
    "read_chosen_id": lambda record, _: record.read("Organization", "unit"),
    "vread_old": lambda record, known: record.vread("Observation", known.reading, 1),
    "history_of_one": lambda record, known: record.history("Observation", known.reading),
    "newest_of_a_code": lambda record, known: record.search(
        "Observation",
        [("patient", known.person), ("code", "http://loinc.org|59408-5"), ("_sort", "-date"), ("_count", "20")],
    ),
    "newest_of_a_person": lambda record, known: record.search("Observation", [("patient", known.person)]),
    "of_a_person_since": lambda record, known: record.search(
        "Observation", [("patient", known.person), ("date", "ge2026-01-01")]
    ),
    "of_a_category": lambda record, known: record.search(
        "Observation", [("subject", f"Patient/{known.person}"), ("category", "home-monitoring")]
    ),
    "tasks_of_a_unit": lambda record, _: record.search(
        "Task", [("owner", "Organization/unit"), ("status", "requested")]
    ),
    "tasks_of_a_person": lambda record, known: record.search("Task", [("patient", known.person)]),
    "patient_by_identifier": lambda record, _: record.search("Patient", [("identifier", "urn:test|11")]),
    "patient_by_family": lambda record, _: record.search("Patient", [("family", "as 11")]),
    "with_includes": lambda record, known: record.search(
        "Observation", [("patient", known.person), ("_include", "Observation:subject")]
    ),
    "with_total": lambda record, known: record.search(
        "Observation", [("patient", known.person), ("_total", "accurate")]
    ),
    "several_ids": lambda record, known: record.search("Observation", [("_id", f"{known.reading},a,b,c,d")]),
    "several_people": lambda record, known: record.search(
        "Observation", [("patient", people(known)), ("_count", "500")]
    ),
    "a_code_of_several_people": lambda record, known: record.search(
        "Observation", [("patient", people(known)), ("code", "http://loinc.org|59408-5,x|y"), ("_count", "20")]
    ),
    "codes_of_a_person": lambda record, known: record.search(
        "Observation", [("patient", known.person), ("code", "http://loinc.org|59408-5,x|y"), ("_count", "20")]
    ),
    "tasks_of_several_units": lambda record, _: record.search(
        "Task", [("owner", "Organization/unit,Organization/unit3")]
    ),
    "newest_of_several_people": lambda record, known: record.newest(
        "Observation", [("patient", people(known)), ("code", "http://loinc.org|59408-5,x|y"), ("_count", "5")], SINCE
    ),
    "about_a_person": lambda record, known: record.about(known.person, {"Observation": 5, "Task": 5, "Goal": 5}),
    "chained_to_one": lambda record, _: record.search(
        "Observation", [("patient.identifier", "urn:test|11"), ("_sort", "-date"), ("_count", "20")]
    ),
    "chained_to_many": lambda record, _: record.search(
        "Observation", [("patient.name:contains", "11"), ("_sort", "-date"), ("_count", "20")]
    ),
    "referred_to_by_many": lambda record, _: record.search(
        "Patient", [("_has:Observation:patient:code", "http://loinc.org|59408-5"), ("_count", "20")]
    ),
    "referred_to_by_few": lambda record, _: record.search(
        "Patient", [("_has:Task:patient:owner", "Organization/unit"), ("_count", "20")]
    ),
    "with_what_refers_here": lambda record, known: record.search(
        "Patient", [("_id", known.person), ("_revinclude", "Observation:patient")]
    ),
    "with_what_is_referred_to_further": lambda record, known: record.search(
        "Task", [("patient", known.person), ("_include", "Task:owner"), ("_include:iterate", "Organization:partof")]
    ),
    "everything_of_a_person": lambda record, known: record.everything(known.person, Everything(count=10)),
    "latest_of_a_person": lambda record, known: record.latest(
        "Observation", [("patient", known.person), ("category", "home-monitoring")], 2
    ),
    "a_value_of_a_person": lambda record, known: record.search(
        "Observation", [("patient", known.person), ("code-value-quantity", f"59408-5$lt85|{UCUM}|%"), ("_count", "20")]
    ),
    "all_of_everything": lambda record, known: record.everything(known.person, Everything()),
    "care_plan_with_goals": lambda record, known: record.search(
        "CarePlan", [("subject", f"Patient/{known.heavy}"), ("_include", "CarePlan:goal")]
    ),
    "goals_of_a_person": lambda record, known: record.search("Goal", [("subject", f"Patient/{known.heavy}")]),
    "newest_with_subject": lambda record, known: record.search(
        "Observation", [("subject", f"Patient/{known.person}"), ("_include", "Observation:subject")]
    ),
    "newest_of_very_many": lambda record, known: record.search(
        "Observation", [("subject", f"Patient/{known.heavy}"), ("_sort", "-date"), ("_count", "50")]
    ),
    "read_much_changed": lambda record, known: record.read("Observation", known.changed),
    "vread_much_changed": lambda record, known: record.vread("Observation", known.changed, 1),
    "chained_to_half": lambda record, _: record.search(
        "Observation",
        [
            ("subject:Patient.gender", "female"),
            ("code", "http://loinc.org|59408-5"),
            ("_sort", "-date"),
            ("_count", "20"),
        ],
    ),
    "of_a_code_and_a_status": lambda record, _: record.search(
        "Observation", [("status", "final"), ("code", "http://loinc.org|59408-5"), ("_count", "20")]
    ),
    "worklist": lambda record, _: open_work(record.store, record.context, Stretch(party="Organization/unit", count=10)),
    "worklist_page": lambda record, _: work_page(
        record.store, record.context, Stretch(party="Organization/unit", count=41), late=4
    ),
}


def people(known: Known) -> str:
    """The person who is followed closely, one of the many, and some whom nobody knows."""
    return ",".join(f"Patient/{one}" for one in (known.person, f"{known.person}-1", "a", "b", "c"))
