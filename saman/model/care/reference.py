"""The page that tells every field of every kind of file, made from the same structures that read them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from saman.kernel import json
from saman.model.care.schema import FILES, numbers

Part = Mapping[str, Any]
"""One JSON Schema: of a struct, of a list of words or of what a field holds."""

PLACES = {
    "region": "regions/REGION/region.yaml",
    "parties": "regions/REGION/parties.yaml",
    "agreements": "regions/REGION/agreements.yaml",
    "governance": "regions/REGION/governance.yaml",
    "indicators": "regions/REGION/indicators.yaml",
    "portfolio": "regions/REGION/portfolio.yaml",
    "service": "regions/REGION/services/SERVICE.yaml",
    "pathway": "regions/REGION/pathways/PATHWAY.yaml",
    "questionnaire": "regions/REGION/questionnaires/QUESTIONNAIRE.yaml",
    "country": "regions/countries/COUNTRY.yaml",
    "roles": "regions/roles.yaml",
    "competences": "regions/competences.yaml",
    "assessment": "regions/assessment.yaml",
    "way": "regions/way.yaml",
    "simulation-request": "simulation.json, which a way ends in",
}
GROUND = frozenset({"source", "sample", "not_known"})
TITLED = {"text": "text in every language", "note": "text for planners"}
SIMPLE = {"integer": "whole number", "number": "number", "boolean": "`true` or `false`", "string": "text"}
SHAPES = {
    "https?:": "address on the web",
    "[0-9A-Za-z.+-]": "version, such as `1.0`",
    "[a-z0-9]+(-": "id",
    "-((": "from and to, such as `08:00-15:30`",
    ":": "time, such as `08:00`",
}
"""What a pattern asks for, by a part of it that others do not have; the first that is there."""
INTRODUCTION = (
    "# The care model, field by field",
    "",
    "Every field that a file of a care model can have. What the fields mean together, and the rules between files, "
    "stand in [the care model](subsystems/care-model.md); `access.yaml` and `regions/countries/COUNTRY.access.yaml` in "
    "[access](subsystems/access.md). The same as JSON Schema for editors: `regions/schema/`.",
    "",
    "A field without a default has to be written. *text in every language* is `{nb: …, sv: …}` in each language of the "
    "region; *text for planners* needs English and the country's own. An *id* is lower-case words joined by hyphens. A "
    "part **with a ground** also has `source: [id, …]`, `sample: true` or `not_known: true`: one of them.",
    "",
)


def page() -> str:
    """`docs/care-model-reference.md` as text."""
    references, parts = msgspec.json.schema_components(FILES.values(), ref_template="#{name}")
    roots = {name: reference["$ref"][1:] for name, reference in zip(FILES, references, strict=True)}
    parts = {name: numbers(part) for name, part in parts.items()}
    inner = sorted(name for name, part in parts.items() if name not in roots.values())
    lines = [*INTRODUCTION, "## Files", "", "| File | Kind |", "|---|---|"]
    lines += [f"| `{PLACES[name]}` | {_link(root)} |" for name, root in roots.items()]
    for root in roots.values():
        lines += ["", *_told(root, parts[root])]
    lines += ["", "## Parts"]
    for name in inner:
        if "properties" in parts[name]:
            lines += ["", *_told(name, parts[name], "###")]
    lines += ["", "## Words", "", "| List | Words | What for |", "|---|---|---|"]
    lines += [
        _row(f'<a id="{name.lower()}"></a>{name}', _words(parts[name]), _said(parts[name]))
        for name in inner
        if "enum" in parts[name]
    ]
    return "\n".join([*lines, "", "This page is written from `saman/model/care` by `make docs`.", ""])


def _told(name: str, part: Part, level: str = "##") -> Iterator[str]:
    fields, needed = part["properties"], part.get("required", ())
    grounded = " With a ground." if fields.keys() >= GROUND else ""
    yield from (f"{level} {_shown(name)}", "", f"{_said(part)}{grounded}", "")
    own = {field: one for field, one in fields.items() if not (grounded and field in GROUND)}
    if own:
        yield from ("| Field | Holds | Default |", "|---|---|---|")
    for field, one in own.items():
        yield _row(f"`{field}`", _holds(one), "" if field in needed else _default(one))


def _row(*cells: str) -> str:
    return f"| {' | '.join(cell.replace('|', '&#124;') for cell in cells)} |"


def _said(part: Part) -> str:
    return re.sub(r"\s+", " ", part.get("description", "")).strip()


def _shown(name: str) -> str:
    """The name of a part; where two have the same, it comes with its module."""
    module, _, last = name.rpartition(".")
    return f"{last} ({module.rpartition('.')[2]})" if module else last


def _link(name: str) -> str:
    shown = _shown(name)
    return f"[{shown}](#{re.sub('[^a-z_ ]', '', shown.lower()).replace(' ', '-')})"


def _words(part: Part) -> str:
    return ", ".join(f"`{_plain(word)}`" for word in part["enum"])


def _plain(value: object) -> str:
    return value if isinstance(value, str) else json.encode(value).decode()


def _default(part: Part) -> str:
    value = part.get("default")
    return "none" if value in (None, [], {}, "") else f"`{_plain(value)}`"


def _holds(part: Part) -> str:
    """What may be written there, in words."""
    if "anyOf" in part:
        return " or ".join(_holds(one) for one in part["anyOf"] if one.get("type") != "null")
    if "$ref" in part:
        return _link(part["$ref"][1:])
    if "enum" in part:
        return _words(part)
    if part["type"] == "array":
        return f"list: {_holds(part['items'])}"
    if part["type"] == "object":
        return TITLED.get(part.get("title", "")) or f"words, each with: {_holds(part['additionalProperties'])}"
    return _simple(part)


def _simple(part: Part) -> str:
    if "minimum" in part:
        return f"whole number, {part['minimum']} to {part['maximum']}"
    if "pattern" in part:
        return next(words for sign, words in SHAPES.items() if sign in part["pattern"])
    return "day" if part.get("format") == "date" else SIMPLE[part["type"]]
