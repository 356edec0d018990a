"""Which form is meant: by its canonical URL, by a reference, or contained in the response."""

from __future__ import annotations

from typing import Any

from saman.apps.fhir_api.call import Call
from saman.kernel import json
from saman.kernel.outcome import Issue, Kind, Refusal, refused
from saman.model.fhir.document import local_place
from saman.model.fhir.forms import fault_of, nameless
from saman.record.render import outcome_text

Tree = dict[str, Any]

_ESCAPED = str.maketrans({one: f"\\{one}" for one in "\\,|$"})


async def form_under(call: Call, canonical: str, place: str) -> Tree | Refusal:
    """The newest Questionnaire that the caller may see under a canonical URL, `url|version`, or an address here."""
    here = local_place({"reference": canonical}, call.base)
    if here is not None and here[0] == "Questionnaire":
        return await form_at(call, here[1])
    url, _, version = canonical.partition("|")
    asked = [("url", url.translate(_ESCAPED)), ("_count", "1")]
    asked += [("version", version.translate(_ESCAPED))] if version else []
    page = await call.record.search("Questionnaire", asked, strict=True)
    if isinstance(page, Refusal):
        return page
    if not page.matches:
        text = "There is no such Questionnaire, or you may not see it."
        return refused(Kind.UNPROCESSABLE, "not-found", text, place)
    return small(page.matches[0].resource(), "Questionnaire")


async def form_at(call: Call, id: str) -> Tree | Refusal:
    """The Questionnaire with this id."""
    found = await call.record.read("Questionnaire", id)
    return found if isinstance(found, Refusal) else small(found.resource(), "Questionnaire")


def small(tree: Tree, place: str) -> Tree | Refusal:
    """A form or a response that is not too large to work with, and whose items say which they are."""
    fault = fault_of(tree)
    if fault:
        return refused(Kind.TOO_COSTLY, "too-costly", fault, place)
    missing = nameless(tree)
    return refused(Kind.UNPROCESSABLE, "required", "An item says which it is.", missing) if missing else tree


def outcome(issues: list[Issue]) -> Tree:
    """An OperationOutcome of what could not be done."""
    found: Tree = json.decode_kept(outcome_text(issues[:50]))
    return found
