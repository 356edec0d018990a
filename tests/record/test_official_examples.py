"""All 732 official example resources store and come back equal, digit for digit, but for the known wrong ones."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from saman.kernel import json
from saman.kernel.outcome import Kind, Refusal
from saman.record import Record, Stored, Written
from tests.conformance.examples import load_examples
from tests.conformance.test_r4_examples import UNREADABLE, WRONG
from tests.record.conftest import without_server_parts

pytestmark = pytest.mark.conformance

EXAMPLES = dict(load_examples())
_sorted = msgspec.json.Encoder(decimal_format="number", order="sorted")


def alike(value: Any) -> bytes:
    """`value` as text with every digit, properties in alphabetical order."""
    return _sorted.encode(value)


async def test_every_example_comes_back_equal(record: Record) -> None:
    kept = 0
    for name, text in EXAMPLES.items():
        if name in WRONG or name in UNREADABLE:
            continue
        sent = json.decode(text)
        written = await record.update(sent["resourceType"], sent["id"], sent)
        assert isinstance(written, Written), (name, written)
        found = await record.read(sent["resourceType"], sent["id"])
        assert isinstance(found, Stored), name
        assert alike(without_server_parts(found.resource())) == alike(without_server_parts(sent)), name
        assert found.resource()["id"] == sent["id"]
        kept += 1
    assert kept == 732 - len(WRONG) - len(UNREADABLE)


@pytest.mark.parametrize("name", sorted(WRONG))
async def test_a_wrong_example_is_refused_where_it_is_wrong(record: Record, name: str) -> None:
    sent = json.decode(EXAMPLES[name])
    answer = await record.update(sent["resourceType"], sent["id"], sent)
    assert isinstance(answer, Refusal)
    assert answer.kind is Kind.UNPROCESSABLE
    assert answer.issues[0].path == WRONG[name][0]


@pytest.mark.parametrize("name", sorted(UNREADABLE))
def test_what_no_arithmetic_stands_is_refused_on_reading(name: str) -> None:
    assert isinstance(json.decode(EXAMPLES[name]), Refusal)
