"""What can be said of a rule by knowing only which elements are there, so that most need not be evaluated.

An expression is followed with values that stand for many: nothing, something, true, false, or no telling. It is
careful: where it says that a rule holds, evaluating it says so too, or cannot say.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable
from enum import Enum

from saman.model.fhir.fhirpath.syntax import (
    Call,
    Constant,
    Empty,
    Index,
    Literal,
    Measure,
    Member,
    Moment,
    Name,
    Node,
    Operation,
    TypeTest,
    Variable,
)


class Known(Enum):
    """What is known of a collection."""

    NOTHING = "empty"
    SOMETHING = "not empty"
    ITSELF = "the element that the rule belongs to"
    TRUE = "true"
    FALSE = "false"
    OPEN = "cannot be said"


_THERE = frozenset({Known.SOMETHING, Known.ITSELF, Known.TRUE, Known.FALSE})
_OF_NOTHING = {"exists": Known.FALSE, "empty": Known.TRUE, "hasValue": Known.FALSE, "all": Known.TRUE}
_STAYS_NOTHING = frozenset(
    {
        *("not", "where", "select", "first", "last", "tail", "ofType", "as", "extension", "trace", "single", "skip"),
        *("distinct", "take", "repeat", "children", "descendants", "resolve", "matches", "startsWith", "endsWith"),
        *("contains", "length", "toInteger", "toString", "substring", "upper", "lower"),
    }
)
_BOTH_NEEDED = frozenset({"=", "!=", "<", ">", "<=", ">=", "+", "-", "*", "/", "div", "mod"})

Elements = Callable[[str], Known]


def holds_anyway(tree: Node, types: Container[str], elements: Elements) -> bool:
    """Whether a rule cannot be broken by an element of these types, where `elements` says what it has."""
    return _Following(types, elements).of(tree) in (Known.TRUE, Known.NOTHING)


def elements_asked(trees: Iterable[Node], types: Container[str]) -> frozenset[str]:
    """The elements whose presence matters to `holds_anyway`."""
    asked: set[str] = set()

    def note(name: str) -> Known:
        asked.add(name)
        return Known.OPEN

    for tree in trees:
        _Following(types, note).of(tree)
    return frozenset(asked)


class _Following:
    def __init__(self, types: Container[str], elements: Elements) -> None:
        self._types = types
        self._elements = elements

    def of(self, node: Node) -> Known:
        """What is known of what a node selects."""
        match node:
            case Literal(value=bool() as value):
                return _truth(value)
            case Literal() | Measure() | Moment():
                return Known.SOMETHING
            case Empty():
                return Known.NOTHING
            case Variable(name="this"):
                return Known.ITSELF
            case Constant(name="resource") if "Resource" in self._types:
                return Known.ITSELF
            case Name(name=name):
                return self._element(Known.ITSELF, name)
            case Index(source=source) | TypeTest(operand=source):
                return Known.NOTHING if self.of(source) is Known.NOTHING else Known.OPEN
            case Call():
                return self._called(Known.ITSELF, node)
            case Member():
                return self._member(node)
            case Operation():
                return _operated(node.operator, self.of(node.left), self.of(node.right))
        return Known.OPEN

    def _member(self, node: Member) -> Known:
        source = self.of(node.source)
        if isinstance(node.member, Name):
            return self._element(source, node.member.name)
        if isinstance(node.member, Call):
            return self._called(source, node.member)
        return source

    def _element(self, source: Known, name: str) -> Known:
        if source is Known.ITSELF:
            return Known.ITSELF if name in self._types else self._elements(name)
        return Known.NOTHING if source is Known.NOTHING else Known.OPEN

    @staticmethod
    def _called(source: Known, call: Call) -> Known:
        name = call.name
        if source is Known.NOTHING:
            return Known.NOTHING if name in _STAYS_NOTHING else _OF_NOTHING.get(name, Known.OPEN)
        if call.arguments or source not in _THERE:
            return Known.OPEN
        if name in ("exists", "empty"):
            return _truth(name == "exists")
        if name == "not" and source in (Known.TRUE, Known.FALSE):
            return _truth(source is Known.FALSE)
        return Known.OPEN


def _truth(value: bool) -> Known:
    return Known.TRUE if value else Known.FALSE


def _operated(operator: str, left: Known, right: Known) -> Known:
    if operator in ("and", "or", "implies", "xor"):
        return _LOGIC[operator](left, right)
    if operator == "|":
        return _united(left, right)
    if operator in _BOTH_NEEDED and Known.NOTHING in (left, right):
        return Known.NOTHING
    if operator in ("=", "!=") and {left, right} <= {Known.TRUE, Known.FALSE}:
        return _truth((left is right) is (operator == "="))
    if (operator == "in" and left is Known.NOTHING) or (operator == "contains" and right is Known.NOTHING):
        return Known.NOTHING
    return Known.OPEN


def _united(left: Known, right: Known) -> Known:
    if left in _THERE or right in _THERE:
        return Known.SOMETHING
    return Known.NOTHING if left is right is Known.NOTHING else Known.OPEN


def _both(left: Known, right: Known) -> Known:
    if Known.FALSE in (left, right):
        return Known.FALSE
    return _settled(left, right, Known.TRUE)


def _either(left: Known, right: Known) -> Known:
    if Known.TRUE in (left, right):
        return Known.TRUE
    return _settled(left, right, Known.FALSE)


def _settled(left: Known, right: Known, neutral: Known) -> Known:
    """What `and` and `or` give when neither side decides: `neutral` leaves the other side as it is."""
    if left is neutral and right is neutral:
        return neutral
    return Known.NOTHING if {left, right} <= {neutral, Known.NOTHING} else Known.OPEN


def _implied(left: Known, right: Known) -> Known:
    if left is Known.FALSE or right is Known.TRUE:
        return Known.TRUE
    if left is Known.TRUE:
        return right if right in (Known.FALSE, Known.NOTHING) else Known.OPEN
    return Known.NOTHING if left is Known.NOTHING and right in (Known.FALSE, Known.NOTHING) else Known.OPEN


def _one_of(left: Known, right: Known) -> Known:
    if {left, right} <= {Known.TRUE, Known.FALSE}:
        return _truth(left is not right)
    return Known.NOTHING if Known.NOTHING in (left, right) else Known.OPEN


_LOGIC: dict[str, Callable[[Known, Known], Known]] = {"and": _both, "or": _either, "implies": _implied, "xor": _one_of}
