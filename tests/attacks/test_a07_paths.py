"""A7: no name that is sent becomes a path: not in an address, not in a file that is imported, not in an attachment."""

from __future__ import annotations

import gzip
from pathlib import Path

import httpx
import pytest

from saman.kernel.outcome import Refusal
from saman.ops.importing_files import MOST_BYTES, files_in, read_document
from tests.attacks.counting import tried

UP = (
    "../", "..%2f", "%2e%2e/", "%2e%2e%2f", "..%5c", "..\\", "....//", "..;/", "%252e%252e%252f", "..%c0%af", "/",
    "//", "%2f", "\\\\host\\share\\", "..%00/", "./../", "static/../../",
)  # fmt: skip
WANTED = ("etc/passwd", "saman.toml", "pyproject.toml", ".git/config", ".saman/run/server.pid", "proc/self/environ")


async def test_no_address_leads_out_of_what_is_served(
    client: httpx.AsyncClient, capsys: pytest.CaptureFixture[str]
) -> None:
    cases = 0
    for up in UP:
        for depth in (1, 4, 9):
            for wanted in WANTED:
                path = up * depth + wanted
                raw = f"/fhir/{path}".encode("ascii", "ignore")
                answer = await client.get(httpx.URL("http://test/", raw_path=raw))
                assert answer.status_code in (400, 404, 405), path
                assert "root:" not in answer.text
                cases += 1
    tried(capsys, "A7", cases)


def test_what_is_imported_is_read_and_never_unpacked_by_name(tmp_path: Path) -> None:
    inside = tmp_path / "in"
    inside.mkdir()
    (inside / "link.json").symlink_to("/etc/passwd")
    (inside / "archive.zip").write_bytes(b"PK\x03\x04")
    (inside / "archive.tar.gz").write_bytes(gzip.compress(b"../../evil\0"))
    (inside / "good.json").write_text("{}")
    found = files_in([inside])
    assert not isinstance(found, Refusal)
    assert {path.name for path in found} <= {"good.json", "link.json"}
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in"]


def test_a_packed_file_is_not_unpacked_beyond_the_limit(tmp_path: Path) -> None:
    bomb = tmp_path / "bomb.json.gz"
    with gzip.open(bomb, "wb", compresslevel=9) as packed:
        for _ in range(MOST_BYTES // 2**20 + 2):
            packed.write(b" " * 2**20)
    assert bomb.stat().st_size < 2**20
    answer = read_document(bomb)
    assert isinstance(answer, Refusal)
