"""Codes and words the hand-made people's files refer to by a short key."""

from __future__ import annotations

from saman.ops.demo.marks import Resource, words
from saman.ops.demo.profile import Words

SNOMED = "http://snomed.info/sct"
ICD_10 = "http://hl7.org/fhir/sid/icd-10"
ATC = "http://www.whocc.no/atc"
LOINC = "http://loinc.org"
MDC = "urn:iso:std:iso:11073:10101"

CONDITIONS: dict[str, tuple[str, str, Words]] = {
    "copd": (
        "13645005",
        "J44",
        {"en": "Chronic obstructive lung disease (COPD)", "nb": "Kronisk obstruktiv lungesykdom (kols)"},
    ),
    "heart-failure": ("84114007", "I50", {"en": "Heart failure", "nb": "Hjertesvikt"}),
    "diabetes": ("44054006", "E11", {"en": "Type 2 diabetes", "nb": "Diabetes type 2"}),
    "dementia": ("52448006", "F03", {"en": "Dementia", "nb": "Demens"}),
    "fall": ("217082002", "W19", {"en": "Accidental fall", "nb": "Fall"}),
    "hip-fracture": ("359817006", "S72", {"en": "Closed fracture of hip", "nb": "Hoftebrudd"}),
    "hypertension": ("38341003", "I10", {"en": "High blood pressure", "nb": "Høyt blodtrykk"}),
    "atrial-fibrillation": ("49436004", "I48", {"en": "Atrial fibrillation", "nb": "Atrieflimmer"}),
    "depression": ("35489007", "F32", {"en": "Depression", "nb": "Depresjon"}),
    "leg-ulcer": ("95344007", "L97", {"en": "Leg ulcer", "nb": "Leggsår"}),
    "osteoporosis": ("64859006", "M81", {"en": "Osteoporosis", "nb": "Osteoporose"}),
    "macular-degeneration": (
        "267718000",
        "H35",
        {"en": "Age-related macular degeneration", "nb": "Makuladegenerasjon"},
    ),
    "asthma": ("195967001", "J45", {"en": "Asthma", "nb": "Astma"}),
    "knee-osteoarthritis": ("239873007", "M17", {"en": "Osteoarthritis of the knee", "nb": "Kneartrose"}),
}
"""SNOMED CT code, ICD-10 category and words of each condition."""

MEDICINES: dict[str, tuple[str, str, Words]] = {
    "tiotropium": ("R03BB04", "Tiotropium", {"en": "Inhale once each morning", "nb": "Inhaler én gang hver morgen"}),
    "salbutamol": ("R03AC02", "Salbutamol", {"en": "Inhale when needed", "nb": "Inhaler ved behov"}),
    "prednisolone": ("H02AB06", "Prednisolon", {"en": "Five days, by the plan", "nb": "Fem dager, etter planen"}),
    "furosemide": ("C03CA01", "Furosemid", {"en": "One tablet in the morning", "nb": "Én tablett om morgenen"}),
    "bisoprolol": ("C07AB07", "Bisoprolol", {"en": "One tablet in the morning", "nb": "Én tablett om morgenen"}),
    "ramipril": ("C09AA05", "Ramipril", {"en": "One capsule in the morning", "nb": "Én kapsel om morgenen"}),
    "apixaban": ("B01AF02", "Apixaban", {"en": "One tablet morning and evening", "nb": "Én tablett morgen og kveld"}),
    "metformin": ("A10BA02", "Metformin", {"en": "One tablet with meals", "nb": "Én tablett til måltid"}),
    "donepezil": ("N06DA02", "Donepezil", {"en": "One tablet in the evening", "nb": "Én tablett om kvelden"}),
}
"""ATC code, substance and how it is taken, in words. Source: https://www.whocc.no/atc_ddd_index/"""

ALLERGENS: dict[str, tuple[str, Words]] = {
    "penicillin": ("91936005", {"en": "Penicillin", "nb": "Penicillin"}),
}
"""SNOMED CT code and words of each allergy."""

EQUIPMENT: dict[str, Words] = {
    "oxygen-concentrator": {"en": "Oxygen concentrator, 2 l/min", "nb": "Oksygenkonsentrator, 2 l/min"},
    "rollator": {"en": "Rollator", "nb": "Rullator"},
    "safety-alarm": {"en": "Safety alarm", "nb": "Trygghetsalarm"},
}

RELATIONS: dict[str, tuple[str, Words]] = {
    "daughter": ("DAUC", {"en": "Daughter", "nb": "Datter"}),
    "son": ("SONC", {"en": "Son", "nb": "Sønn"}),
    "wife": ("WIFE", {"en": "Wife", "nb": "Kone"}),
    "husband": ("HUSB", {"en": "Husband", "nb": "Mann"}),
    "father": ("FTH", {"en": "Father", "nb": "Far"}),
    "sister": ("SIS", {"en": "Sister", "nb": "Søster"}),
    "neighbour": ("NBOR", {"en": "Neighbour", "nb": "Nabo"}),
}
"""Code of HL7's role codes and words. Source: https://terminology.hl7.org/CodeSystem-v3-RoleCode.html"""


def coded(system: str, code: str, text: Words) -> Resource:
    """A CodeableConcept with its words in both languages."""
    return {"coding": [{"system": system, "code": code, "display": text["en"]}], **words("text", text)}


def illness(key: str) -> Resource:
    """The CodeableConcept of a condition, in SNOMED CT and ICD-10."""
    snomed, icd_10, text = CONDITIONS[key]
    concept = coded(SNOMED, snomed, text)
    concept["coding"].append({"system": ICD_10, "code": icd_10})
    return concept
