"""`saman view`: definitions from files, rows into files that appear whole or not at all."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from saman.kernel.outcome import Kind, Refusal, refused
from saman.ops import cli
from saman.ops.views import put_into, view_of, write_view
from saman.record import Record
from saman.record.views import View
from saman.record.views.writing import FORMATS
from tests.record.conftest import made, patient
from tests.record.views.running import column, definition, view


def saved(folder: Path, tree: Any) -> Path:
    file = folder / "view.json"
    file.write_text(json.dumps(tree), "utf-8")
    return file


async def test_rows_are_written(record: Record) -> None:
    who = await made(record, patient())
    parts: list[bytes] = []
    told: list[str] = []
    wanted = view("Patient", column("id", name="id"), column("name.family", name="family"))
    count = await write_view(record, wanted, FORMATS["csv"](wanted.columns), parts.append, told.append)
    assert isinstance(count, int)
    lines = b"".join(parts).decode().splitlines()
    assert lines[0] == "id,family"
    assert f"{who},Ås" in lines
    assert len(lines) == count + 1
    assert told[-1] == f"{count} rows written"


async def test_what_breaks_off_is_a_refusal(record: Record) -> None:
    await made(record, patient(name=[{"family": "A"}, {"family": "B"}]))
    wanted = view("Patient", column("name.family"))
    answer = await write_view(record, wanted, FORMATS["ndjson"](wanted.columns), lambda _: None, lambda _: None)
    assert isinstance(answer, Refusal)


def test_a_file_appears_whole_or_not_at_all(tmp_path: Path) -> None:
    out = tmp_path / "rows.csv"
    failed = put_into(out, lambda put: (put(b"half"), refused(Kind.TOO_COSTLY, "too-costly", "x"))[1])
    assert isinstance(failed, Refusal)
    assert list(tmp_path.iterdir()) == []
    assert put_into(out, lambda put: (put(b"whole"), 1)[1]) == 1
    assert out.read_bytes() == b"whole"
    assert out.stat().st_mode & 0o777 == 0o600
    assert list(tmp_path.iterdir()) == [out]
    nowhere = put_into(tmp_path / "nowhere" / "rows", lambda put: 1)
    assert isinstance(nowhere, Refusal)


def test_definitions_come_from_files(tmp_path: Path) -> None:
    assert isinstance(view_of(saved(tmp_path, definition("Patient", column("id")))), View)
    assert isinstance(view_of(saved(tmp_path, definition("Nobody", column("id")))), Refusal)
    assert isinstance(view_of(tmp_path / "nothing.json"), Refusal)
    (tmp_path / "broken.json").write_bytes(b"{\xff")
    assert isinstance(view_of(tmp_path / "broken.json"), Refusal)


def test_check_tells_the_columns_or_what_is_wrong(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    fine = saved(tmp_path, definition("Patient", column("birthDate", name="born"), column("nonsense", name="other")))
    assert cli.main(["view", "check", str(fine)]) == 0
    told = capsys.readouterr()
    assert "born" in told.out
    assert "date" in told.out
    assert "ViewDefinition.select[0].column[1].path: R4 has no element nonsense in Patient" in told.err
    wrong = saved(tmp_path, definition("Patient", column("birthDate..", name="born")))
    assert cli.main(["view", "check", str(wrong)]) == 1
    assert "ViewDefinition.select[0].column[0].path: Expected a name" in capsys.readouterr().err
