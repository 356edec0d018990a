"""`Observation/$lastn` (https://hl7.org/fhir/R4/observation-operation-lastn.html)."""

from __future__ import annotations

from saman.apps.fhir_api.answer import Answer
from saman.apps.fhir_api.call import Call
from saman.apps.fhir_api.operations.declared import Parts, Resource
from saman.apps.fhir_api.operations.given import Given
from saman.kernel.outcome import Kind, Refusal, refused
from saman.record import Page
from saman.record.render import searchset

MOST = 100
MOST_SHOWN = 2000
_PERSON = ("patient", "subject")
_CODES = ("code", "category")
_RESULT = ("_count", "_sort", "_total", "_include", "_revinclude", "_cursor", "_summary")


async def latest_of(call: Call, given: Given) -> Answer | Parts | Resource | Refusal:
    """The newest observations of each code that fit a search about one person."""
    pairs = given.others
    names = [name.partition(":")[0].partition(".")[0] for name, _ in pairs if not name.endswith(":missing")]
    for wanted in (_PERSON, _CODES):
        if not set(wanted) & set(names):
            text = f"Say whose and which: '{wanted[0]}' or '{wanted[1]}' is needed."
            return refused(Kind.INVALID, "required", text, wanted[0])
    unfit = next((name for name in names if name in _RESULT), None)
    if unfit is not None:
        return refused(Kind.INVALID, "not-supported", f"'{unfit}' does not go with $lastn.", unfit)
    most = given.one("max") or 1
    if most > MOST:
        return refused(Kind.INVALID, "value", f"'max' is at most {MOST}.", given.place("max"))
    found = await call.record.latest("Observation", pairs, most)
    if isinstance(found, Refusal):
        return found
    if len(found) > MOST_SHOWN:
        text = f"This is more than {MOST_SHOWN} observations. Ask for fewer codes, or a smaller 'max'."
        return refused(Kind.TOO_COSTLY, "too-costly", text, "max")
    own = f"{call.base}/Observation/$lastn"
    return Answer(200, searchset(Page(found), call.base, own, None).encode())
