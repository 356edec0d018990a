"""The generator: what it makes of definitions, on small ones made up here."""

from __future__ import annotations

from typing import Any

from tools.generate_r4 import codes, search, structs, structure


def element(path: str, *types: str, low: int = 0, high: str = "1", **more: Any) -> dict[str, Any]:
    return {"path": path, "min": low, "max": high, "type": [{"code": one} for one in types], **more}


THING = {
    "name": "Thing",
    "kind": "resource",
    "abstract": False,
    "description": 'A thing: "any". More.',
    "baseDefinition": "http://hl7.org/fhir/StructureDefinition/DomainResource",
    "snapshot": {
        "element": [
            {"path": "Thing"},
            element("Thing.id", "http://hl7.org/fhirpath/System.String"),
            element(
                "Thing.status",
                "code",
                low=1,
                binding={"strength": "required", "valueSet": "http://a.example/vs|4.0.1"},
            ),
            element("Thing.class", "code", binding={"strength": "example", "valueSet": "http://a.example/vs"}),
            element("Thing.value[x]", "Quantity", "string"),
            element("Thing.part", "BackboneElement", high="*"),
            element("Thing.part.modifierExtension", "Extension", high="*"),
            element("Thing.part.number", "decimal", low=1),
            {"path": "Thing.part.part", "min": 0, "max": "*", "contentReference": "#Thing.part"},
            {
                "path": "Thing.owner",
                "min": 0,
                "max": "1",
                "type": [{"code": "Reference", "targetProfile": [structure.PROFILE + "Patient"]}],
            },
        ]
    },
}
BLOCKS = structure.blocks([THING], {"http://a.example/vs"})


def test_elements_by_block() -> None:
    assert BLOCKS == {
        "Thing": [
            ["id", 0, 1, ["system-id"]],
            ["status", 1, 1, ["code"], "http://a.example/vs"],
            ["class", 0, 1, ["code"]],
            ["value[x]", 0, 1, ["Quantity", "string"]],
            ["part", 0, 0, ["Thing.part"]],
            ["owner", 0, 1, ["Reference"], "", ["Patient"]],
        ],
        "Thing.part": [
            ["modifierExtension", 0, 0, ["Extension"]],
            ["number", 1, 1, ["decimal"]],
            ["part", 0, 0, ["Thing.part"]],
        ],
    }


def test_classes() -> None:
    primitives = [{"name": name, "kind": "primitive-type", "description": ""} for name in ("code", "string", "decimal")]
    names = ("Element", "BackboneElement", "Quantity", "Reference")
    data_types = [{"name": name, "kind": "complex-type", "description": ""} for name in names]
    data_types += [{"name": name, "kind": "resource", "description": ""} for name in ("Resource", "DomainResource")]
    extensible = ["modifierExtension", 0, 0, ["Extension"]]
    inherited = {"DomainResource": [["id", 0, 1, ["system-id"]]], "BackboneElement": [extensible]}
    blocks = {**BLOCKS, "Resource": [], "Element": [], "Quantity": [], "Reference": [], **inherited}
    source = structs.Source([THING, *primitives, *data_types], blocks).modules()["thing.py"]
    for line in (
        "class ThingPart(BackboneElement, kw_only=True):",
        '    """`Thing.part`; see https://hl7.org/fhir/R4/thing.html"""',
        "    number: Decimal | None = None",
        "    number_ext: Element | None = None",
        "    part: list[ThingPart] = []",
        'class Thing(DomainResource, kw_only=True, tag_field="resourceType", tag="Thing"):',
        "    class_: str | None = None",
        "    value_quantity: Quantity | None = None",
        "    value_string: str | None = None",
        "    value_string_ext: Element | None = None",
    ):
        assert line in source.splitlines()
    assert "    id:" not in source
    compile(source, "thing.py", "exec")


def test_codes_of_complete_value_sets() -> None:
    contains = [
        {"system": "s", "code": "b", "contains": [{"system": "s", "code": "a"}]},
        {"system": "s", "abstract": True, "code": "not selectable"},
        {"display": "a group", "contains": [{"system": "t", "code": "c"}]},
    ]
    too_costly = [{"url": "http://hl7.org/fhir/StructureDefinition/valueset-toocostly", "valueBoolean": True}]
    expansions = {
        "http://a.example/vs": {"expansion": {"contains": contains}},
        "http://a.example/large": {"expansion": {"contains": contains, "extension": too_costly}},
    }
    required = codes.required_value_sets([THING]) | {"http://a.example/large", "http://a.example/unknown"}
    assert codes.complete_codes(required, expansions) == {"http://a.example/vs": {"s": ["a", "b"], "t": ["c"]}}


def test_numbers_that_were_given_stay() -> None:
    def parameter(code: str, *bases: str) -> dict[str, Any]:
        return {"code": code, "base": list(bases), "type": "token", "url": f"http://a.example/{code}"}

    first = search.parameters([parameter("b", "Thing", "Other"), parameter("a", "Thing")], {})
    assert [(row[0], row[1], row[2]) for row in first] == [(1, "Other", "b"), (2, "Thing", "a"), (3, "Thing", "b")]
    known = {(row[1], row[2]): row[0] for row in first}
    later = search.parameters([parameter("a", "Another", "Thing"), parameter("b", "Thing")], known)
    assert [(row[0], row[1], row[2]) for row in later] == [(2, "Thing", "a"), (3, "Thing", "b"), (4, "Another", "a")]


def test_the_compartment_keeps_types_that_have_parameters() -> None:
    listed = [
        {"code": "Thing", "param": ["b", "a"]},
        {"code": "Other", "param": []},
        {"code": "Whole", "param": ["{def}"]},
    ]
    assert search.compartment({"resource": listed}) == {"Thing": ["a", "b"], "Whole": []}
