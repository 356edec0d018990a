from __future__ import annotations

import gzip
import hashlib
import re
from pathlib import Path

import brotli
import httpx
import pytest
from starlette.applications import Starlette

from saman.apps.ui import static
from saman.apps.ui.static import STATIC, coding_for

ASSETS = static.load()
VENDORED = re.compile(r"^\| (\S+) \|.*\| ([0-9a-f]{64}) \|$", re.MULTILINE)


async def fetch(path: str, accept: str) -> httpx.Response:
    app = Starlette(routes=[static.static_route(ASSETS)])
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://saman.test") as client:
        return await client.get(path, headers={"accept-encoding": accept})


def test_files_from_others_are_what_they_say() -> None:
    listed = VENDORED.findall((STATIC / "vendor" / "README.md").read_text(encoding="utf-8"))
    assert len(listed) == 4
    for name, digest in listed:
        assert hashlib.sha256((STATIC / name).read_bytes()).hexdigest() == digest, name


def test_every_file_from_others_is_listed() -> None:
    listed = {name for name, _ in VENDORED.findall((STATIC / "vendor" / "README.md").read_text(encoding="utf-8"))}
    found = [*STATIC.glob("vendor/*.[cj]s*"), *STATIC.glob("fonts/*.woff2")]
    assert {str(path.relative_to(STATIC)) for path in found} == listed


def test_styles_weigh_at_most_30_kilobytes() -> None:
    sheet = ASSETS.at(ASSETS.address("saman.css"))
    assert sheet is not None
    assert len(sheet.packed["br"]) <= 30_000
    assert len(sheet.packed["gzip"]) <= 30_000


def test_styles_point_only_at_files_that_exist() -> None:
    sheet = ASSETS.at(ASSETS.address("saman.css"))
    assert sheet is not None
    addresses = [
        found
        for found in re.findall(r"url\(\"?([^)\"]+)\"?\)", sheet.body.decode())
        if not found.startswith(("data:", "#"))
    ]
    assert len(addresses) == 2
    assert all(ASSETS.at(address) for address in addresses)


@pytest.mark.parametrize(
    ("accept", "coding"),
    [("gzip, deflate, br", "br"), ("gzip;q=0.5", "gzip"), ("br;q=0, gzip", "gzip"), ("", ""), ("identity", "")],
)
def test_the_best_coding_is_chosen(accept: str, coding: str) -> None:
    assert coding_for(accept) == coding


@pytest.mark.parametrize(("accept", "unpack"), [("br", brotli.decompress), ("gzip", gzip.decompress)])
def test_packed_files_are_the_files(accept: str, unpack: object) -> None:
    for address in ASSETS.addresses().values():
        asset = ASSETS.at(address)
        assert asset is not None
        if asset.packed:
            assert unpack(asset.packed[accept]) == asset.body  # type: ignore[operator]


async def test_a_file_may_be_kept_for_ever() -> None:
    response = await fetch(ASSETS.address("saman.css"), "br")
    assert response.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert response.headers["content-encoding"] == "br"
    assert response.headers["content-type"] == "text/css; charset=utf-8"
    assert "accept-encoding" in response.headers["vary"]


@pytest.mark.parametrize("path", ["/static/saman.css", "/static/saman.000000000000.css", "/static/..%2f..%2fpages.py"])
async def test_nothing_else_is_served(path: str) -> None:
    assert (await fetch(path, "")).status_code == 404


def test_a_new_content_has_a_new_address(tmp_path: Path) -> None:
    for folder in ("css", "vendor"):
        (tmp_path / folder).mkdir()
    (tmp_path / "vendor" / "designsystemet.css").write_text("a{}", encoding="utf-8")
    first = static.load(tmp_path).address("saman.css")
    (tmp_path / "vendor" / "designsystemet.css").write_text("b{}", encoding="utf-8")
    assert static.load(tmp_path).address("saman.css") != first
