"""Papers: which there are, that every sentence has its row, and that what is not known stays blank."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from saman.model.care.check import check
from saman.model.care.papers.paper import Paper, Ruled, Sentence, Standing
from saman.ops.region import Region, open_region
from tests.unit.model.care.papers.conftest import REGIONS, Drafted, drafted_from

ALL = ("record-of-processing", "joint-controllers", "impact-assessment", "processor-annex")
GIVEN = {
    "no-agder": (
        *ALL, "risk-assessment", "citizen-information-digital-home-follow-up", "citizen-information-safety-alarm",
    ),
    "se-norrtalje": (
        *ALL, "need-and-risk-analysis", "citizen-information-digital-home-follow-up",
        "citizen-information-joint-team-at-home", "citizen-information-medicine-dispenser",
        "citizen-information-mental-health-online", "citizen-information-night-camera",
        "citizen-information-virtual-health-room",
    ),
    "dk": (
        *ALL, "citizen-information-assisted-video-consultation", "citizen-information-gps-safety",
        "citizen-information-pregnancy-at-home", "citizen-information-remote-support-mental-health",
        "citizen-information-telemedicine-copd-heart-failure",
    ),
    "fi-paijat-hame": (
        *ALL, "citizen-information-digital-clinic-chat", "citizen-information-electronic-lock",
        "citizen-information-medicine-dispenser", "citizen-information-mobile-unit",
        "citizen-information-rehabilitation-at-a-distance", "citizen-information-virtual-home-care-visit",
    ),
    "is-fjallabyggd": (
        *ALL, "citizen-information-health-promotion-60-plus", "citizen-information-joint-intake-and-assessment-team",
        "citizen-information-remote-care-visit", "citizen-information-remote-specialist-consultation",
        "citizen-information-safety-alarm",
    ),
    "template": (*ALL, "risk-assessment", "citizen-information-safety-alarm", "citizen-information-video-visit"),
}  # fmt: skip
PLACE = re.compile(r"(.+\.yaml):(\d+)")

Shipped = Callable[[str], Drafted]


def paper(drafted: Drafted, name: str) -> Paper:
    return next(one for one in drafted[1] if one.id == name)


def at(drafted: Drafted, place: str) -> list[Sentence]:
    return [one for each in drafted[1] for one in each.sentences if one.origin.place == place]


def line_of(path: Path, words: str) -> int:
    return next(number for number, line in enumerate(path.read_text("utf-8").splitlines(), 1) if words in line)


@pytest.mark.parametrize("name", GIVEN)
def test_every_region_gets_the_papers_of_its_country(shipped: Shipped, name: str) -> None:
    assert tuple(one.id for one in shipped(name)[1]) == GIVEN[name]


@pytest.mark.parametrize("name", GIVEN)
def test_every_sentence_points_to_a_row_that_is_there(shipped: Shipped, name: str) -> None:
    texts: dict[str, list[str]] = {}
    for one in shipped(name)[1]:
        assert one.sentences
        for sentence in one.sentences:
            found = PLACE.fullmatch(sentence.origin.place)
            assert found, sentence
            lines = texts.setdefault(found[1], (REGIONS / found[1]).read_text("utf-8").splitlines())
            line = lines[int(found[2]) - 1].strip()
            assert line, sentence
            assert not line.startswith("#"), sentence


@pytest.mark.parametrize("name", GIVEN)
def test_what_a_rule_of_access_says_stands_at_its_line(shipped: Shipped, name: str) -> None:
    said = [one for each in shipped(name)[1] for one in each.sentences]
    ruled = [(one, value) for one in said for _, value in one.phrase.values if isinstance(value, Ruled)]
    assert len(ruled) > 20
    for sentence, value in ruled:
        file, line = sentence.origin.place.rsplit(":", 1)
        near = " ".join((REGIONS / file).read_text("utf-8").splitlines()[int(line) - 1 : int(line) + 6])
        assert value.text.split()[0].strip('"') in near, sentence


@pytest.mark.parametrize("name", GIVEN)
def test_sources_and_standings_are_those_of_the_row(shipped: Shipped, name: str) -> None:
    region, drafts = shipped(name)
    known = {one.id for one in (*region.model.region.sources, *region.model.country.sources)}
    for sentence in (one for each in drafts for one in each.sentences):
        assert known.issuperset(sentence.origin.sources)
        if sentence.origin.standing is Standing.SOURCE:
            assert sentence.origin.sources, sentence


@pytest.mark.parametrize("name", GIVEN)
def test_every_service_and_pathway_with_person_data_stands_in_the_record(shipped: Shipped, name: str) -> None:
    drafted = shipped(name)
    model = drafted[0].model
    headings = [dict(one.heading.values).get("value") for one in paper(drafted, "record-of-processing").sections]
    flowing = [one.name for one in model.services if one.flows]
    sending = [one.name for one in model.pathways if any(step.sends for step in one.steps)]
    assert flowing
    assert all(named in headings for named in (*flowing, *sending))


def test_papers_never_call_a_rule_law_that_nobody_confirmed(shipped: Shipped) -> None:
    for name in GIVEN:
        region, drafts = shipped(name)
        unconfirmed = {one.value for one in region.policy.rows if not one.confirmed}
        for sentence in (one for each in drafts for one in each.sentences):
            texts = {value.text for _, value in sentence.phrase.values if isinstance(value, Ruled)}
            if texts & unconfirmed:
                assert sentence.origin.standing in (Standing.SECONDARY, Standing.UNCHECKED), sentence


@pytest.fixture
def agder(tmp_path: Path) -> Path:
    return Path(shutil.copytree(REGIONS, tmp_path / "regions")) / "no-agder"


def test_what_becomes_unknown_becomes_a_blank(agder: Path) -> None:
    file = agder / "services" / "safety-alarm.yaml"
    number = line_of(file, "id: centre-to-home-care")
    place = f"no-agder/services/safety-alarm.yaml:{number}"
    before = at(drafted_from(agder), place)
    assert before
    assert not any(one.blank for one in before)
    lines = file.read_text("utf-8").splitlines()
    lines[number - 1] = lines[number - 1].replace("sample: true", "not_known: true")
    file.write_text("\n".join(lines) + "\n", "utf-8")
    after = at(drafted_from(agder), place)
    assert len(after) == len(before)
    assert all(one.blank and "Where to go" not in str(one.phrase) for one in after)


def test_an_agreement_is_in_the_papers_as_long_as_it_holds(agder: Path) -> None:
    names = [
        [dict(one.heading.values).get("value") for one in paper(drafted_from(agder, day), "joint-controllers").sections]
        for day in (date(2030, 12, 31), date(2031, 1, 1))
    ]
    assert "Hjemmeoppfølging Agder (eksempel)" in names[0]
    assert "Hjemmeoppfølging Agder (eksempel)" not in names[1]


def test_an_option_that_is_not_taken_up_takes_nothing(shipped: Shipped) -> None:
    record = paper(shipped("no-agder"), "record-of-processing")
    alarm = next(one for one in record.sections if "Trygghetsalarm" in str(one.heading))
    taken = next(one for one in alarm.entries if one.label.message == "Organisations that take the service")
    assert "Risør kommune" in str(taken)
    assert "Sirdal kommune" not in str(taken)


def test_the_need_of_each_role_that_sees_something_is_asked_for(shipped: Shipped) -> None:
    region, _ = shipped("se-norrtalje")
    analysis = paper(shipped("se-norrtalje"), "need-and-risk-analysis")
    roles = {role.name["en"]: role for role in region.model.roles}
    headings = [dict(one.heading.values).get("value") for one in analysis.sections]
    assert roles["home-care worker"].name in headings
    assert roles["citizen"].name not in headings
    for section in analysis.sections:
        if dict(section.heading.values).get("value") in [role.name for role in region.model.roles]:
            assert not section.entries[0].sentences[0].blank
            assert all(entry.sentences[0].blank for entry in section.entries[1:])


def test_a_paper_of_the_country_names_its_rule_and_that_nobody_confirmed_it(shipped: Shipped) -> None:
    for name, kind in (("no-agder", "risk-assessment"), ("se-norrtalje", "need-and-risk-analysis")):
        found = paper(shipped(name), kind)
        assert found.ruled_by is not None
        assert found.ruled_by.standing is Standing.UNCHECKED


def test_a_country_names_papers_with_a_source_that_is_there(agder: Path) -> None:
    file = agder.parent / "countries" / "no.yaml"
    text = file.read_text("utf-8")
    number = line_of(file, "kind: risk-assessment")
    ends = "source: {}, status: U}}\n\nsources"
    file.write_text(text.replace(ends.format("practice"), ends.format("nowhere")), "utf-8")
    region = open_region(agder)
    assert isinstance(region, Region)
    (issue,) = check(region.loaded, datetime(2026, 11, 23, tzinfo=UTC))
    assert (issue.path, "There is no source `nowhere`." in issue.text) == (f"countries/no.yaml:{number}", True)
