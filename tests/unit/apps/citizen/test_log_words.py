"""The log says of a ground what the access rules say of it, and of machines what the request tells."""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec
import pytest

from saman.apps.citizen.recorded.log import GROUNDS, showed
from saman.apps.citizen.recorded.machine import READ_OTHERWISE, WRITTEN_OTHERWISE, done
from saman.model.access import GROUND_KINDS, RelationKind, ground_words
from saman.record.audit import OK, REFUSED, Logged

OF_OTHERS = set(RelationKind) - {RelationKind.SELF, RelationKind.PROTECTED}


def entry(request: str, action: str) -> Logged:
    return Logged(
        1, datetime(2026, 11, 20, tzinfo=UTC), request, "system", "system", "", "SYSTEM", action,
        1, "x", None, "x", 0, "", "",
    )  # fmt: skip


def test_every_ground_is_said_in_the_words_of_the_access_rules():
    assert set(GROUNDS) == {ground_words(kind).text for kind in OF_OTHERS}
    assert set(GROUND_KINDS.values()) | {RelationKind.MANAGING} == OF_OTHERS


@pytest.mark.parametrize(
    ("request_id", "action", "told"),
    [
        ("sign-in-0a1b2c", "S", "Your name was looked up for a sign-in."),
        ("system", "R", "Your name was looked up for a sign-in."),
        ("system", "C", "Your information was stored when this Saman was set up."),
        ("timer-1795190000", "S", "Saman looked whether the readings agreed with you had come."),
        ("timer-1795190000", "C", "Saman told your unit that readings agreed with you had not come."),
        ("command", "U", "Information about you was taken in from a file by those who run Saman."),
        ("9b50d3e95436adf1", "H", READ_OTHERWISE),
        ("9b50d3e95436adf1", "U", WRITTEN_OTHERWISE),
        ("systematic-9b50", "R", READ_OTHERWISE),
    ],
)
def test_what_a_machine_did_follows_from_its_request(request_id, action, told):
    assert done(entry(request_id, action)) == told


@pytest.mark.parametrize(
    ("action", "outcome", "ground", "seen"),
    [
        ("R", OK, "team/1", True),
        ("R", REFUSED, "", False),
        ("S", OK, "team/1", True),
        ("S", OK, "", False),
        ("H", REFUSED, "", False),
        ("U", OK, "", True),
        ("U", REFUSED, "", False),
    ],
)
def test_somebody_looked_only_where_something_was_shown(action, outcome, ground, seen):
    assert showed(msgspec.structs.replace(entry("x", action), outcome=outcome, ground=ground)) is seen
