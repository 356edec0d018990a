"""Which files an import takes, and where their reading ends."""

from __future__ import annotations

from pathlib import Path

import pytest

from saman.kernel.outcome import Refusal
from saman.ops import importing_files
from saman.ops.exporting import unfit
from saman.ops.importing_files import files_in, read_document, read_line

PATIENT = b'{"resourceType":"Patient","id":"a"}'


def test_folders_are_searched_by_ending_and_named_files_taken_as_they_are(tmp_path: Path) -> None:
    names = ["b.JSON", "a.json.gz", "deep/c.ndjson", "deep/d.jsonl.gz", "e.xml", "f.gz", "g"]
    (tmp_path / "deep").mkdir()
    for name in names:
        (tmp_path / name).touch()
    found = files_in([tmp_path / "g", tmp_path, tmp_path / "b.JSON"])
    assert isinstance(found, list)
    assert [str(one.relative_to(tmp_path)) for one in found] == [
        "g", "a.json.gz", "b.JSON", "deep/c.ndjson", "deep/d.jsonl.gz",
    ]  # fmt: skip
    assert isinstance(files_in([tmp_path / "missing"]), Refusal)


def test_what_is_too_long_is_refused_with_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "a.json"
    file.write_bytes(PATIENT)
    monkeypatch.setattr(importing_files, "MOST_BYTES", len(PATIENT) - 1)
    monkeypatch.setattr(importing_files, "MOST_LINE", len(PATIENT) - 1)
    refusal = read_document(file)
    assert isinstance(refusal, Refusal)
    assert "NDJSON" in refusal.issues[0].text
    line = read_line(PATIENT, 1)
    assert isinstance(line, Refusal)
    assert line.issues[0].path == "line 1"


@pytest.mark.parametrize(
    ("names", "force", "fits"),
    [
        ([], False, True),
        (["Patient.ndjson"], False, False),
        (["Patient.ndjson"], True, True),
        (["Patient.ndjson", "x"], True, False),
    ],
)
def test_an_export_goes_to_an_empty_folder_or_replaces_an_export(
    tmp_path: Path, names: list[str], force: bool, fits: bool
) -> None:
    for name in names:
        (tmp_path / name).touch()
    assert (unfit(tmp_path, force=force) is None) == fits
    assert unfit(tmp_path / "new", force=False) is None
