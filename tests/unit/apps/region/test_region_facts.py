"""What facts on the region's page stand on, and words that are kept in two places."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from saman.apps.region import names
from saman.apps.region.about import TRIAGE_PURPOSE
from saman.apps.region.facts import NOT_KNOWN, Said, Teller, lines
from saman.apps.ui.locales import Words
from saman.kernel.outcome import Refusal
from saman.model.access.domain import Domain
from saman.model.access.relation import RelationKind
from saman.model.access.row import LAW_ROWS
from saman.model.care import agreement, governance, monitoring, party, region, service_model
from saman.model.care.basis import Grounded
from saman.model.triage.purpose import INTENDED_PURPOSE
from saman.ops.region import open_region

REGION = Path(__file__).parents[4] / "regions" / "no-agder"


@pytest.fixture(scope="module")
def tell() -> Teller:
    found = open_region(REGION)
    assert not isinstance(found, Refusal), found
    return Teller(found.model, Words("fi", ZoneInfo("Europe/Oslo"), datetime(2026, 11, 20, 9, tzinfo=UTC)))


def test_sources_are_numbered_by_mark_and_cited_in_that_order(tell: Teller) -> None:
    ground = tell.ground(Grounded(source=("nrk-procurement", "ihac-agder", "eipa-rkg")))
    assert [one.mark for one in ground.cited] == ["A", "B", "C"]
    assert [one.number for one in ground.cited] == sorted(one.number for one in ground.cited)


def test_a_part_that_is_not_known_makes_the_whole_not_known(tell: Teller) -> None:
    assert tell.ground(Grounded(source=("ihac-agder",)), Grounded(not_known=True)) == NOT_KNOWN
    assert not NOT_KNOWN.known


def test_a_sample_part_shows_beside_the_sources_of_the_rest(tell: Teller) -> None:
    ground = tell.ground(Grounded(source=("ihac-agder",)), Grounded(sample=True))
    assert ground.sample
    assert [one.id for one in ground.cited] == ["ihac-agder"]


def test_a_text_in_another_language_says_so(tell: Teller) -> None:
    assert tell.said({"fi": "Kunta", "en": "Municipality"}) == Said("Kunta")
    assert tell.said({"nb": "Kommune", "en": "Municipality"}) == Said("Municipality", "en")
    assert tell.said({"nb": "Kommune"}) == Said("Kommune", "nb")


def test_long_words_for_a_drawing_are_cut_with_an_ellipsis() -> None:
    assert lines("one two three four", 9, 2) == ["one two", "three …"]
    assert lines("", 9) == [""]


def test_every_closed_list_has_words() -> None:
    assert set(names.PARTIES) == set(party.PartyKind)
    assert set(names.BODIES) == set(governance.BodyKind)
    assert set(names.VOTING) | {governance.Voting.NOT_KNOWN} == set(governance.Voting)
    assert set(names.DIRECTIONS) == set(governance.Direction)
    assert set(names.AGREEMENTS) == set(agreement.AgreementKind)
    assert set(names.SECTORS) == set(region.Sector)
    assert set(names.MODES) == set(service_model.ModeKind)
    assert set(names.LIMITS) == set(service_model.Limit)
    assert set(names.CATEGORIES) == set(service_model.Category)
    assert set(names.OCCASIONS) == set(service_model.Occasion)
    assert set(names.RULES) == set(monitoring.RuleKind)
    assert set(names.TIES) == set(RelationKind)
    assert set(names.DATA) == {domain.word for domain in Domain}
    assert set(names.QUESTIONS) == set(LAW_ROWS)


def test_the_translated_purpose_of_triage_is_the_module_s_own() -> None:
    assert TRIAGE_PURPOSE == INTENDED_PURPOSE
