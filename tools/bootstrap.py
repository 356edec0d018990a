"""Make `.venv` and install what a lock pins: `python3 tools/bootstrap.py requirements.lock`.

Runs on any Python from 3.11 on and needs nothing else: pip comes from the vendored wheel, so that a Python without
ensurepip will do. The user's own index settings (PIP_* and pip.conf) are honoured. Does nothing when all is in place.
"""

from __future__ import annotations

import hashlib
import os
import re
import subprocess
import sys
import time
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
HOME = ROOT / ".venv"
STAMP = HOME / "saman-installed"
START = '#!/bin/sh\nexec "$(dirname "$0")/python" -m saman.ops.cli "$@"\n'


def main(lock: str) -> int:
    if fingerprint(lock) in installed():
        return 0
    pip = vendored_pip()
    if not works():
        print(f"Making .venv with Python {sys.version.split()[0]}", flush=True)
        venv.create(HOME, clear=HOME.exists(), symlinks=True, with_pip=False)
    failed = install(pip, lock)
    if failed:
        return failed
    make_importable()
    STAMP.write_text("".join(f"{line}\n" for line in {*installed(), *covered(lock)}))
    return 0


def installed() -> list[str]:
    """Fingerprints of what `.venv` holds; none when its Python has gone."""
    return STAMP.read_text().split() if STAMP.exists() and (HOME / "bin" / "python").exists() else []


def fingerprint(lock: str) -> str:
    """What must be the same for an installation to be current: its Python, place, this script and the lock."""
    made = HOME / "pyvenv.cfg"
    parts = [made.read_bytes() if made.exists() else b"", str(ROOT).encode()]
    return hashlib.sha256(b"\0".join([*parts, Path(__file__).read_bytes(), (ROOT / lock).read_bytes()])).hexdigest()


def covered(lock: str) -> list[str]:
    """The development lock holds all that the user's lock holds."""
    return [fingerprint(name) for name in {lock, "requirements.lock"}]


def vendored_pip() -> Path:
    """The pip wheel, once its SHA-256 is that of the list beside it."""
    for line in (ROOT / "tools" / "vendor" / "SHA256SUMS").read_text().splitlines():
        sha, name = line.split()
        wheel = ROOT / "tools" / "vendor" / name
        if hashlib.sha256(wheel.read_bytes()).hexdigest() != sha:
            sys.exit(f"tools/vendor/{name} is not the file that SHA256SUMS names. Take it from a fresh clone.")
    return next((ROOT / "tools" / "vendor").glob("pip-*.whl"))


def works() -> bool:
    """Whether `.venv` has a Python from 3.11 on that runs."""
    asked = [str(HOME / "bin" / "python"), "-c", "import sys; sys.exit(sys.version_info < (3, 11))"]
    try:
        return subprocess.run(asked, capture_output=True, check=False).returncode == 0
    except OSError:
        return False


def install(pip: Path, lock: str) -> int:
    """Install the lock's packages, telling how far it is; pip's own words come out when it fails."""
    total = len(re.findall(r"^[a-z].*==", (ROOT / lock).read_text(), re.M))
    print(f"Installing up to {total} packages from {lock}; once, about a minute", flush=True)
    command = [str(HOME / "bin" / "python"), str(pip / "pip"), "install", "--require-hashes", "--no-deps"]
    command += ["--only-binary", ":all:", "--progress-bar", "off", "--no-warn-script-location", "-r", lock]
    environment = os.environ | {"PIP_USER": "0", "PIP_REQUIRE_VIRTUALENV": "0", "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
    environment.pop("PIP_TARGET", None)
    environment.pop("PIP_PREFIX", None)
    heard, began, told = [], time.monotonic(), 0.0
    with subprocess.Popen(
        command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as running:
        for line in running.stdout or ():
            heard.append(line)
            done = sum(1 for said in heard if said.startswith(("Collecting", "Requirement already")))
            if time.monotonic() - told > 2:
                told = time.monotonic()
                print(f"  {told - began:3.0f} s  {progress(line, done, total)}", flush=True)
    if running.returncode:
        print("".join(heard[-25:]), file=sys.stderr)
        print("The packages could not be installed; the lines above say why.", file=sys.stderr)
    return running.returncode


def progress(line: str, done: int, total: int) -> str:
    return "unpacking" if line.startswith("Installing") else f"{min(done, total)} of {total}"


def make_importable() -> None:
    """Let the environment find Saman where it stands, and give it the command `saman`."""
    site = next((HOME / "lib").glob("python3.*/site-packages"))
    (site / "saman.pth").write_text(f"{ROOT}\n")
    script = HOME / "bin" / "saman"
    script.unlink(missing_ok=True)
    script.write_text(START)
    script.chmod(0o755)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1] if len(sys.argv) > 1 else "requirements.lock"))
