"""Every part of `make test` in order, with one summary: `python -m tools.run_tests [PART…]`.

Without a part it runs those that belong to a full run. A part whose tool cannot be had here is skipped with one line;
with SAMAN_TEST_CI set it fails instead.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parent.parent
BIN = ROOT / ".venv" / "bin"
OLDEST = "15"
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
TOTAL = 50
WITHOUT_BROWSER = ("--ignore", "tests/e2e")
ON_DATABASE = "postgres and not conformance and not kills and not leaks and not soak"
SLOW = "e2e or conformance or kills or leaks or fuzz or soak or network"


class Part(NamedTuple):
    """One part: its name, how many minutes it may take, what it runs, and what it cannot do without."""

    name: str
    minutes: int
    commands: tuple[tuple[str, ...], ...]
    missing: Callable[[], str] = lambda: ""
    environment: tuple[tuple[str, str], ...] = ()
    always: bool = True


class Result(NamedTuple):
    """What became of a part: "passed", "failed" or why it was skipped, and the minutes that it took."""

    part: Part
    word: str
    minutes: float


def pytest(*words: str, workers: str = "2", share: str = "loadscope") -> tuple[str, ...]:
    return ("python", "-m", "pytest", "-q", "-n", workers, "--dist", share, *words)


def browser() -> str:
    """The path of a Chromium, or nothing."""
    given = os.environ.get("SAMAN_TEST_CHROMIUM", "")
    return given or next((found for name in BROWSERS if (found := shutil.which(name))), "")


def no_browser() -> str:
    return "" if browser() else "no Chromium was found; install the package chromium"


def no_oldest() -> str:
    there = Path(f"/usr/lib/postgresql/{OLDEST}/bin/initdb").exists()
    return "" if there else f"PostgreSQL {OLDEST} was not found; install the package postgresql-{OLDEST}"


PARTS = (
    Part(
        "static",
        4,
        (
            ("ruff", "check", "."),
            ("ruff", "format", "--check", "."),
            ("mypy",),
            ("pyright",),
            ("lint-imports", "--no-cache"),
            ("python", "-m", "tools.house_linter"),
        ),
    ),
    Part("unit", 10, (pytest("tests", *WITHOUT_BROWSER, "-m", f"not ({SLOW})"),)),
    Part("conformance", 8, (pytest("tests", *WITHOUT_BROWSER, "-m", "conformance and not soak"),)),
    Part("browser", 15, (pytest("tests/e2e", "-m", "not soak", share="worksteal"),), no_browser),
    Part("leaks", 5, (pytest("tests", *WITHOUT_BROWSER, "-m", "leaks and not soak"),)),
    Part(
        "fuzz",
        5,
        (pytest("tests", *WITHOUT_BROWSER, "-m", "(property and not postgres or fuzz) and not soak"),),
        environment=(("SAMAN_TEST_FUZZ", "500"),),
    ),
    Part("kills", 5, (pytest("tests", *WITHOUT_BROWSER, "-m", "kills and not soak"),)),
    Part(
        "oldest",
        3,
        (pytest("tests", *WITHOUT_BROWSER, "-m", ON_DATABASE),),
        no_oldest,
        (("SAMAN_TEST_POSTGRES", OLDEST), ("SAMAN_TEST_SHARE", "16")),
    ),
    Part(
        "soak",
        120,
        (
            pytest("tests", *WITHOUT_BROWSER, "-m", "soak", workers="1"),
            pytest("tests/e2e", "-m", "soak", share="worksteal"),
        ),
        always=False,
    ),
    Part(
        "soak-oldest",
        30,
        (pytest("tests", *WITHOUT_BROWSER, "-m", ON_DATABASE),),
        no_oldest,
        (("SAMAN_TEST_POSTGRES", OLDEST),),
        always=False,
    ),
)


def main(wanted: list[str]) -> int:
    known = {part.name: part for part in PARTS}
    if unknown := [name for name in wanted if name not in known]:
        print(f"There is no part {', '.join(unknown)}. Parts: {', '.join(known)}.", file=sys.stderr)
        return 2
    chosen = [known[name] for name in wanted] or [part for part in PARTS if part.always]
    results = [run(part) for part in chosen]
    print(summary(results))
    return int(any(result.word == "failed" for result in results))


def run(part: Part) -> Result:
    print(f"\n=== {part.name} ===", flush=True)
    if lacking := part.missing():
        in_ci = bool(os.environ.get("SAMAN_TEST_CI"))
        print(f"{'Failed' if in_ci else 'Skipped'}: {lacking}", flush=True)
        return Result(part, "failed" if in_ci else f"skipped: {lacking}", 0.0)
    began = time.monotonic()
    failed = [command for command in part.commands if not succeeds(command, dict(part.environment))]
    return Result(part, "failed" if failed else "passed", (time.monotonic() - began) / 60)


def succeeds(command: tuple[str, ...], more: dict[str, str]) -> bool:
    environment = more | os.environ | {"PATH": f"{BIN}{os.pathsep}{os.environ.get('PATH', '')}"}
    if found := browser():
        environment["SAMAN_TEST_CHROMIUM"] = found
    print(f"--- {' '.join(command)}", flush=True)
    return subprocess.run([str(BIN / command[0]), *command[1:]], cwd=ROOT, env=environment, check=False).returncode == 0


def summary(results: list[Result]) -> str:
    lines = ["", "=== Summary ===", f"{'part':<14}{'minutes':>9}{'budget':>8}  result"]
    lines += [f"{one.part.name:<14}{one.minutes:>9.1f}{one.part.minutes:>8}  {one.word}" for one in results]
    used = sum(one.minutes for one in results)
    lines.append(f"{'together':<14}{used:>9.1f}{min(TOTAL, sum(one.part.minutes for one in results)):>8}")
    failed = [one.part.name for one in results if one.word == "failed"]
    lines.append(f"Failed: {', '.join(failed)}." if failed else "Everything that ran passed.")
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
