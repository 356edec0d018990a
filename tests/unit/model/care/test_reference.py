"""The page of every field is the one that is made from the structures, whole, and every link on it leads somewhere."""

from __future__ import annotations

import json
import re
from pathlib import Path

from saman.model.care.reference import page
from saman.model.care.schema import schemas

PAGE = Path(__file__).parents[4] / "docs" / "care-model-reference.md"


def anchor(heading: str) -> str:
    return re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-")


def test_the_page_is_made_from_the_structures() -> None:
    assert PAGE.read_text("utf-8") == page(), "run make docs"


def test_every_field_of_every_schema_stands_on_it() -> None:
    told = {name: set(re.findall(r"^\| `(\w+)` \|", part, re.M)) for name, part in parts().items()}
    wanting = []
    for file, text in schemas().items():
        schema = json.loads(text)
        for name, part in schema["$defs"].items():
            here = {one for part, own in told.items() if re.fullmatch(f"{anchor(name)}(-.*)?", part) for one in own}
            fields = part.get("properties", {}).keys() - {"source", "sample", "not_known"}
            wanting += [(file, name, field) for field in fields if field not in here]
    assert wanting == []


def parts() -> dict[str, str]:
    sections = re.split(r"^###? ", page(), flags=re.M)[1:]
    return {anchor(section.partition("\n")[0]): section for section in sections}


def test_every_link_leads_somewhere() -> None:
    written = page()
    there = parts().keys() | set(re.findall(r'<a id="([^"]+)">', written))
    leads = set(re.findall(r"\]\(#([^)]+)\)", written))
    assert leads
    assert leads - there == set()
    files = set(re.findall(r"\]\(([^#)][^)]*)\)", written))
    assert {name for name in files if not (PAGE.parent / name).exists()} == set()
