"""Reads a region's folder within bounds: texts only, of bounded number and length, and nothing from outside it."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from saman.kernel.outcome import Issue
from saman.model.care.yamltree import MAX_CHARACTERS, finding

MOST_ENTRIES = 5_000
"""Files and folders in a region's folder; those of the five regions have some thirty."""

MOST_BYTES = 4 * MAX_CHARACTERS
"""Of one file: what as many characters can take in UTF-8."""

MOST_BYTES_TOGETHER = 16 * MAX_CHARACTERS


class Texts(NamedTuple):
    """The files by path below the folder that holds the regions, and what is wrong with those that cannot be read."""

    files: dict[str, str]
    issues: tuple[Issue, ...]


def read_folder(folder: Path) -> Texts:
    """The YAML files of a region and those that all regions share; reading stops where there are too many."""
    shared = folder.parent
    found = list(islice(_entries(folder), MOST_ENTRIES + 1))
    if len(found) > MOST_ENTRIES:
        wrong = f"The folder holds more than {MOST_ENTRIES} files and folders."
        return Texts({}, (finding(f"{folder.name}:1", "too-long", wrong, "Keep only the region's own files there."),))
    paths = [path for path in found if path.suffix == ".yaml"]
    paths += [*_yaml_in(shared), *_yaml_in(shared / "countries")]
    files: dict[str, str] = {}
    issues: list[Issue] = []
    together = 0
    for path in sorted(paths):
        name = str(path.relative_to(shared))
        read = _text(path, shared.resolve(), name)
        if isinstance(read, Issue):
            issues.append(read)
            continue
        files[name] = read
        together += len(read)
        if together > MOST_BYTES_TOGETHER:
            wrong = f"The files together have more than {MOST_BYTES_TOGETHER} characters."
            issues.append(finding(f"{name}:1", "too-long", wrong, "Keep only the region's own files there."))
            break
    return Texts(files, tuple(issues))


def _entries(folder: Path) -> Iterator[Path]:
    """Everything in a folder and below, hidden folders (`.git`) apart; links to folders are not followed."""
    for at, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith(".")]
        yield from (Path(at, name) for name in (*folders, *names))


def _yaml_in(folder: Path) -> list[Path]:
    return list(islice(folder.glob("*.yaml"), MOST_ENTRIES))


def _text(path: Path, shared: Path, name: str) -> str | Issue:
    """The text of a file, or why it is none."""
    if not Path(os.path.realpath(path)).is_relative_to(shared):
        wrong, mend = "This leads out of the folder of the regions.", "Copy the file here instead of linking to it."
        return finding(f"{name}:1", "security", wrong, mend)
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            wrong, mend = "This is called like a file of the region and is none.", "Call it another name, or remove it."
            return finding(f"{name}:1", "value", wrong, mend)
        with path.open("rb") as file:
            raw = file.read(MOST_BYTES + 1)
    except OSError as error:
        wrong = f"The file cannot be read: {error.strerror}."
        return finding(f"{name}:1", "not-found", wrong, "See that it is there, and that you may read it.")
    if len(raw) > MOST_BYTES:
        wrong = f"The file has more than {MOST_BYTES} bytes."
        return finding(f"{name}:1", "too-long", wrong, "Write what it holds in several files.")
    return _decoded(raw, name)


def _decoded(raw: bytes, name: str) -> str | Issue:
    try:
        return raw.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        wrong = "The file is not written in UTF-8."
        return finding(f"{name}:{line}", "structure", wrong, "Save it as UTF-8, without another encoding in between.")
