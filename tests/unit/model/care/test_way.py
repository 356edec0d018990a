"""The guided way as data: it fits together, and each thing that can be wrong in its file is told."""

from __future__ import annotations

import msgspec
import pytest

from saman.model.care.basis import LANGUAGES
from saman.model.care.check import check
from saman.model.care.load import Loaded, load

from .conftest import FOLDER, NOW

WAY = "way.yaml"

BROKEN = {
    "step without voice there is": ("heard: [suppliers]", "heard: [wizards]", "no voice `wizards`", "correct"),
    "step without paper there is": ("templates: [lessons]", "templates: [sonnet]", "no template `sonnet`", "correct"),
    "paper nobody uses": ("        templates: [lessons]\n", "", "No step uses the template `lessons`", "Name it"),
    "step twice": ("- id: pass-on", "- id: needs", "stands in another phase", "another id"),
    "phase twice": ("  - id: insight\n", "  - id: anchoring\n", "used twice", "another id"),
    "voice twice": ("- {id: politicians,", "- {id: citizens,", "used twice", "another id"),
    "choice between nothing": ("            options_from: voices\n", "", "between nothing", "`options_from`"),
    "options and no choice": (
        "{id: name, kind: text, label",
        "{id: name, kind: text, options_from: roles, label",
        "no choice",
        "options",
    ),
    "rows without columns": ("{id: budget, kind: text", "{id: budget, kind: rows", "rows without columns", "`columns`"),
    "columns without rows": ("        kind: rows\n", "        kind: text\n", "columns without rows", "kind: rows"),
    "kind that is none": ("kind: number, label", "kind: guess, label", "not in its list", "long-text"),
    "list that is none": ("options_from: roles", "options_from: wizards", "not in its list", "parties"),
    "language missing": ("{nb: Behov, sv: Behov,", "{nb: Behov,", "missing in sv", "`sv:`"),
    "no ground": ("  - id: insight\n    source: [roadmap]\n", "  - id: insight\n", "no source", "sample: true"),
    "unknown source": ("source: [ihac-call-2]", "source: [dream]", "no source `dream`", "`sources`"),
    "nothing counts": ("counts: true", "counts: false", "Nothing counts", "counts: true"),
    "more than all": ("percent: 80", "percent: 180", "too large", "<= 100"),
    "unknown word": ("        optional: true\n", "        optinal: true\n", "`optinal` is not a word", "`optional`"),
}  # fmt: skip


def test_every_region_has_the_same_way(files, loaded):
    way = loaded.model.way
    assert [len(phase.steps) for phase in way.phases] == [5, 3, 3, 3, 2]
    for folder in ("no-agder", "fi-paijat-hame", "is-fjallabyggd", "se-norrtalje", "dk", "template"):
        other = load(files, f"regions/{folder}")
        assert isinstance(other, Loaded)
        assert other.model.way == way


def test_each_kind_of_paper_and_all_six_benefit_holders_are_there(agder):
    names = {one.id for one in agder.way.templates}
    assert names >= {
        "project-presentation", "stakeholder-map", "anchoring-plan", "benefit-plan", "communication-plan",
        "needs-analysis", "market-screening", "evaluation", "procurement", "implementation",
    }  # fmt: skip
    holders = agder.way.template("benefit-plan").fields[0].columns[0].options
    assert [one.id for one in holders] == [
        "citizens", "staff", "organisations", "municipalities", "regions", "society",
    ]  # fmt: skip


def test_the_claim_is_a_source_s_and_no_sample(agder):
    claim = agder.way.claim
    assert claim.percent == 80
    assert [one.id for one in agder.way.sources_of(claim)] == ["vopd-experiences"]
    assert not claim.sample
    assert set(claim.text) == set(LANGUAGES)


@pytest.mark.parametrize("case", BROKEN)
def test_what_is_wrong_with_the_way_is_told_with_place_and_mend(case, files, found):
    old, new, wrong, mend = BROKEN[case]
    text = files[f"regions/{WAY}"]
    assert old in text
    count = -1 if case == "nothing counts" else 1
    issues = found({**files, f"regions/{WAY}": text.replace(old, new, count)})
    told = [dict(one.args) for one in issues if wrong in dict(one.args)["wrong"]]
    assert told, [one.text for one in issues]
    assert any(mend in one["mend"] for one in told)
    assert all(one.path.startswith(f"regions/{WAY}:") for one in issues)


def test_the_way_speaks_languages_that_the_region_does_not(files):

    text = files[f"regions/{WAY}"].replace("is: Þarfir,", "", 1)
    loaded = load({**files, f"regions/{WAY}": text}, FOLDER)
    assert isinstance(loaded, Loaded)
    narrow = msgspec.structs.replace(loaded.model.region, languages=("nb", "en"))
    issues = check(msgspec.structs.replace(loaded, model=msgspec.structs.replace(loaded.model, region=narrow)), NOW)
    assert any("missing in is" in one.text and one.path.startswith(f"regions/{WAY}") for one in issues)


def test_a_region_without_the_file_has_no_way(files, found):
    without = {name: text for name, text in files.items() if name != f"regions/{WAY}"}
    loaded = load(without, FOLDER)
    assert isinstance(loaded, Loaded)
    assert loaded.model.way is None
    assert found(without) == ()
