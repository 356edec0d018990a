"""The JSON Schema of access files, for editors that complete and check while one writes."""

from __future__ import annotations

from typing import Any

import msgspec

from saman.model.access.row import LAW_ROWS, CountryHead, RegionHead, RegionRow, Row
from saman.model.access.terms_kinds import TERMS_OF

_DRAFT = "https://json-schema.org/draft/2020-12/schema"
_REFERENCE = "#/$defs/{name}"


def access_schemas() -> dict[str, str]:
    """The text of both schemas by file name: of a country's access file and of a region's; indented, keys sorted."""
    return {
        "access.country.json": _text(_with_terms(_file(CountryHead, Row))),
        "access.region.json": _text(_file(RegionHead, RegionRow)),
    }


def _file(head: type[msgspec.Struct], row: type[msgspec.Struct]) -> dict[str, Any]:
    """A file of a head and `rows`."""
    _, parts = msgspec.json.schema_components([head, row, *TERMS_OF.values()], ref_template=_REFERENCE)
    top = parts[head.__name__]
    top["properties"]["rows"] = {"type": "array", "items": {"$ref": _REFERENCE.format(name=row.__name__)}}
    top["required"].append("rows")
    used = parts if row is Row else {name: parts[name] for name in (head.__name__, row.__name__)}
    return {"$schema": _DRAFT, "$ref": _REFERENCE.format(name=head.__name__), "$defs": used}


def _with_terms(schema: dict[str, Any]) -> dict[str, Any]:
    """Rows have the terms of their id, and no others."""
    row = schema["$defs"]["Row"]
    del schema["$defs"]["Terms"]
    row["properties"] |= {"id": {"enum": list(LAW_ROWS)}, "terms": {"type": "object"}}
    row["allOf"] = [_of_row(id_) for id_ in LAW_ROWS]
    return schema


def _of_row(id_: str) -> dict[str, Any]:
    then: dict[str, Any] = {"properties": {"name": {"const": LAW_ROWS[id_]}}}
    if id_ in TERMS_OF:
        then["properties"]["terms"] = {"$ref": _REFERENCE.format(name=TERMS_OF[id_].__name__)}
        then["required"] = ["terms"]
    else:
        then["properties"]["terms"] = False
    return {"if": {"properties": {"id": {"const": id_}}}, "then": then}


def _text(schema: dict[str, Any]) -> str:
    return msgspec.json.format(msgspec.json.encode(schema, order="deterministic"), indent=2).decode() + "\n"
