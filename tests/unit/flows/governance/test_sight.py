"""Whatever changes a decision about somebody's data asks for two people; words, numbers and hours ask for one."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import product
from pathlib import Path
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from saman.flows.governance.sight import AGREEMENTS, PARTIES, PATHWAYS, RULES, SERVICES, UNREAD, sight
from saman.kernel.outcome import Refusal
from saman.model.access import (
    PERSONAL,
    Assignment,
    Holder,
    Policy,
    Question,
    Relation,
    RelationKind,
    decide,
    digest,
)
from saman.model.care.dated import MOST_DAYS
from saman.model.whole import Region, findings, read_region
from tests.applying import AGDER, FOLLOW_UP, QUESTIONS, Files, changed, region_files

NOW = datetime(2026, 11, 20, 9, tzinfo=UTC)
FILES = region_files(AGDER)
FOLDER = Path("no-agder")
ACCESS, PATHWAY = "no-agder/access.yaml", "no-agder/pathways/admission-discharge.yaml"
COUNTRY = "countries/no.access.yaml"


def read(files: Files) -> Region | Refusal:
    return read_region(files, FOLDER, NOW.date())


def by(files: Files) -> tuple[str, ...]:
    before = read(FILES)
    assert isinstance(before, Region)
    return sight(FILES, files, FOLDER, NOW, before)


@pytest.mark.parametrize(
    ("path", "before", "after", "why"),
    [
        (ACCESS, "roles: [telemedicine-nurse]", "roles: []", RULES),
        (ACCESS, "parties: [agder-telemedicine-centre]", "parties: [agder-telemedicine-centre, gp-risor-1]", RULES),
        (ACCESS, "sees: [health]", "sees: [health]\n    valid_to: 2031-01-01", RULES),
        (COUNTRY, "grace_days: 7", "grace_days: 8", RULES),
        ("countries/no.identity.yaml", "citizens: {level: substantial", "citizens: {level: low", RULES),
        ("roles.yaml", "licensed: true, profession: nurse", "licensed: false", RULES),
        ("competences.yaml", "may_delegate: true", "may_delegate: false", RULES),
        ("no-agder/agreements.yaml", "activities: [set-limits]", "activities: [set-limits, report]", AGREEMENTS),
        ("no-agder/agreements.yaml", "take: optional", "take: active", AGREEMENTS),
        ("no-agder/parties.yaml", "roles: [", "roles: [region-administrator, ", PARTIES),
        (FOLLOW_UP, "may_change_limits: true", "may_change_limits: false", SERVICES),
        (FOLLOW_UP, "requires: [insulin]", "requires: []", SERVICES),
        (FOLLOW_UP, "en: Own readings and own limits", "en: Everything", SERVICES),
        (PATHWAY, "data: [person]", "data: [person, health]", PATHWAYS),
        (PATHWAY, "tells: [home-care]", "tells: [home-care, gp]", PATHWAYS),
        (FOLLOW_UP, "en: Digital home follow-up", "en: Follow-up at home", ""),
        (QUESTIONS, "How is your breathing today", "How do you breathe today", ""),
        ("no-agder/parties.yaml", "08:00-15:30", "08:00-16:00", ""),
        ("no-agder/governance.yaml", "95 per cent (sample)", "97 per cent (sample)", ""),
    ],
)
def test_what_may_alter_sight_is_named_and_nothing_else(path: str, before: str, after: str, why: str) -> None:
    assert by(changed(FILES, path, before, after)) == ((why,) if why else ())


def test_what_alters_sight_on_a_day_to_come_is_named_today() -> None:
    coming = FILES[ACCESS].replace("roles: [telemedicine-nurse]", "roles: []")
    assert by(FILES | {"no-agder/from-2031-01-01/access.yaml": coming}) == (RULES,)


def test_what_cannot_be_read_is_not_taken_for_harmless() -> None:
    assert by(changed(FILES, ACCESS, "schema: 0", "schema: 7")) == (UNREAD,)


def test_more_days_to_come_than_can_be_looked_at_are_refused_unread() -> None:
    text = FILES["no-agder/governance.yaml"]
    many = {f"no-agder/from-{2030 + at}-01-01/governance.yaml": text for at in range(MOST_DAYS + 1)}
    (wrong,) = findings(FILES | many, FOLDER, NOW)
    assert f"more than {MOST_DAYS} days" in wrong.text
    assert by(FILES | many) == (UNREAD,)


KINDS = [kind for kind in RelationKind if kind not in (RelationKind.BORN, RelationKind.PROTECTED)]
WORDS = {
    "sees": ["person", "plan", "readings", "health", "social", "consent"],
    "roles": ["telemedicine-nurse", "home-care-nurse", "general-practitioner", "home-care-worker", "ward-nurse"],
    "ties": [kind.value for kind in KINDS],
    "purposes": ["TREAT", "PATRQT", "FAMRQT"],
    "parties": ["agder-telemedicine-centre", "gp-risor-1", "sorlandet-hospital"],
    "grace_days": ["0", "3", "200"],
}
_FIELD = re.compile(rf"^( +(?:- )?)({'|'.join(WORDS)}): (.+)$", re.MULTILINE)


def altered(text: str, pick: Random) -> str:
    """A file of access rules with one field of one rule other than it was."""
    found = pick.choice(list(_FIELD.finditer(text)))
    words = WORDS[found[2]]
    value = pick.choice(words)
    if found[2] != "grace_days":
        value = f"[{', '.join(pick.sample(words, pick.randint(1, 3)))}]"
    return f"{text[: found.start()]}{found[1]}{found[2]}: {value}{text[found.end() :]}"


def questions() -> Iterator[Question]:
    """What several sorts of users may ask about a person whom each tie makes theirs."""
    for party, role, kind, domain, ended in product(WORDS["parties"], WORDS["roles"], KINDS, PERSONAL, (None, 5)):
        who = Assignment(number=1, kind=Holder.STAFF, purpose="TREAT", role=role, party=party, actor="Practitioner/1")
        end = None if ended is None else NOW - timedelta(days=ended)
        tie = Relation(person="p", kind=kind, ground="CareTeam/1", party=party, actor="Practitioner/1", end=end)
        yield Question(assignment=who, domain=domain, at=NOW, person="p", relations=(tie,))


QUESTIONS_ASKED = tuple(questions())


def answers(policy: Policy) -> list[object]:
    return [decide(one, policy).verdict for one in QUESTIONS_ASKED]


@given(seed=st.integers(0, 2**40))
@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_no_decision_changes_without_the_digest_of_the_rules(seed: int) -> None:
    pick = Random(seed)
    before = read(FILES)
    assert isinstance(before, Region)
    book = before.rulebook
    new = {"country": altered(book.country, pick)} if pick.random() < 0.5 else {"region": altered(book.region, pick)}
    after = replace(book, **new).read()
    if not isinstance(after, Refusal) and answers(after) != answers(before.policy):
        assert digest(after) != digest(before.policy)
