"""The FHIR interface with Norway's rules and a folder for contents: at most 300 kB a Binary, 20 kB an attachment."""

from __future__ import annotations

from pathlib import Path

import pytest

from saman.record import Store
from saman.record.contents import Contents
from saman.record.contents.files import Limits
from tests.http.audit.conftest import app, call, store

__all__ = ["app", "call", "contents", "store"]

MOST, ATTACHED = 300_000, 20_000


@pytest.fixture(autouse=True)
def contents(store: Store, tmp_path: Path) -> Contents:
    """A fresh folder for each test."""
    made = store.contents = Contents(tmp_path / "contents", Limits(MOST, ATTACHED))
    return made


def files_in(contents: Contents) -> list[str]:
    """Everything that is kept or arriving, apart from the lock."""
    return sorted(
        str(one.relative_to(contents.folder))
        for one in contents.folder.rglob("*")
        if one.is_file() and one.name != "lock"
    )
