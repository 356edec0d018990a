"""Write or check the locks: `python tools/lock.py write|check`.

`requirements.lock` is what a user gets, `requirements-dev.lock` what development needs as well. Both pin every package
with its hashes for CPython 3.11 to 3.14 on Linux and macOS, and name no host. `check` resolves them for each of these,
binary wheels only; it needs uv and a package index.
"""

from __future__ import annotations

import hashlib
import re
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
LOCKS: dict[str, tuple[str, ...]] = {"requirements.lock": (), "requirements-dev.lock": ("dev",)}
VERSIONS = ("3.11", "3.12", "3.13", "3.14")
PLATFORMS = ("x86_64-manylinux_2_28", "aarch64-manylinux_2_28", "x86_64-apple-darwin", "aarch64-apple-darwin")
UV = (sys.executable, "-m", "uv", "--quiet")


def fingerprint() -> str:
    """A short hash of what pyproject.toml asks for, kept in each lock's first line to tell a stale lock."""
    project: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    wanted = repr((project["requires-python"], project["dependencies"], project["optional-dependencies"]))
    return hashlib.sha256(wanted.encode()).hexdigest()[:16]


def header(lock: str) -> str:
    """The first line of a lock."""
    return f"# {lock} for {fingerprint()}; written by tools/lock.py\n"


def write() -> None:
    """Resolve pyproject.toml anew into both locks, the second by the first's versions."""
    text = ""
    for lock, extras in LOCKS.items():
        with tempfile.TemporaryDirectory() as folder:
            known = Path(folder) / "known.txt"
            known.write_text(text)
            chosen = [word for extra in extras for word in ("--extra", extra)]
            text = _uv(
                "pip", "compile", "pyproject.toml", *chosen, "--universal", "--python-version", VERSIONS[0],
                "--generate-hashes", "--no-header", "--no-annotate", "--no-emit-index-url", "--no-emit-find-links",
                "--constraint", str(known),
            )  # fmt: skip
        (ROOT / lock).write_text(header(lock) + text)


def check() -> int:
    """Resolve both locks for each Python and platform, wheels only; returns how many could not be."""
    failed = 0
    for lock in LOCKS:
        for version in VERSIONS:
            for platform in PLATFORMS:
                failed += _installs(lock, version, platform)
    return failed


def _installs(lock: str, version: str, platform: str) -> int:
    with tempfile.TemporaryDirectory() as folder:
        where = ["--target", folder, "--python-version", version, "--python-platform", platform]
        command = [*UV, "pip", "install", "--dry-run", "--require-hashes", "--no-deps", "--only-binary", ":all:"]
        done = subprocess.run([*command, *where, "-r", lock], cwd=ROOT, capture_output=True, text=True)
    answer = "resolves" if done.returncode == 0 else "does NOT resolve: " + " ".join(done.stderr.split())
    print(f"{lock} for Python {version} on {platform} {answer}")
    return int(done.returncode != 0)


def _uv(*words: str) -> str:
    done = subprocess.run([*UV, *words], cwd=ROOT, capture_output=True, text=True)
    if done.returncode:
        sys.exit(done.stderr)
    return re.sub(r"^(--.*|#.*)\n", "", done.stdout, flags=re.M)


if __name__ == "__main__":
    if sys.argv[1:] == ["write"]:
        write()
    elif sys.argv[1:] == ["check"]:
        sys.exit(1 if check() else 0)
    else:
        sys.exit("use: python tools/lock.py write|check")
