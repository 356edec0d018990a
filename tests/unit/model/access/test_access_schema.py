"""The schemas of access files are those that are published, take every file and know each row's terms."""

import json
from pathlib import Path

import jsonschema_rs
import pytest

from saman.model.access.schema import access_schemas
from saman.model.care.yamltree import parse

REGIONS = Path(__file__).parents[4] / "regions"


def wrong(schema, text):
    """What an editor would underline."""
    checked = jsonschema_rs.validator_for(json.loads(access_schemas()[schema]))
    return [error.message for error in checked.iter_errors(parse("file", text)[0].value)]


@pytest.mark.parametrize("name", access_schemas())
def test_the_published_schema_is_current(name):
    assert (REGIONS / "schema" / name).read_text("utf-8") == access_schemas()[name], "run `saman model schema`"


@pytest.mark.parametrize("code", ["se", "no", "dk", "fi", "is"])
def test_every_country_keeps_to_it(code, country_text):
    assert wrong("access.country.json", country_text(code)) == []


def test_the_region_keeps_to_it():
    text = (REGIONS / "no-agder/access.yaml").read_text("utf-8")
    assert wrong("access.region.json", text) == []
    assert wrong("access.region.json", text.replace("fills:", "fill:"))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("      keep: P5Y\n", "      keep: five years\n"),
        ("      keep: P5Y\n", "      show: P5Y\n"),
        ("  - id: R20\n", "  - id: R15\n"),
        ("name: log_keep_min", "name: log_keep"),
        ("    status: S\n", "    status: X\n"),
        ("sees: [person, plan", "sees: [persons, plan"),
        ("rows:", "row:"),
    ],
)
def test_it_finds_what_the_reader_refuses(old, new, country_text):
    assert old in country_text("no")
    assert wrong("access.country.json", country_text("no").replace(old, new, 1))
