"""FHIRPath text to syntax tree: the whole grammar, and its own error for anything else."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from saman.model.fhir.definitions import search
from saman.model.fhir.fhirpath import FhirPathError, Node, parse
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
    Operation,
    Sign,
    TypeTest,
    Variable,
)


def written(node: Node, name: Callable[[str], str]) -> str:
    """The tree with all its brackets, which shows what binds to what; `name` writes the names in it."""

    def inner(below: Node) -> str:
        return written(below, name)

    writers: dict[type[Node], Callable[[Any], str]] = {
        Operation: lambda one: f"({inner(one.left)} {one.operator} {inner(one.right)})",
        TypeTest: lambda one: f"({inner(one.operand)} {one.operator} {_qualified(one, name)})",
        Sign: lambda one: f"({one.operator}{inner(one.operand)})",
        Member: lambda one: f"{inner(one.source)}.{inner(one.member)}",
        Index: lambda one: f"{inner(one.source)}[{inner(one.index)}]",
        Call: lambda one: f"{name(one.name)}({', '.join(map(inner, one.arguments))})",
        Measure: lambda one: f"{one.value} {one.unit if one.is_calendar else _constant(one.unit)}",
        Literal: lambda one: _constant(one.value),
        Moment: lambda one: f"@T{one.text}" if one.kind == "Time" else f"@{one.text}",
        Name: lambda one: name(one.name),
        Variable: lambda one: f"${one.name}",
        Constant: lambda one: f"%{name(one.name)}",
        Empty: lambda one: "{}",
    }
    return writers[type(node)](node)


def _qualified(node: TypeTest, name: Callable[[str], str]) -> str:
    return f"{name(node.namespace)}.{name(node.name)}" if node.namespace else name(node.name)


def _constant(value: bool | str | int | Decimal) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'" if isinstance(value, str) else str(value)


def _quoted(name: str) -> str:
    return "`" + name.replace("\\", "\\\\").replace("`", "\\`") + "`"


def shape(node: Node) -> str:
    """The tree in brackets, easy to read."""
    return written(node, str)


def text_of(node: Node) -> str:
    """An expression that means the same as the tree."""
    return written(node, _quoted)


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("a.b.c", "a.b.c"),
        ("a | b | c", "((a | b) | c)"),
        ("a as X | b as Y", "((a as X) | (b as Y))"),
        ("a is FHIR.Patient", "(a is FHIR.Patient)"),
        ("1 + 2 * 3 - 4", "((1 + (2 * 3)) - 4)"),
        ("a + b is Quantity", "((a + b) is Quantity)"),
        ("-a.b * c", "((-a.b) * c)"),
        ("--1", "(-(-1))"),
        ("a = b and c > d or e", "(((a = b) and (c > d)) or e)"),
        ("a implies b implies c", "((a implies b) implies c)"),
        ("a xor b or c and d", "((a xor b) or (c and d))"),
        ("a in b = c", "(a in (b = c))"),
        ("a contains b", "(a contains b)"),
        ("x ~ y != z", "((x ~ y) != z)"),
        ("a <= b | c", "(a <= (b | c))"),
        ("a & 'x' & b", "((a & 'x') & b)"),
        ("a div 2 mod 3 / 4", "(((a div 2) mod 3) / 4)"),
        ("(a | b).c[0].d", "(a | b).c[0].d"),
        ("f()", "f()"),
        ("a.where(b = 'x').exists()", "a.where((b = 'x')).exists()"),
        ("iif(a, {}, $this.b)", "iif(a, {}, $this.b)"),
        ("%resource.id | %`vs-x` | %'y'", "((%resource.id | %vs-x) | %y)"),
        ("$index + $total", "($index + $total)"),
        ("`div`.as.is.contains.in", "div.as.is.contains.in"),
        ("a // remark\n .b /* and\n another */ .c", "a.b.c"),
        ("4 days + 2 'mg' - 1 year", "((4 days + 2 'mg') - 1 year)"),
    ],
)
def test_what_binds_to_what(text: str, tree: str) -> None:
    assert shape(parse(text)) == tree


@pytest.mark.parametrize(
    ("text", "value"),
    [("true", True), ("12", 12), ("1.50", Decimal("1.50")), ("'a'", "a"), (r"'\u00e5\'\n\\\/'", "å'\n\\/"), ("''", "")],
)
def test_constants(text: str, value: object) -> None:
    node = parse(text)
    assert isinstance(node, Literal)
    assert (type(node.value), str(node.value)) == (type(value), str(value))


@pytest.mark.parametrize(
    ("text", "kind", "moment"),
    [
        ("@2026", "Date", "2026"),
        ("@2026-05-31", "Date", "2026-05-31"),
        ("@2026-05T", "DateTime", "2026-05T"),
        ("@2026-05-31T14:30:00.000+02:00", "DateTime", "2026-05-31T14:30:00.000+02:00"),
        ("@T14:30", "Time", "14:30"),
    ],
)
def test_moments(text: str, kind: str, moment: str) -> None:
    node = parse(text)
    assert isinstance(node, Moment)
    assert (node.kind, node.text) == (kind, moment)


@pytest.mark.parametrize(
    ("text", "position"),
    [
        ("", 0),
        ("a.", 2),
        ("a b", 2),
        ("a..b", 2),
        ("(a", 2),
        ("a)", 1),
        ("a[1", 3),
        ("f(a,)", 4),
        ("f(,a)", 2),
        ("'open", 0),
        ("a # b", 2),
        ("a is", 4),
        ("{ a }", 2),
        ("and", 0),
        ("a and", 5),
        (r"'\x'", 1),
        ("$that", 0),
    ],
)
def test_what_is_not_fhirpath_is_told_with_its_place(text: str, position: int) -> None:
    with pytest.raises(FhirPathError) as error:
        parse(text)
    assert error.value.position == position


@pytest.mark.parametrize(
    "text", ["(" * 5000, "-" * 5000 + "1", "a" + ".a" * 2000, "a" + "[a" * 1000, "1" + "+1" * 3000, "f(" * 1000]
)
def test_depth_and_length_are_limited(text: str) -> None:
    with pytest.raises(FhirPathError):
        parse(text)


_PIECES = ["a", "Patient", ".", "|", "(", ")", "[", "]", "where", "'x'", "1", "1.5", "@2026", "is", "as", "and", "{}"]
_PIECES += ["$this", "%x", "-", "=", "!~", ",", "days", "`", "\\", "//", "/*", " "]


@given(st.one_of(st.text(max_size=60), st.lists(st.sampled_from(_PIECES), max_size=40).map("".join)))
def test_any_text_is_parsed_or_refused(text: str) -> None:
    tree = parsed(text)
    if isinstance(tree, FhirPathError):
        assert 0 <= tree.position <= len(text)
    else:
        assert text_of(parse(text_of(tree))) == text_of(tree)


def parsed(text: str) -> Node | FhirPathError:
    try:
        return parse(text)
    except FhirPathError as error:
        return error


def test_every_official_expression_is_parsed() -> None:
    for expression in {parameter.expression for parameter in search.parameters} - {""}:
        tree = parse(expression)
        assert shape(parse(text_of(tree))) == shape(tree)
