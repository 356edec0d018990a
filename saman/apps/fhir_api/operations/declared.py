"""What an operation is: its name, where it can be called, what goes in and comes out, and who may call it.

Source: https://hl7.org/fhir/R4/operations.html and https://hl7.org/fhir/R4/operationdefinition.html
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping
from enum import Enum
from typing import Any

import msgspec

from saman.apps.fhir_api.answer import Answer
from saman.apps.fhir_api.call import Call
from saman.apps.fhir_api.operations.given import Given
from saman.apps.fhir_api.operations.parameter import Parameter
from saman.apps.fhir_api.routes import Policy
from saman.kernel.outcome import Refusal

Resource = Mapping[str, Any]


class Level(Enum):
    """Where an operation is called: on everything, on a type, on one resource; the value is the path before it."""

    SYSTEM = ""
    TYPE = "{type}/"
    INSTANCE = "{type}/{id}/"


class Part(msgspec.Struct, frozen=True):
    """A parameter of an answer; `type` is needed only where the declaration leaves it open (`Element`)."""

    name: str
    value: Any = None
    type: str = ""
    parts: tuple[Part, ...] = ()


Parts = tuple[Part, ...]
Handler = Callable[[Call, Given], Awaitable[Answer | Parts | Resource | Refusal]]
"""Answers with parameters, with the resource that is the one parameter `return`, or with a finished answer."""


class Operation(msgspec.Struct, frozen=True, kw_only=True):
    """One operation; `types` is empty for one of the whole system alone.

    `needs` are the rights an app's scopes must hold, of one type each (empty: the one it is called on): letters of
    which any will do. An operation that `affects_state` can't be called with GET.
    """

    name: str
    url: str
    summary: str
    levels: tuple[Level, ...]
    handler: Handler
    types: tuple[str, ...] = ()
    takes: tuple[Parameter, ...] = ()
    gives: tuple[Parameter, ...] = ()
    needs: tuple[tuple[str, str], ...] = ()
    policy: Policy | None = None
    affects_state: bool = False
    status: str = "200"
    """How it answers when all is well."""
    own_form: bool = False
    """Whether the handler says in which form it answers; `_format` is then a parameter like any other."""
    open_names: bool = False
    """Whether parameters that are not declared are passed on to the handler, as search parameters are."""
    as_sent: str = ""
    """The parameter whose resource is passed on as it was sent, whether its structure is right or not."""

    @property
    def patterns(self) -> tuple[str, ...]:
        """The paths it can be called at."""
        return tuple(f"{level.value}${self.name}" for level in self.levels)

    @property
    def methods(self) -> tuple[str, ...]:
        """GET, unless it changes something, and POST."""
        return ("POST",) if self.affects_state else ("GET", "POST")

    @property
    def returns(self) -> str:
        """The type of the resource that it answers with, when that is its one parameter `return`; else Parameters."""
        alone = len(self.gives) == 1 and self.gives[0].name == "return"
        return self.gives[0].type if alone else "Parameters"


def faults(operations: Iterable[Operation]) -> list[str]:
    """What is wrong with declarations, in words; a server with a fault does not start."""
    found: list[str] = []
    places: set[tuple[str, str, str]] = set()
    for one in operations:
        if not isinstance(one.policy, Policy):
            found.append(f"${one.name} declares no policy")
        if bool(one.types) is (one.levels == (Level.SYSTEM,)):
            found.append(f"${one.name} is at levels that do not go with its types")
        for place in ((pattern, kind, one.name) for pattern in one.patterns for kind in one.types or ("",)):
            if place in places:
                found.append(f"${one.name} is declared twice")
            places.add(place)
    return found
