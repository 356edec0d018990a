"""The real files of Agder, and a way to break one of them."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path

import pytest

from saman.kernel.outcome import Issue, Refusal
from saman.model.care.caremodel import CareModel
from saman.model.care.check import check
from saman.model.care.load import Loaded, load

REGIONS = Path(__file__).parents[4] / "regions"
FOLDER = "regions/no-agder"
NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)

Break = Callable[..., tuple[Issue, ...]]
Find = Callable[..., tuple[Issue, ...]]


def agder_files() -> dict[str, str]:
    return {f"regions/{path.relative_to(REGIONS)}": path.read_text("utf-8") for path in REGIONS.rglob("*.yaml")}


def every_issue(files: Mapping[str, str], now: datetime = NOW) -> tuple[Issue, ...]:
    """Every issue, whether the files cannot be read or do not fit together."""
    loaded = load(files, FOLDER)
    return loaded.issues if isinstance(loaded, Refusal) else check(loaded, now)


@pytest.fixture(scope="session")
def found() -> Find:
    """Every issue of files by path, at a moment."""
    return every_issue


@pytest.fixture(scope="session")
def files() -> dict[str, str]:
    return agder_files()


@pytest.fixture(scope="session")
def loaded(files: dict[str, str]) -> Loaded:
    read = load(files, FOLDER)
    assert isinstance(read, Loaded)
    return read


@pytest.fixture(scope="session")
def agder(loaded: Loaded) -> CareModel:
    return loaded.model


@pytest.fixture
def broken(files: dict[str, str]) -> Break:
    """Replace the first `old` in a file by `new` and give every issue found; `old` must be there."""

    def issues(name: str, old: str, new: str, now: datetime = NOW) -> tuple[Issue, ...]:
        path = f"regions/{name}"
        assert old in files[path]
        return every_issue({**files, path: files[path].replace(old, new, 1)}, now)

    return issues
