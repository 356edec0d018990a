"""From declarations to routes: one for each path and method, which finds the operation by the type it is called on."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from saman.apps.fhir_api.answer import Answer
from saman.apps.fhir_api.call import Call
from saman.apps.fhir_api.operations.declared import Operation, faults
from saman.apps.fhir_api.operations.given import read_given
from saman.apps.fhir_api.operations.giving import answer_of
from saman.apps.fhir_api.routes import Interaction, Policy, Route
from saman.kernel.outcome import Kind, Refusal, refused
from saman.model.fhir import resource_number
from saman.record.audit import REFUSED, Entry
from saman.record.narrowing import insufficient


def operation_routes(operations: Iterable[Operation]) -> tuple[Route, ...]:
    """The routes of all operations; raises ValueError for one that declares no policy or is declared twice."""
    declared = list(operations)
    if found := faults(declared):
        raise ValueError("; ".join(found))
    places: dict[tuple[str, str, Policy], dict[str, Operation]] = {}
    for one in declared:
        assert one.policy is not None
        for pattern in one.patterns:
            for method in one.methods:
                places.setdefault((method, pattern, one.policy), {}).update(dict.fromkeys(one.types or ("",), one))
    return tuple(
        Route(
            method,
            pattern,
            Interaction.OPERATION,
            _Dispatch(known),
            policy,
            own_form=any(one.own_form for one in known.values()),
        )
        for (method, pattern, policy), known in places.items()
    )


class _Dispatch:
    """The handler of a route: checks what a declaration says, then calls the operation's own."""

    def __init__(self, known: Mapping[str, Operation]) -> None:
        self._known = known

    async def __call__(self, call: Call) -> Answer | Refusal:
        operation = self._known.get(call.type)
        if operation is None:
            types = ", ".join(self._known)
            text = f"This operation can be called on {types} only."
            return refused(Kind.NOT_FOUND, "not-supported", text)
        return await perform(operation, call)


async def perform(operation: Operation, call: Call) -> Answer | Refusal:
    """The answer of an operation to a call, once its scopes and parameters are as declared."""
    narrowing = call.record.context.narrowing
    needs = [(kind or call.type, letters) for kind, letters in operation.needs if kind or call.type]
    if narrowing is not None and not all(narrowing.allows(kind, letters) for kind, letters in needs):
        number = resource_number(call.type or needs[0][0])
        asked = f"${operation.name}"
        await call.record.log(Entry(call.record.context, "E", number, call.id, outcome=REFUSED, query=asked))
        return insufficient()
    given = await read_given(call, operation.takes, open_names=operation.open_names, as_sent=operation.as_sent)
    if isinstance(given, Refusal):
        return given
    made = await operation.handler(call, given)
    return made if isinstance(made, Refusal) else answer_of(made, operation.gives)
