"""The citizen's desk over the record: what the pages show is read from FHIR, what is sent becomes FHIR."""

from saman.apps.citizen.recorded.desk import RecordDesk

__all__ = ["RecordDesk"]
