"""The FHIR record: the only code that speaks SQL about persons, behind one door."""

from saman.record.bundle import process
from saman.record.change import Change
from saman.record.context import SYSTEM, Context, system
from saman.record.record import Record
from saman.record.refusals import not_found
from saman.record.store import Limits, Store, open_store
from saman.record.stored import Page, Stored, Written

__all__ = [
    "SYSTEM",
    "Change",
    "Context",
    "Limits",
    "Page",
    "Record",
    "Store",
    "Stored",
    "Written",
    "not_found",
    "open_store",
    "process",
    "system",
]
