"""Goes through the repository and applies every rule to every file."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from tools.house_linter import code, texts
from tools.house_linter.finding import Finding, Source

RULES = (*code.RULES, *texts.RULES)
SKIPPED = {"node_modules", "build", "dist", "__pycache__", "vendor"}
TEXT = {
    ".py",
    ".md",
    ".toml",
    ".yaml",
    ".yml",
    ".html",
    ".css",
    ".js",
    ".txt",
    ".lock",
    ".sh",
    ".po",
    ".cfg",
    ".json",
    "",
}
LONGEST = 2_000_000


def findings(root: Path) -> Iterator[Finding]:
    """Every broken rule under `root`, in the order of the files."""
    for path in sorted(files(root)):
        try:
            text = path.read_text("utf-8")
        except (UnicodeDecodeError, FileNotFoundError):
            continue
        yield from judge(Source(path.relative_to(root).as_posix(), text))


def judge(source: Source) -> Iterator[Finding]:
    """Every rule that `source` breaks."""
    for rule in RULES:
        yield from rule(source)


def files(root: Path) -> Iterator[Path]:
    """The text files of the repository, without caches, environments and vendored code."""
    for folder, inner, names in os.walk(root):
        inner[:] = [name for name in inner if _entered(name)]
        for name in names:
            path = Path(folder, name)
            if path.suffix in TEXT and not path.is_symlink() and path.stat().st_size <= LONGEST:
                yield path


def _entered(name: str) -> bool:
    return name == ".ci" or not (name in SKIPPED or name.startswith(".") or name.endswith(".egg-info"))
