"""The log says of a ground what the access rules say of it, and of machines what the request tells."""

from __future__ import annotations

from datetime import date

import pytest

from saman.apps.citizen.recorded.log import GROUNDS
from saman.apps.citizen.recorded.machine import READ_OTHERWISE, SOURCES, WRITTEN_OTHERWISE, done
from saman.model.access import GROUND_KINDS, RelationKind, ground_words
from saman.record.review import Rest

FACTS = {RelationKind.PROTECTED, RelationKind.BORN, RelationKind.AT_HOME}
# That an own address is withheld is said on the pages of those close; the log names ties.
BESIDES = {RelationKind.OWN_PROTECTED}
OF_OTHERS = set(RelationKind) - FACTS - BESIDES - {RelationKind.SELF}


def rest(source: str, *, wrote: bool = False) -> Rest:
    return Rest(date(2026, 11, 20), "system", source, wrote, 1)


def test_every_ground_is_said_in_the_words_of_the_access_rules():
    assert set(GROUNDS) == {ground_words(kind).text for kind in OF_OTHERS}
    close = {RelationKind.GUARDIAN, RelationKind.EXTENDED, RelationKind.MANDATE}
    later = {RelationKind.MANAGING, RelationKind.OPENING} | close
    assert set(GROUND_KINDS.values()) | later == OF_OTHERS


@pytest.mark.parametrize(
    ("source", "wrote", "told"),
    [
        ("sign-in", False, "Your name was looked up for a sign-in."),
        ("system", False, "Your name was looked up for a sign-in."),
        ("system", True, "Your information was stored when this Saman was set up."),
        ("timer", False, "Saman looked whether the readings agreed with you had come."),
        ("timer", True, "Saman told your unit that readings agreed with you had not come."),
        ("command", True, "Information about you was taken in from a file by those who run Saman."),
        ("", False, READ_OTHERWISE),
        ("", True, WRITTEN_OTHERWISE),
    ],
)
def test_what_a_machine_did_follows_from_its_request(source, wrote, told):
    assert done(rest(source, wrote=wrote)) == told


def test_every_beginning_of_a_request_is_told_apart_in_the_database_too():
    assert {"sign-in", "system", "timer", "command", "log-check"} == SOURCES
