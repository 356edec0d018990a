"""Every kind of mistake that the source of the checks can tell of is told when somebody makes it."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple

import pytest

import saman.model.care
from saman.kernel.outcome import Issue
from saman.model.care.caremodel import CareModel
from saman.model.care.load import Loaded, load
from saman.model.care.way_drafts import findings as of_draft
from saman.model.care.way_drafts import service_draft
from saman.model.care.yamltree import MAX_CHARACTERS
from tests.unit.model.care.conftest import FOLDER as AGDER
from tests.unit.model.care.conftest import NOW, agder_files, every_issue
from tests.unit.model.care.test_care_check import BROKEN
from tests.unit.model.care.test_care_pathways import BROKEN as BROKEN_ON_THE_WAY
from tests.unit.model.care.test_way import BROKEN as BROKEN_IN_WAY
from tests.unit.model.care.test_way import WAY
from tests.unit.model.care.test_way_going import AUTHOR, FRESH

FOLDER = Path(saman.model.care.__file__).parent
MODULES = [path.stem for path in sorted(FOLDER.glob("*.py")) if re.search(r"\bfinding\(", path.read_text("utf-8"))]
PARTIES = "no-agder/parties.yaml"
SERVICE = "no-agder/services/digital-home-follow-up.yaml"
ALARM = "no-agder/services/safety-alarm.yaml"
PATHWAY = "no-agder/pathways/admission-discharge.yaml"


PROJECT = (
    "schema: 0\nprojects:\n  - {id: one, name: One, purpose: {en: One, nb: En}, status: ended, since: 2020,"
    " until: 2019, sample: true}\n"
)
NEITHER = (
    '  - {sv: "varken eller", nb: "verken enig eller uenig", da: "hverken enig eller uenig",'
    ' fi: "ei samaa eikä eri mieltä", is: "hvorki né", en: "neither"}\n'
)
ASKED = "    citizen: {nb: a, sv: a, da: a, fi: a, is: a, en: a}\n"
LANGUAGES = "languages: [nb, sv, da, fi, is, en]\n"
WITHIN_WAY = tuple((WAY, old, new) for old, new, *_ in BROKEN_IN_WAY.values())
OPENING = "within: {span: {hours: 2, counted: opening, sample: true}}"


class Place(NamedTuple):
    """Where the source makes a finding."""

    module: str
    line: int


class Made(NamedTuple):
    """A finding that was made: where in the source, and what kind it is, names and numbers apart."""

    place: Place
    kind: str


def written() -> set[Place]:
    """Every place in the source that makes a finding."""
    return {
        Place(module, node.lineno)
        for module in MODULES
        for node in ast.walk(ast.parse((FOLDER / f"{module}.py").read_text("utf-8")))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "finding"
    }


def kind_of(code: str, wrong: str) -> str:
    """What is wrong, without what is named in it: `There is no … …` stays apart by what is not there."""
    return f"{code}: {re.sub(r'`[^`]*`|[0-9][0-9-]*', '…', wrong)}"


@pytest.fixture(scope="module")
def made() -> list[Made]:
    """Every finding of every mistake in this folder's tables and in those below."""
    found: list[Made] = []
    with pytest.MonkeyPatch.context() as patch:
        for name in MODULES:
            module = import_module(f"saman.model.care.{name}")
            patch.setattr(module, "finding", _noting(name, module.finding, found))
        files = agder_files()
        for name, old, new, *_ in (*BROKEN.values(), *BROKEN_ON_THE_WAY.values(), *WITHIN_WAY, *MORE.values()):
            assert old in files[f"regions/{name}"], (name, old)
            every_issue({**files, f"regions/{name}": files[f"regions/{name}"].replace(old, new, 1)})
        for changed, now in whole(files):
            every_issue(changed, now)
        agder = _agder(files)
        of_draft(service_draft(FRESH, {}, agder, AUTHOR), agder, NOW.date())
    return found


def _agder(files: Mapping[str, str]) -> CareModel:
    read = load(files, AGDER)
    assert isinstance(read, Loaded)
    return read.model


