"""Routes as data: what can be done where, and under which policy."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from difflib import get_close_matches
from enum import Enum

import msgspec

from saman.apps.fhir_api.answer import Answer
from saman.apps.fhir_api.call import Call
from saman.kernel.outcome import Kind, Refusal, refused
from saman.model.fhir import RESOURCE_TYPES

Handler = Callable[[Call], Awaitable[Answer | Refusal]]

_TYPES = frozenset(RESOURCE_TYPES)


class Policy(Enum):
    """Who may call a route."""

    PUBLIC = "anyone: the answer says nothing about anybody"
    RECORD = "whoever signed in, as far as the record lets them see and write"


class Interaction(Enum):
    """What a route does (http://hl7.org/fhir/restful-interaction); OPENAPI and SEARCH_COMPARTMENT are ours.

    SMART is that of SMART App Launch.
    """

    READ = "read"
    VREAD = "vread"
    UPDATE = "update"
    PATCH = "patch"
    DELETE = "delete"
    HISTORY_INSTANCE = "history-instance"
    HISTORY_TYPE = "history-type"
    HISTORY_SYSTEM = "history-system"
    CREATE = "create"
    SEARCH_TYPE = "search-type"
    SEARCH_SYSTEM = "search-system"
    SEARCH_COMPARTMENT = "search-compartment"
    BUNDLE = "transaction"
    OPERATION = "operation"
    CAPABILITIES = "capabilities"
    OPENAPI = "openapi"
    SMART = "smart-configuration"


class Route(msgspec.Struct, frozen=True):
    """A method on a path such as `{type}/{id}`, relative to the base; `types` are those it is for, all when empty.

    Where it has `own_form` the handler says in which form it answers, whatever `Accept` and `_format` ask for.
    """

    method: str
    pattern: str
    interaction: Interaction
    handler: Handler
    policy: Policy | None = None
    types: tuple[str, ...] = ()
    own_form: bool = False


class _Place:
    """A step of a path: literal steps below it, or one that takes any value."""

    __slots__ = ("any", "literals", "methods")

    def __init__(self) -> None:
        self.literals: dict[str, _Place] = {}
        self.any: _Place | None = None
        self.methods: dict[str, Route] = {}

    def below(self, step: str) -> _Place:
        if not step.startswith("{"):
            return self.literals.setdefault(step, _Place())
        if self.any is None:
            self.any = _Place()
        return self.any


class Table:
    """All routes, found by path and method. Raises ValueError for a route that declares no policy."""

    def __init__(self, routes: Iterable[Route]) -> None:
        self._root = _Place()
        for route in routes:
            if not isinstance(route.policy, Policy):
                raise ValueError(f"{route.method} {route.pattern or '/'} declares no policy")
            place = self._root
            for step in route.pattern.split("/") if route.pattern else ():
                place = place.below(step)
            place.methods[route.method] = route

    def find(self, call: Call) -> Route | Refusal:
        """The route of a call, whose `type`, `id` and `last` are filled in from its path.

        A step that begins with `$` names an operation and never stands for something else, and an empty one is nothing;
        a path that begins with a name, and not with a type, has no type.
        """
        place: _Place | None = self._root
        values: list[str] = []
        for step in call.parts:
            assert place is not None
            literal = place.literals.get(step)
            if literal is None and step and not step.startswith("$"):
                literal = place.any
                values.append(step)
            place = literal
            if place is None:
                return _nothing_here()
        assert place is not None
        if call.parts and call.parts[0] in self._root.literals:
            values.insert(0, "")
        if values and values[0] and values[0] not in _TYPES:
            return _unknown_type(values[0])
        call.type, call.id, call.last = (*values, "", "", "")[:3]
        route = place.methods.get("GET" if call.method == "HEAD" else call.method)
        if route is not None and route.types and call.type not in route.types:
            return _nothing_here()
        return route or _other_method(place)


def _nothing_here() -> Refusal:
    return refused(
        Kind.NOT_FOUND, "not-supported", "There is nothing at this address. GET metadata tells what there is."
    )


def _unknown_type(name: str) -> Refusal:
    near = get_close_matches(name[:64], RESOURCE_TYPES, 1)
    hint = f" Did you mean {near[0]}?" if near else ""
    return refused(Kind.NOT_FOUND, "not-supported", f"R4 has no resource type of this name.{hint}")


def _other_method(place: _Place) -> Refusal:
    if not place.methods:
        return _nothing_here()
    methods = sorted(place.methods | ({"HEAD": 0} if "GET" in place.methods else {}))
    allowed = ", ".join(methods)
    return refused(Kind.METHOD, "not-supported", f"Only {allowed} can be used here.", allow=allowed)
