"""How attributes and modules of the typed structures relate to the names in JSON."""

from __future__ import annotations

import re

_BEFORE_CAPITAL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


def json_name(attribute: str) -> str:
    """`value_quantity` as `valueQuantity`, `class_` as `class`, `birth_date_ext` as `_birthDate`."""
    is_shadow = attribute.endswith("_ext")
    first, *others = attribute.removesuffix("_ext").rstrip("_").split("_")
    return "_" * is_shadow + first + "".join(one[:1].upper() + one[1:] for one in others)


def module_name(type_name: str) -> str:
    """`CarePlan` as `care_plan`, `valueQuantity` as `value_quantity`."""
    return _BEFORE_CAPITAL.sub("_", type_name).lower()
