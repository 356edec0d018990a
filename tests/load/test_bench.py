"""A run of the bench as small as can be: every step works and all its answers are good. Nothing here is about speed."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import pytest

from saman.kernel import json
from saman.ops import postgres
from tests.conftest import Database, aside
from tests.http.app.conftest import fill, followed
from tests.load import shapes
from tests.load.__main__ import main
from tests.load.bench import KNOWN, Report, run
from tests.load.client import Answer, Call
from tests.load.goals import Goal, Row, table
from tests.load.serving import Serving
from tests.load.size import Size, read_size
from tests.load.steps import ENTRY

TINY = Size(persons=5, readings=200, seconds=0.3, heavy=60, versions=5, imported=30, entries=200, cold=False)


@pytest.fixture
def folder() -> Iterator[Path]:
    made = Path(tempfile.mkdtemp(prefix="saman-bench-"))
    yield made
    shutil.rmtree(made)


@pytest.fixture
def report(cluster: postgres.Cluster, database: Database, folder: Path) -> Report:
    """What came out of a tiny run."""
    aside(fill(database.app_url, datetime.now(UTC), followed))
    serving = Serving(cluster, database.name, folder, cold=TINY.cold)
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(run, serving, TINY, lambda _: None, lambda _: None).result()


def test_every_step_works_and_all_answers_are_good(report: Report) -> None:
    assert report.wrong == []
    assert [row for row in report.rows if row.failed or not row.figure] == []
    assert len(report.rows) == 22


def test_the_reading_is_as_large_as_is_said() -> None:
    assert 1390 <= len(json.encode(shapes.example())) <= 1420


def test_sizes_are_read_from_the_environment() -> None:
    assert read_size({}) == Size()
    given = {"SAMAN_BENCH_PERSONS": "10000", "SAMAN_BENCH_STEPS": "read, create", "SAMAN_BENCH_COLD": "0"}
    size = read_size(given)
    assert (size.persons, size.readings, size.cold) == (10_000, 1_000_000, False)
    assert [name for name in KNOWN if size.wants(name)] == ["read", "create"]


def test_an_answer_with_too_few_entries_is_not_good() -> None:
    call = Call("GET", "/fhir/Observation", 200, ENTRY, 2)
    assert Answer(200, b"", b'[{"fullUrl":1},{"fullUrl":2}]').is_good(call)
    assert not Answer(200, b"", b'[{"fullUrl":1}]').is_good(call)
    assert not Answer(404, b"", b'[{"fullUrl":1},{"fullUrl":2}]').is_good(call)


def test_a_step_that_there_is_not_is_wrong_use(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SAMAN_BENCH_STEPS", "read,write")
    assert main() == 2


def test_the_table_says_what_was_met() -> None:
    rows = [
        Row("fast", 4000, Goal(2500, stretch=3500)),
        Row("slow", 151, Goal(150, "ms"), of="p95"),
        Row("wrong", 4000, Goal(2500), failed=3),
    ]
    assert table(rows).splitlines()[1:] == [
        "fast      4,000/s  >= 2,500/s (stretch 3,500/s)  met, the stretch too",
        "slow   p95 151 ms  <= 150 ms                     missed",
        "wrong     4,000/s  >= 2,500/s                    3 answers were not good",
    ]
