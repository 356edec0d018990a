"""The official FHIRPath suite for R4, read and run."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple
from xml.etree import ElementTree

from saman.kernel import json
from saman.model.fhir.fhirpath import (
    Context,
    EvaluationFault,
    FhirPathError,
    Item,
    Outside,
    SemanticFault,
    SyntaxFault,
    compiled,
    plain,
    select,
    text_of,
)

FOLDER = Path(__file__).parent
NOW = datetime(2026, 5, 31, 14, 30, 5, 250_000, tzinfo=UTC)
FAULTS: dict[str, type[FhirPathError]] = {
    "syntax": SyntaxFault,
    "semantic": SemanticFault,
    "execution": EvaluationFault,
}


class Case(NamedTuple):
    """One test: `invalid` is syntax, semantic, execution or empty; outputs are pairs of type and text."""

    name: str
    expression: str
    source: str
    invalid: str
    outputs: tuple[tuple[str, str], ...]
    is_predicate: bool
    is_ordered: bool
    checks_order: bool


def cases() -> Iterator[Case]:
    """All tests of the suite; a name that comes twice gets a number."""
    root = ElementTree.fromstring(gzip.decompress((FOLDER / "tests-fhir-r4.xml.gz").read_bytes()))
    seen: dict[str, int] = {}
    for test in root.iter("test"):
        name = test.get("name", "")
        seen[name] = seen.get(name, 0) + 1
        expression = test.find("expression")
        assert expression is not None
        yield Case(
            name=name if seen[name] == 1 else f"{name}#{seen[name]}",
            expression=expression.text or "",
            source=test.get("inputfile", "").partition(".")[0],
            invalid=expression.get("invalid", ""),
            outputs=tuple((one.get("type") or "", one.text or "") for one in test.findall("output")),
            is_predicate=test.get("predicate") == "true",
            is_ordered=test.get("ordered") != "false",
            checks_order=test.get("checkOrderedFunctions") == "true",
        )


def inputs() -> dict[str, dict[str, Any]]:
    """The resources of the suite by name."""
    found = {}
    for line in gzip.decompress((FOLDER / "inputs.tsv.gz").read_bytes()).splitlines():
        name, _, text = line.partition(b"\t")
        found[name.decode()] = json.decode(text)
    return found


def fault(case: Case, resource: dict[str, Any]) -> str:
    """What is wrong with our answer to a case; nothing when it passes."""
    try:
        found = _answer(case, resource)
    except FhirPathError as error:
        if case.invalid and type(error) is FAULTS[case.invalid]:
            return ""
        return f"{type(error).__name__}: {error}"
    if case.invalid:
        return f"gave {found} instead of failing ({case.invalid})"
    wanted = [(kind, _value(kind, text)) for kind, text in case.outputs]
    if not case.is_ordered:
        wanted, found = sorted(wanted, key=str), sorted(found, key=str)
    same = len(found) == len(wanted) and all(map(_fits, found, wanted))
    return "" if same else f"gave {found} instead of {wanted}"


def _answer(case: Case, resource: dict[str, Any]) -> list[tuple[str, Any]]:
    compiled(case.expression, resource["resourceType"], case.checks_order)
    context = Context(resource, NOW, outside=Outside(conforms_to=_conforms))
    items = select(case.expression, context)
    if case.is_predicate:
        return [("boolean", bool(items))]
    return [(_type(item), _shown(item)) for item in items]


def _conforms(item: Item, profile: str) -> bool | None:
    """The base profiles, which is what the suite asks for."""
    name = profile.removeprefix("http://hl7.org/fhir/StructureDefinition/")
    return None if name == profile else item[0] == name


def _type(item: Item) -> str:
    name = item[0].removeprefix("System.")
    return name if name == item[0] or name == "Quantity" else name[0].lower() + name[1:]


def _shown(item: Item) -> Any:
    value = plain(item)
    return value if isinstance(value, bool | int | Decimal | dict) else text_of(value)


def _value(kind: str, text: str) -> Any:
    """What the suite wrote, as `_shown` gives it."""
    if text in ("true", "false") and kind in ("boolean", ""):
        return text == "true"
    if kind in ("integer", "decimal", ""):
        try:
            return Decimal(text)
        except ArithmeticError:
            pass
    return text[1:].removeprefix("T") if text.startswith("@") else text


def _fits(found: tuple[str, Any], wanted: tuple[str, Any]) -> bool:
    kind, value = wanted
    return found[1] == value and kind in ("", found[0])
