"""`saman model apply`, `versions`, `rollback` and `move`: the plan first, then one version a change."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.applying import AGDER, FOLLOW_UP, asking_anew, changed, enrolment, region_files
from tests.http.cli.conftest import Saman, written

CENTRE = "agder-telemedicine-centre"
CHANGED = "Questionnaire symptoms: questions, breathing, text"


@pytest.fixture(scope="module")
def database(new_database):
    return new_database()


def folder_of(tmp_path: Path, files: dict[str, str]) -> Path:
    """The files in folders of their own."""
    for path, text in files.items():
        file = tmp_path / "regions" / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    return tmp_path / "regions" / "no-agder"


def test_a_region_is_applied_shown_rolled_back_and_people_are_moved(saman: Saman, tmp_path: Path) -> None:
    first = saman("model", "apply", AGDER, "--reason", "We begin")
    assert first.status == 0, first.err
    assert "Version 1 (" in first.out
    assert "Applied as version 1." in first.err
    again = saman("model", "apply", AGDER)
    assert again.status == 0
    assert "Everything is as in version 1." in again.out
    assert "Nothing was written." in again.err

    person = {"resourceType": "Patient", "id": "kari", "name": [{"text": "Kari Ås"}]}
    episode = enrolment("kari", "digital-home-follow-up", CENTRE, id="kari-follow-up")
    file = written(tmp_path / "kari.ndjson", person, episode)
    assert saman("import", file).status == 0
    told = next(line for line in saman("import", file).out.splitlines() if "EpisodeOfCare" in line)
    assert [cell.strip() for cell in told.split("│")][1:-1] == ["EpisodeOfCare", "", "", "", "1"]

    renewed = folder_of(tmp_path, asking_anew(region_files(AGDER)))
    tried = saman("model", "apply", renewed, "--dry-run")
    assert tried.status == 0
    assert CHANGED in tried.out
    assert "People in it, who stay on their version until moved: 1." in tried.out
    assert "Kari" not in tried.out + tried.err
    assert "Nothing was written." in tried.err
    assert "asked anew" not in saman("model", "versions").out

    assert saman("model", "apply", renewed, "--reason", "asked anew").status == 0
    listed = saman("model", "versions").out
    assert "asked anew" in listed
    assert "We begin" in listed

    assert saman("model", "move", "digital-home-follow-up", "--dry-run").out.startswith(
        "Would move: 1. Already there: 0."
    )
    assert saman("model", "move", "digital-home-follow-up").out.startswith("Moved: 1. Already there: 0.")
    assert saman("model", "move", "digital-home-follow-up").out.startswith("Moved: 0. Already there: 1.")
    unknown = saman("model", "move", "no-such-service")
    assert (unknown.status, unknown.err.count("\n")) == (1, 1)

    back = saman("model", "rollback", "--dry-run")
    assert "Version 3 (" in back.out
    assert saman("model", "rollback").status == 0
    assert "Back to version 1." in saman("model", "versions").out
    same = saman("model", "rollback", "1")
    assert "Everything is as in version 3." in same.out
    missing = saman("model", "rollback", "77")
    assert (missing.status, missing.err) == (1, "There is no version 77. `saman model versions` lists them.\n")


def test_what_is_wrong_is_said_with_its_place_and_nothing_is_written(saman: Saman, tmp_path: Path) -> None:
    broken = folder_of(
        tmp_path, changed(region_files(AGDER), FOLLOW_UP, "category: remote-monitoring", "category: odd")
    )
    before = saman("model", "versions").out
    refused = saman("model", "apply", broken)
    assert refused.status == 1
    assert "no-agder/services/digital-home-follow-up.yaml:" in refused.err
    assert saman("model", "versions").out == before
    assert saman("model", "apply", tmp_path / "nowhere").status == 1
