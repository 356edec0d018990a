"""Python source of the typed structures: `types.py` for data types, one module for each resource type."""

from __future__ import annotations

import keyword
import re
from collections.abc import Iterable, Iterator
from typing import Any

from saman.model.fhir.json_names import json_name, module_name
from tools.generate_r4.structure import Element

SPECIFICATION = "https://hl7.org/fhir/R4/"
PYTHON_TYPES = {
    "boolean": "bool",
    "integer": "int",
    "unsignedInt": "int",
    "positiveInt": "int",
    "decimal": "Decimal",
}
ROOTS = ("Element", "BackboneElement", "Resource", "DomainResource")
NOT_CLASSES = ("Resource", "DomainResource", "Element", "BackboneElement")
PAGES = {"Extension": "extensibility", "Reference": "references", "Narrative": "narrative", "Meta": "resource"}
METADATA = ("ContactDetail", "Contributor", "DataRequirement", "Expression", "ParameterDefinition", "RelatedArtifact",
            "TriggerDefinition", "UsageContext")  # fmt: skip
OWN_PAGES = ("Dosage", "ElementDefinition", "MarketingStatus", "Population", "ProdCharacteristic", "ProductShelfLife",
             "SubstanceAmount")  # fmt: skip

Blocks = dict[str, list[Element]]


class Source:
    """What the modules are made from: elements by block, parents and descriptions by type."""

    def __init__(self, definitions: list[dict[str, Any]], blocks: Blocks) -> None:
        self.blocks = blocks
        self.kinds = {one["name"]: one["kind"] for one in definitions}
        self.parents = {one["name"]: one.get("baseDefinition", "").rpartition("/")[2] for one in definitions}
        self.descriptions = {one["name"]: one["description"] for one in definitions}
        self.primitives = {name for name, kind in self.kinds.items() if kind == "primitive-type"}

    def modules(self) -> dict[str, str]:
        """Source text by file name."""
        stored = [name for name in self.blocks if self.kinds.get(name) == "resource" and name not in ROOTS]
        return {"types.py": self._types(), **{f"{module_name(name)}.py": self._resource(name) for name in stored}}

    def _types(self) -> str:
        names = [name for name in self.blocks if self.kinds.get(name.partition(".")[0]) == "complex-type"]
        ordered = [*ROOTS, *_parents_first([name for name in names if name not in ROOTS], self.parents)]
        classes = "\n\n\n".join(self._class(name) for name in ordered)
        return f"{_HEADER.format(what='Data types')}{_TYPES_IMPORTS}\n\n{classes}\n"

    def _resource(self, name: str) -> str:
        parts = [one for one in self.blocks if one.startswith(f"{name}.")]
        classes = "\n\n\n".join(self._class(one) for one in [*reversed(parts), name])
        used = sorted(set(re.findall(r"[A-Z]\w+", classes)) & set(self.blocks) - {name} - set(parts))
        used = [one for one in used if self.kinds.get(one) == "complex-type" or one in ROOTS]
        imports = ["from __future__ import annotations\n"]
        imports += ["from decimal import Decimal\n"] * ("Decimal" in classes)
        imports += ["from typing import Any\n"] * ("Any]" in classes)
        imports += ["import msgspec\n"] * ("msgspec." in classes)
        listed = "".join(f"    {one},\n" for one in used)
        imports.append(f"from saman.model.fhir.r4.types import (\n{listed})\n")
        return f"{_HEADER.format(what=f'The resource type {name}')}{chr(10).join(imports)}\n\n{classes}\n"

    def _class(self, block: str) -> str:
        base = self._base(block)
        inherited = {element[0] for element in self._inherited(base)}
        own = [element for element in self.blocks[block] if element[0] not in inherited]
        stored = self.kinds.get(block) == "resource" and block not in ROOTS
        tag = f', tag_field="resourceType", tag="{block}"' if stored else ""
        lines = [f"class {class_name(block)}({base}, kw_only=True{tag}):", f'    """{self._docstring(block)}"""']
        fields = [line for element in own for line in self._fields(element)]
        return "\n".join([*lines, *([""] if fields else []), *fields])

    def _base(self, block: str) -> str:
        if "." in block:
            has_modifiers = any(element[0] == "modifierExtension" for element in self.blocks[block])
            return "BackboneElement" if has_modifiers else "Element"
        return self.parents[block] or "Base"

    def _inherited(self, base: str) -> list[Element]:
        return self.blocks.get(base, [])

    def _docstring(self, block: str) -> str:
        name, _, part = block.partition(".")
        if part:
            return f"`{block}`; see {self._page(name)}"
        text = re.sub(r"\s+", " ", self.descriptions[name].removeprefix("Base StructureDefinition for "))
        sentence = re.split(r"(?<=[.:])\s", text)[0].rstrip(".:").replace("\\", "").replace('"', "'")
        return f"{sentence}.\n\n    {self._page(name)}\n    "

    def _page(self, name: str) -> str:
        if self.kinds[name] == "resource" or name in OWN_PAGES:
            return f"{SPECIFICATION}{name.lower()}.html"
        if name in METADATA:
            return f"{SPECIFICATION}metadatatypes.html#{name}"
        return f"{SPECIFICATION}{PAGES.get(name, 'datatypes')}.html#{name}"

    def _fields(self, element: Element) -> Iterator[str]:
        name, least, most, types, *_ = [*element, "", []]
        many, choice = most != 1, name.endswith("[x]")
        for type_name in types:
            json = name.removesuffix("[x]") + (type_name[0].upper() + type_name[1:] if choice else "")
            is_primitive = type_name in self.primitives
            yield _field(json, self._hint(type_name), many, is_primitive, bool(least) and not choice)
            if is_primitive and not type_name.startswith("system-"):
                yield _field(f"_{json}", "Element", many, True, False)

    def _hint(self, type_name: str) -> str:
        if type_name == "Resource":
            return "dict[str, Any]"
        if type_name in self.primitives or type_name.startswith("system-"):
            return PYTHON_TYPES.get(type_name, "str")
        return class_name(type_name)


