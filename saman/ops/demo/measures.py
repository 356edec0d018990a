"""What is measured at home, how it is coded, and the three questions that go with it."""

from __future__ import annotations

from decimal import Decimal

import msgspec

from saman.ops.demo.codes import LOINC, MDC
from saman.ops.demo.marks import Resource, coding
from saman.ops.demo.profile import Words

UCUM = "http://unitsofmeasure.org"


class Measure(msgspec.Struct, frozen=True):
    """A kind of reading: codes, unit for people, UCUM code, device, and the step its instrument shows."""

    loinc: tuple[tuple[str, str], ...]
    mdc: tuple[str, str]
    text: str
    unit: str
    ucum: str
    device: str
    step: Decimal

    def concept(self) -> Resource:
        """The CodeableConcept in LOINC and IEEE 11073, as the personal health device examples write it."""
        codings = [coding(LOINC, code, display) for code, display in self.loinc]
        return {"coding": [*codings, coding(MDC, *self.mdc)], "text": self.text}

    def quantity(self, value: Decimal) -> Resource:
        """A Quantity with the UCUM code."""
        return {"value": value, "unit": self.unit, "system": UCUM, "code": self.ucum}


MEASURES: dict[str, Measure] = {
    "spo2": Measure(
        (
            ("59408-5", "Oxygen saturation in Arterial blood by Pulse oximetry"),
            ("2708-6", "Oxygen saturation in Arterial blood"),
        ),
        ("150456", "MDC_PULS_OXIM_SAT_O2"),
        "Oxygen saturation",
        "%",
        "%",
        "oximeter",
        Decimal("1"),
    ),
    "pulse": Measure(
        (("8867-4", "Heart rate"),),
        ("149530", "MDC_PULS_OXIM_PULS_RATE"),
        "Pulse",
        "beats/minute",
        "/min",
        "oximeter",
        Decimal("1"),
    ),
    "weight": Measure(
        (("29463-7", "Body weight"),),
        ("188736", "MDC_MASS_BODY_ACTUAL"),
        "Body weight",
        "kg",
        "kg",
        "scale",
        Decimal("0.1"),
    ),
    "systolic": Measure(
        (("8480-6", "Systolic blood pressure"),),
        ("150021", "MDC_PRESS_BLD_NONINV_SYS"),
        "Systolic blood pressure",
        "mmHg",
        "mm[Hg]",
        "cuff",
        Decimal("1"),
    ),
    "diastolic": Measure(
        (("8462-4", "Diastolic blood pressure"),),
        ("150022", "MDC_PRESS_BLD_NONINV_DIA"),
        "Diastolic blood pressure",
        "mmHg",
        "mm[Hg]",
        "cuff",
        Decimal("1"),
    ),
}
"""Every measure; the two of blood pressure are components of one Observation.

Sources: https://hl7.org/fhir/R4/observation-vitalsigns.html and the examples of https://build.fhir.org/ig/HL7/phd/
"""

BLOOD_PRESSURE_MDC = "150020"

BLOOD_PRESSURE: Resource = {
    "coding": [
        coding(LOINC, "85354-9", "Blood pressure panel with all children optional"),
        coding(MDC, BLOOD_PRESSURE_MDC, "MDC_PRESS_BLD_NONINV"),
    ],
    "text": "Blood pressure",
}

DEVICES: dict[str, tuple[str, str, Words]] = {
    "oximeter": ("528388", "MDC_DEV_SPEC_PROFILE_PULS_OXIM", {"en": "Finger pulse oximeter", "nb": "Fingermåler"}),
    "scale": ("528399", "MDC_DEV_SPEC_PROFILE_SCALE", {"en": "Bathroom scale", "nb": "Badevekt"}),
    "cuff": ("528391", "MDC_DEV_SPEC_PROFILE_BP", {"en": "Blood pressure monitor", "nb": "Blodtrykksapparat"}),
}
"""IEEE 11073 device specialisation and words of each device."""

QUESTIONS: dict[str, str] = {
    "breathing": "How is your breathing today, compared with a usual day?",
    "sleep": "How did you sleep last night, compared with a usual night?",
    "daily-life": "How do you manage the day, with washing, food and moving about, compared with a usual day?",
}
COMMENT = "comment"
ANSWERS: dict[str, dict[str, str]] = {
    question: {
        "better": "Better",
        "as-usual": "As usual",
        "slightly-worse": "A little heavier" if question == "breathing" else "A little worse",
        "much-worse": "Much heavier" if question == "breathing" else "Much worse",
    }
    for question in QUESTIONS
}
"""Words of each answer to each question."""
