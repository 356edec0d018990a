"""What Binaries hold, from the outside: imported, exported, backed up and brought back."""

from __future__ import annotations

import base64
import hashlib
import os
import tarfile
from pathlib import Path
from typing import Any

import pytest

from saman.kernel import json
from saman.ops.settings import load
from tests.conftest import Database
from tests.http.cli.conftest import Saman
from tests.http.cli.test_data import told

DATA = os.urandom(200_000)
DIGEST = hashlib.sha256(DATA).hexdigest()


def binary(id: str, data: bytes) -> dict[str, Any]:
    text = base64.b64encode(data).decode()
    return {"resourceType": "Binary", "id": id, "contentType": "application/pdf", "data": text}


def folder() -> Path:
    settings = load()
    return settings.data_dir / "contents"  # type: ignore[union-attr]


def file() -> Path:
    return folder() / DIGEST[:2] / DIGEST[2:4] / DIGEST


def written(path: Path, *resources: dict[str, Any]) -> Path:
    path.write_bytes(b"\n".join(map(json.encode, resources)))
    return path


def test_in_and_out(saman: Saman, tmp_path: Path) -> None:
    lines = written(tmp_path / "some.ndjson", binary("in-and-out", DATA), binary("other", b"x"))
    assert told(saman, lines) == [["Binary", "2", "", "", ""]]
    assert told(saman, lines) == [["Binary", "", "", "", "2"]]
    assert file().read_bytes() == DATA
    out = tmp_path / "out"
    assert saman("export", out).status == 0
    found = {one["id"]: one for one in map(json.decode, (out / "Binary.ndjson").read_bytes().splitlines())}
    assert base64.b64decode(found["in-and-out"]["data"]) == DATA
    assert "_data" not in found["in-and-out"]
    assert told(saman, out)[0] == ["Binary", "", "", "", "2"]
    file().unlink()
    lost = saman("export", tmp_path / "lost")
    assert (lost.status, lost.err.count("\n")) == (1, 1)
    assert not (tmp_path / "lost").exists()
    written(lines, binary("in-and-out", DATA) | {"language": "nb"})
    assert told(saman, lines) == [["Binary", "", "1", "", ""]]
    assert file().read_bytes() == DATA


def test_a_backup_holds_the_contents(
    saman: Saman, database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SAMAN_DATABASE_ADMIN_URL", database.admin_url)
    told(saman, written(tmp_path / "some.ndjson", binary("backed-up", DATA)))
    backup = tmp_path / "backup"
    assert saman("backup", backup).status == 0
    archive = tmp_path / "backup.contents.tar"
    assert archive.stat().st_mode & 0o777 == 0o600
    with tarfile.open(archive) as opened:
        assert DIGEST in opened.getnames()
    assert saman("verify", "backup", backup).status == 0
    file().unlink()
    assert saman("restore", backup, "--force").status == 0
    assert file().read_bytes() == DATA
    body = bytearray(archive.read_bytes())
    body[body.index(DATA[:64])] ^= 1
    archive.write_bytes(body)
    for words in (["verify", "backup", backup], ["restore", backup, "--force"]):
        done = saman(*words)
        assert (done.status, done.err.count("\n")) == (1, 1)
        assert "checksum differs" in done.err
    checksum = tmp_path / "backup.sha256"
    digest = hashlib.sha256(body).hexdigest()
    checksum.write_text(f"{checksum.read_text().splitlines()[0]}\n{digest}  {archive.name}\n")
    assert "not what was backed up" in saman("verify", "backup", backup).err
    archive.unlink()
    assert "is not there" in saman("verify", "backup", backup).err
