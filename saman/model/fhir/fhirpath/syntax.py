"""The syntax tree of a FHIRPath expression, and what can be wrong with one."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

import msgspec


class FhirPathError(ValueError):
    """An expression that cannot be used; `position` is the offset of the character where that shows.

    The text never holds a value of the resource, so that it can be logged and shown.
    """

    def __init__(self, text: str, position: int) -> None:
        super().__init__(f"{text} (at character {position + 1})")
        self.position = position


class SyntaxFault(FhirPathError):
    """A text that is not FHIRPath."""


class SemanticFault(FhirPathError):
    """An expression that cannot mean anything: elements that no type has, wrong types, a wrong number of arguments."""


class EvaluationFault(FhirPathError):
    """An expression that cannot be evaluated over what it was given: several values instead of one, too much work."""


class NotSupported(FhirPathError):
    """An expression that is FHIRPath but needs what this engine leaves to others: profiles."""


class Node(msgspec.Struct, frozen=True, kw_only=True):
    """A part of an expression; `position` is where it starts in the text."""

    position: int = 0

    def children(self) -> Iterator[Node]:
        """The nodes directly below this one."""
        for name in self.__struct_fields__:
            value = getattr(self, name)
            if isinstance(value, Node):
                yield value
            elif isinstance(value, tuple):
                yield from (one for one in value if isinstance(one, Node))


class Empty(Node, frozen=True):
    """`{}`."""


class Literal(Node, frozen=True):
    """A constant: true, 'text', 1, 1.50; dates and times are `Moment`, numbers with a unit `Measure`."""

    value: bool | str | int | Decimal


class Moment(Node, frozen=True):
    """`@2026-05`, `@2026-05-31T14:30:00Z`, `@T14:30`; `kind` is Date, DateTime or Time."""

    kind: str
    text: str


class Measure(Node, frozen=True):
    """`4 days`, `4 'mg'`; a calendar word is kept as `unit` without quotes, `is_calendar` tells."""

    value: int | Decimal
    unit: str
    is_calendar: bool


class Name(Node, frozen=True):
    """An element or, first in a path, a type."""

    name: str


class Call(Node, frozen=True):
    """A function and its arguments."""

    name: str
    arguments: tuple[Node, ...]


class Variable(Node, frozen=True):
    """The variable `$this`, `$index` or `$total`; without the `$`."""

    name: str


class Constant(Node, frozen=True):
    """`%resource`, `%ucum`, …; without the `%`."""

    name: str


class Member(Node, frozen=True):
    """`source.member`, member being a Name, Call or Variable."""

    source: Node
    member: Node


class Index(Node, frozen=True):
    """`source[index]`."""

    source: Node
    index: Node


class Sign(Node, frozen=True):
    """`+operand` or `-operand`."""

    operator: str
    operand: Node


class Operation(Node, frozen=True):
    """`left operator right`."""

    operator: str
    left: Node
    right: Node


class TypeTest(Node, frozen=True):
    """`operand is FHIR.Patient` or `operand as Quantity`; `namespace` is empty when not written."""

    operator: str
    operand: Node
    namespace: str
    name: str
