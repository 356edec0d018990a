"""What pages link to is an address on the web: nothing that a browser would run or read from elsewhere."""

from __future__ import annotations

import json

import pytest

from saman.kernel.outcome import Refusal
from saman.model.care.load import load
from tests.applying import AGDER, region_files

FILES = region_files(AGDER)
REGION = "no-agder/region.yaml"
OWN = "https://www.regjeringen.no/"


@pytest.mark.parametrize(
    "address",
    ["javascript:alert(1)", "JavaScript:alert(1)", "data:text/html,x", "//evil.example", "vbscript:x", "file:///etc/x",
     " https://evil.example", 'https://a.example/"onclick="x', "https://a.example/<b>", "https:\\evil.example", "https://"],
)  # fmt: skip
@pytest.mark.parametrize("path", [REGION, "no-agder/agreements.yaml"])
def test_no_other_address_is_taken(path: str, address: str) -> None:
    before = next(line for line in FILES[path].splitlines() if "url: " in line)
    url = before.partition("url: ")[2].partition("}")[0].partition(",")[0]
    text = FILES[path].replace(f"url: {url}", f"url: {json.dumps(address)}", 1)
    assert text != FILES[path]
    found = load(FILES | {path: text}, "no-agder")
    assert isinstance(found, Refusal)
    (issue,) = found.issues
    assert issue.path == f"{path}:{FILES[path].splitlines().index(before) + 1}"
