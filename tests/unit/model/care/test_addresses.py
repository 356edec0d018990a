"""What pages link to is an address on the web, and no version gets out of the name of a package."""

from __future__ import annotations

import json

import msgspec
import pytest

from saman.kernel.outcome import Refusal
from saman.model.care.basis import Address, Slug
from saman.model.care.load import load
from saman.model.care.measurement import Clock
from saman.model.care.party import Interval
from saman.model.care.region import Release
from tests.applying import AGDER, region_files

FILES = region_files(AGDER)
REGION = "no-agder/region.yaml"


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


@pytest.mark.parametrize(
    "version", ['0.1.0"; x="', "0.1.0\r\nx-evil: 1", "0.1.0\n", "versjon-ø", "../0.1.0", "", "1" * 70]
)
def test_no_version_gets_out_of_the_name_of_a_package(version: str) -> None:
    text = FILES[REGION].replace('version: "0.1.0"', f"version: {json.dumps(version)}", 1)
    found = load(FILES | {REGION: text}, "no-agder")
    assert isinstance(found, Refusal)
    line = next(number for number, one in enumerate(text.splitlines(), 1) if one.startswith("version: "))
    assert [issue.path for issue in found.issues] == [f"{REGION}:{line}"]


@pytest.mark.parametrize(
    ("kind", "text"),
    [(Slug, "abc"), (Address, "https://example.org"), (Clock, "08:00"), (Interval, "08:00-09:00"), (Release, "1.0")],
)
def test_nothing_that_is_written_to_a_pattern_ends_with_a_line_break(kind, text):
    assert msgspec.convert(text, kind) == text
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(f"{text}\n", kind)
