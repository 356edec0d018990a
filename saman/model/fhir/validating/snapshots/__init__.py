"""Snapshots: all that a profile says of each element, made from what it changes of what it is based on."""

from saman.model.fhir.validating.snapshots.making import Snapshots
from saman.model.fhir.validating.snapshots.tree import Unmade

__all__ = ["Snapshots", "Unmade"]
