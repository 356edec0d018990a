"""`$validate`: 200 with all that is wrong, or that nothing is.

Source: https://hl7.org/fhir/R4/resource-operation-validate.html

`create`, `update` and `delete` are tried in a transaction that is undone, so that they are judged as they would be.
"""

from __future__ import annotations

from typing import Any

from saman.apps.fhir_api.answer import Answer
from saman.apps.fhir_api.call import Call
from saman.apps.fhir_api.operations.given import Given
from saman.kernel.outcome import Issue, Kind, Refusal, refused
from saman.model.fhir import RESOURCE_TYPES
from saman.record import Record
from saman.record.narrowing import insufficient
from saman.record.render import outcome_text

MODES = ("create", "update", "delete", "profile")

_SOUND = Issue("informational", "Nothing is wrong with it.", severity="information")
_UNDONE = Refusal(Kind.CONFLICT, (Issue("informational", "It was only tried.", severity="information"),))


async def validate_sent(call: Call, given: Given) -> Answer | Refusal:
    """What is wrong with what was sent, or with the resource that the address names; as told by `mode` also whether
    it would be taken.
    """
    mode = given.text("mode")
    refusal = _unclear(call, given, mode)
    if refusal is not None:
        return refusal
    resource = given.one("resource")
    if call.id:
        there = await call.record.read(call.type, call.id)
        if isinstance(there, Refusal):
            return there
        resource = there.resource() if resource is None else resource
    if mode == "delete":
        return _answer(await _tried(call, mode, resource))
    if not _in_scope(call, resource):
        return insufficient()
    issues = _of_another_type(call, resource) or await _issues(call, given, resource)
    if mode in ("create", "update") and not any(one.severity == "error" for one in issues):
        issues += await _tried(call, mode, resource)
    return _answer(issues)


def _unclear(call: Call, given: Given, mode: str) -> Refusal | None:
    """Why it cannot be known what is to be validated."""
    if mode and mode not in MODES:
        return refused(Kind.INVALID, "value", f"The mode is one of {', '.join(MODES)}.", given.place("mode"))
    if mode in ("update", "delete") and not call.id:
        text = f"The mode {mode} is for one resource: it is called on Type/id."
        return refused(Kind.INVALID, "invalid", text, given.place("mode"))
    if mode == "create" and call.id:
        return refused(Kind.INVALID, "invalid", "What is there is not created anew.", given.place("mode"))
    if mode == "profile" and not given.has("profile"):
        return refused(Kind.INVALID, "required", "Which profile is meant stands in 'profile'.", "profile")
    if not (given.has("resource") or call.id):
        return refused(Kind.INVALID, "required", "'resource' is needed.", "resource")
    return None


def _in_scope(call: Call, resource: Any) -> bool:
    """Whether the scopes of an app have to do with the type of what was sent, where no address names it."""
    narrowing = call.record.context.narrowing
    kind = resource.get("resourceType") if isinstance(resource, dict) else None
    if narrowing is None or call.type or kind not in RESOURCE_TYPES:
        return True
    return narrowing.allows(str(kind), "cruds")


async def _issues(call: Call, given: Given, resource: Any) -> tuple[Issue, ...]:
    """All issues by R4 and profiles; in the mode `profile` by the one alone that was named."""
    validation = await call.record.store.definitions.known(call.record.context)
    named = [given.text("profile")] if given.has("profile") else []
    claimed = given.text("mode") != "profile"
    return validation.whole(resource, call.record.context.now, named, claimed=claimed)


def _of_another_type(call: Call, resource: Any) -> tuple[Issue, ...]:
    kind = resource.get("resourceType") if isinstance(resource, dict) else None
    if not call.type or not isinstance(kind, str) or kind == call.type:
        return ()
    return (Issue("invalid", f"The address asks for a {call.type}.", f"{call.type}.resourceType"),)


async def _tried(call: Call, mode: str, resource: Any) -> tuple[Issue, ...]:
    """Why a write would be refused; it is done and undone."""

    async def work(record: Record) -> Refusal:
        if mode == "create":
            made = await record.create(resource)
        elif mode == "update":
            made = await record.update(call.type, call.id, resource)
        else:
            made = await record.delete(call.type, call.id)
        return made if isinstance(made, Refusal) else _UNDONE

    outcome = await call.record.atomically(work)
    assert isinstance(outcome, Refusal)
    return () if outcome is _UNDONE else outcome.issues


def _answer(issues: tuple[Issue, ...]) -> Answer:
    return Answer(200, outcome_text(issues or (_SOUND,)).encode())
