"""What this module is for, in which version, and who stands for it."""

from __future__ import annotations

import msgspec

VERSION = "0.1.0"
"""Changed with every change of a comparison, of its words, or of the purpose."""

INTENDED_PURPOSE = (
    "Compares readings that a person has sent from home with limits that a clinician has set for that same person, "
    "and with that person's own earlier readings, by the plain rules written in the service model. Shows the result "
    "as a mark beside the reading to the professionals who read it during opening hours, with what was compared. "
    "It is no alarm, watches nobody between readings, gives no score, no likelihood and no advice, and is not meant "
    "for conditions that need action before a professional has read the report. The professional decides. "
    "It uses no machine learning."
)


class Adoption(msgspec.Struct, frozen=True):
    """Whose module this is in an installation; with nobody named it is off."""

    manufacturer: str = ""

    @property
    def on(self) -> bool:
        """Whether marks are made at all."""
        return bool(self.manufacturer.strip())


OFF = Adoption()