def _noting(name: str, real: Any, found: list[Made]) -> Any:
    def finding(place: str, code: str, wrong: str, mend: str) -> Issue:
        found.append(Made(Place(name, sys._getframe(1).f_lineno), kind_of(code, wrong)))
        issue: Issue = real(place, code, wrong, mend)
        return issue

    return finding


MORE = {
    "a list for a name": (PARTIES, "schema: 0\n", "schema: 0\n[a, b]: c\n"),
    "a file that holds itself": (PARTIES, "schema: 0\n", "schema: 0\nall: &all [*all]\n"),
    "a file too long": (PARTIES, "schema: 0\n", f"schema: 0\n# {'x' * MAX_CHARACTERS}\n"),
    "two documents": (PARTIES, "schema: 0\n", "schema: 0\n---\nschema: 0\n"),
    "an alias of nothing": (PARTIES, "schema: 0", "schema: *nought"),
    "a role of no kind of party": (ALARM, "role: coordinator, party_kind: municipality,", "role: coordinator,"),
    "something else in another service": (ALARM, "  - id: drive-out\n", "  - id: help-in-daily-life\n"),
    "a scale of four steps": ("assessment.yaml", NEITHER, ""),
    "asking nobody": (PATHWAY, "    to: municipality\n", ""),
    "handed over, not acknowledged": (
        PATHWAY, "    asks: duty-bound\n    answers: [receive, accept, delay, dispute]\n    hands_over",
        "    hands_over"),
}  # fmt: skip


def whole(files: Mapping[str, str]) -> Iterator[tuple[dict[str, str], datetime]]:
    """Mistakes that are more than one word: a file that is missing, a line that is, a day that has come."""
    pathway, parties = files[f"regions/{PATHWAY}"], files[f"regions/{PARTIES}"]
    service, country = files[f"regions/{SERVICE}"], files["regions/countries/no.yaml"]
    yield {**files}, datetime(2031, 1, 2, tzinfo=UTC)
    yield {path: text for path, text in files.items() if not path.endswith(PARTIES)}, NOW
    yield {**files, "regions/no-agder/from-2027-13-01/parties.yaml": parties}, NOW
    yield {**files, "regions/no-agder/portfolio.yaml": PROJECT}, NOW
    yield {**files, f"regions/{PATHWAY}": re.sub(r"\n    late: .*", "", pathway)}, NOW
    way, asked = files[f"regions/{WAY}"], files["regions/assessment.yaml"]
    yield {**files, f"regions/{WAY}": way.replace("counts: true", "counts: false")}, NOW
    norwegian = files["regions/no-agder/region.yaml"].replace(LANGUAGES, "languages: [nb]\n")
    unsaid = way.replace("{nb: Behov, sv: Behov,", "{nb: Behov,", 1)
    yield {**files, "regions/no-agder/region.yaml": norwegian, f"regions/{WAY}": unsaid}, NOW
    parts = asked.split("\n  - id: ")
    theirs = [part if "    citizen:" in part else part.replace("    staff:", f"{ASKED}    staff:", 1) for part in parts]
    everybody = "\n  - id: ".join(theirs)
    yield {**files, "regions/assessment.yaml": everybody}, NOW
    shut = re.sub(r"\n    hours:.*((\n      .*)*)", "", parties)
    yield {**files, f"regions/{PARTIES}": shut}, NOW
    opening = pathway.replace("within: {span: {hours: 2, counted: clock, sample: true}}", OPENING)
    yield {**files, f"regions/{PARTIES}": shut, f"regions/{PATHWAY}": opening}, NOW
    ended = country.replace("  - id: admission-notice\n", "  - id: admission-notice\n    valid_to: 2020-12-31\n")
    yield {**files, "regions/countries/no.yaml": ended}, NOW
    saturday = '{sat: ["08:00-12:00"], sample: true}'
    chain = re.sub(r"\{always: true, (sample: true|source: \[health-directorate-dho\])\}", saturday, service)
    yield {**files, f"regions/{SERVICE}": chain}, NOW


def test_every_place_in_the_source_is_reached_by_a_mistake(made: list[Made]) -> None:
    assert sorted(written() - {one.place for one in made}) == []


def test_there_are_at_least_sixty_kinds(made: list[Made]) -> None:
    kinds = {one.kind for one in made}
    assert len(kinds) >= 60, sorted(kinds)