def _field(json: str, hint: str, many: bool, nullable: bool, required: bool) -> str:
    name = attribute_name(json)
    renamed = json_name(name) != json
    if many:
        hint = f"list[{hint} | None]" if nullable else f"list[{hint}]"
        default = "[]"
    elif required and not nullable:
        default = ""
    else:
        hint, default = f"{hint} | None", "None"
    if renamed:
        value = f", default={default}" if default == "None" else ", default_factory=list" if default else ""
        return f'    {name}: {hint} = msgspec.field(name="{json}"{value})'
    return f"    {name}: {hint}" + (f" = {default}" if default else "")


def _parents_first(names: list[str], parents: dict[str, str]) -> Iterable[str]:
    """Blocks before the types that hold them, and types before those derived from them."""
    return sorted(names, key=lambda name: (parents.get(name) in names, name.partition(".")[0], -name.count("."), name))


def class_name(block: str) -> str:
    """`Observation.component` as `ObservationComponent`."""
    return "".join(part[0].upper() + part[1:] for part in block.split("."))


def attribute_name(json: str) -> str:
    """`valueQuantity` as `value_quantity`, `class` as `class_`, `_birthDate` as `birth_date_ext`."""
    name = module_name(json.lstrip("_"))
    if json.startswith("_"):
        return f"{name}_ext"
    return f"{name}_" if keyword.iskeyword(name) else name


_HEADER = '''"""{what} of FHIR R4 (4.0.1).

Generated by tools/generate_r4 from the official definitions (hl7.fhir.r4.examples 4.0.1, CC0); do not edit.
"""

'''
_TYPES_IMPORTS = '''from __future__ import annotations

from decimal import Decimal
from typing import Any

import msgspec

from saman.model.fhir.json_names import json_name


class Base(msgspec.Struct, kw_only=True, omit_defaults=True, forbid_unknown_fields=True, rename=json_name):
    """What all have in common: names as in JSON, nothing written that is not there, nothing unknown read."""
'''
