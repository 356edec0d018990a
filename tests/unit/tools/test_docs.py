"""The documents: every link inside the repository leads somewhere, and the named commands exist."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
PAGES = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]
TARGETS = re.findall(r"^([a-z0-9-]+):.*## ", (ROOT / "Makefile").read_text(), re.M)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_links_lead_somewhere(page: Path) -> None:
    text = page.read_text("utf-8")
    links = re.findall(r"\]\(([^)#:\s]+)(?:#[^)]*)?\)", text) + re.findall(r'(?:src|href)="([^"#:]+)"', text)
    assert [link for link in links if not (page.parent / link).exists()] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_named_commands_exist(page: Path) -> None:
    named = re.findall(r"(?:`|^)make ([a-z0-9-]+)", page.read_text("utf-8"), re.M)
    assert [name for name in named if name not in TARGETS] == []


def test_make_lists_its_commands() -> None:
    said = subprocess.run(["make", "help"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert all(f"make {target}" in said for target in TARGETS)
    assert {"run", "test", "check", "bench", "docs", "e2e", "fuzz", "leaks", "soak"} <= set(TARGETS)


def test_continuous_integration_calls_the_command_of_the_readme() -> None:
    readme, ci = (ROOT / "README.md").read_text(), (ROOT / ".ci" / "run").read_text()
    assert "\n```\nmake test\n```\n" in readme
    assert re.search(r"^make test \|\|", ci, re.M)
    assert len(re.findall(r"^\s*make ", ci, re.M)) == 1


def test_documents_claim_nothing_that_a_medical_device_does() -> None:
    forbidden = re.compile(
        r"\b(detects?|predicts?|diagnos\w+|early warning|clinical decision support|reduces admissions)\b", re.I
    )
    claims = {
        page.name: forbidden.findall(page.read_text("utf-8"))
        for page in (ROOT / "README.md", ROOT / "INTENDED_PURPOSE.md")
    }
    assert claims == {"README.md": [], "INTENDED_PURPOSE.md": []}
