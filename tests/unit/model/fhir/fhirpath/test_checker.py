"""What static checking finds, and what it leaves alone."""

from __future__ import annotations

import pytest

from saman.model.fhir.definitions import lineage, search, structure
from saman.model.fhir.fhirpath import EvaluationFault, Node, SemanticFault, check, compiled, parse
from saman.model.fhir.fhirpath.syntax import Member, Name, Operation


def told(expression: str, type_name: str, checks_order: bool = False) -> list[str]:
    faults = check(parse(expression), type_name, checks_order)
    return [str(fault).partition(" (at")[0] for fault in faults]


@pytest.mark.parametrize(
    ("type_name", "expression"),
    [
        ("Patient", "name.given.first().substring(1)"),
        ("Patient", "Patient.birthDate.extension('x').value.exists()"),
        ("Patient", "birthDate.id"),
        ("Patient", "contained.nothing"),
        ("Patient", "contained.ofType(Observation).value.unit"),
        ("Patient", "children().nothing.at.all"),
        ("Patient", "name.select(given | family).upper()"),
        ("Patient", "iif(active, name, contact.name).family"),
        ("Patient", "iif({}, 1)"),
        ("Patient", "%resource.name | %context.name | %given.anything"),
        ("Patient", "%`vs-x`.upper()"),
        ("Patient", "type().name.upper()"),
        ("Patient", "(4 'mg').value.abs()"),
        ("Patient", "birthDate + 1 year"),
        ("Patient", "birthDate + (1 year)"),
        ("Patient", "managingOrganization.resolve().name"),
        ("Patient", "managingOrganization.resolve().ofType(Organization).name"),
        ("Patient", "telecom.sort(-system).first().value"),
        ("Patient", "name.aggregate($total + given.count(), 0).anything"),
        ("Patient", "(name | telecom).given"),
        ("Patient", "DomainResource.text | Resource.id"),
        ("Patient", "name.where($index > 0 and $this.given.exists())"),
        ("Questionnaire", "repeat(item).code.display"),
        ("ValueSet", "expansion.repeat(contains).contains.code"),
        ("Observation", "value.unit | component.value.start"),
        ("Observation", "(value as Quantity).value + 1"),
        ("Observation", "value.ofType(Age).value * 2 / 3"),
        ("Observation", "(value as Nothing).unit"),
        ("Bundle", "entry.resource.name | entry[0].resource.ofType(Patient).name.given"),
        ("Resource", "Patient.name.given"),
        ("Extension", "value.ofType(Reference).reference"),
    ],
)
def test_what_can_be_meant(type_name: str, expression: str) -> None:
    assert told(expression, type_name) == []


@pytest.mark.parametrize(
    ("type_name", "expression", "text"),
    [
        ("Patient", "name.givn", "HumanName has no element givn"),
        ("Patient", "nam.given", "Patient has no element nam"),
        ("Patient", "valueQuantity", "Patient has no element valueQuantity"),
        ("Patient", "birthDate.year", "date has no element year"),
        ("Patient", "Observation.value", "This starts from Observation, but is evaluated over Patient"),
        ("Patient", "name.where(givn = 'x')", "HumanName has no element givn"),
        ("Patient", "name.exists(given.all(length > 1))", "string has no element length"),
        ("Patient", "name.select(family).given", "string has no element given"),
        ("Patient", "(name | telecom).nothing", "ContactPoint or HumanName has no element nothing"),
        ("Patient", "name[0].nothing", "HumanName has no element nothing"),
        ("Patient", "name.first().last().tail().nothing", "HumanName has no element nothing"),
        ("Patient", "iif(name, 1, 2)", "iif() decides on true or false"),
        ("Patient", "name.upper()", "upper() is for texts, not for HumanName"),
        ("Patient", "multipleBirth.ofType(boolean).abs()", "abs() is for numbers, not for boolean"),
        ("Patient", "name.repeat(nothing)", "HumanName has no element nothing"),
        ("Patient", "birthDate - 1", "A date or time is moved by a quantity"),
        ("Patient", "1.value", "System.Integer has no element value"),
        ("Patient", "-name.nothing", "HumanName has no element nothing"),
        ("Patient", "name.trace('x', nothing)", "HumanName has no element nothing"),
        ("Observation", "value.ofType(Period).unit", "Period has no element unit"),
        ("Questionnaire", "repeat(item).nothing", "Questionnaire.item has no element nothing"),
    ],
)
def test_what_cannot_be_meant(type_name: str, expression: str, text: str) -> None:
    assert told(expression, type_name) == [text]


def test_all_faults_are_told_with_their_places() -> None:
    faults = check(parse("name.a and telecom.b"), "Patient")
    assert [fault.position for fault in faults] == [5, 19]


@pytest.mark.parametrize("name", ["first()", "last()", "tail()", "skip(1)", "take(1)", "where($this.exists()).first()"])
def test_order_is_checked_when_asked_for(name: str) -> None:
    assert told(f"children().{name}", "Patient") == []
    assert told(f"children().{name}", "Patient", checks_order=True) == ["What this is taken from has no order"]
    assert told(f"name.{name}", "Patient", checks_order=True) == []
    assert told("descendants()[0]", "Patient", checks_order=True) == ["What this is taken from has no order"]


def test_a_checked_expression_is_compiled() -> None:
    with pytest.raises(SemanticFault, match="has no element nothing"):
        compiled("nothing", "Patient")
    with pytest.raises(SemanticFault, match="no function"):
        compiled("name.nothing()", "Patient")
    with pytest.raises(SemanticFault, match="takes 1 argument"):
        compiled("name.skip()", "Patient")
    assert compiled("name.given", "Patient") is compiled("name.given", "Patient")
    assert not issubclass(SemanticFault, EvaluationFault)


def test_nothing_is_found_in_the_official_search_parameters() -> None:
    checked = 0
    for parameter in search.parameters:
        for side in _sides(parse(parameter.expression)) if parameter.expression else ():
            start = _start(side)
            if start not in structure.resources or start in lineage(parameter.base):
                assert check(side, parameter.base) == (), parameter.code
                checked += 1
    assert checked > 1400


def _sides(node: Node) -> list[Node]:
    if isinstance(node, Operation) and node.operator == "|":
        return [*_sides(node.left), *_sides(node.right)]
    return [node]


def _start(node: Node) -> str:
    while not isinstance(node, Name):
        children = list(node.children())
        node = node.source if isinstance(node, Member) else children[0]
    return node.name
