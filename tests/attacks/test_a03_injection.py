"""A3: nothing that somebody asks for becomes part of a statement: not a name, a modifier, an order or a value."""

from __future__ import annotations

from datetime import UTC, datetime

import httpx
import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as some

from saman.kernel.ids import Mint
from saman.model.fhir import search_parameters
from saman.record.fence import Fence
from saman.record.search.asked import Query
from saman.record.search.query import read_query
from saman.record.search.statement import Statement, search_statement, total_statement
from saman.record.search.ways import Frame
from tests.attacks.counting import tried
from tests.conftest import Database

CANARY = "zq7canary"
NOW = datetime(2026, 11, 22, tzinfo=UTC)
FRAME = Frame(Fence(), Mint(b"k" * 32, lambda n: b"\0" * n), NOW, "http://test/fhir", is_system=False)
TYPES = ("Observation", "Patient", "Task", "Encounter", "AuditEvent", "Organization")
TRICKS = (
    "'", "''", '"', "\\", "--", "/*", ";", "$1", "$99", "%s", "{0}", "%", "_", "\x00", "\n", "’", "ʼ", "\u2028",
    f"'; DROP TABLE {CANARY}; --", f"' OR '1'='1' /*{CANARY}*/", f"1) UNION SELECT {CANARY} FROM pg_shadow --",
    f"$$ || {CANARY} || $$", f"{CANARY}'||pg_sleep(10)||'", f"E'\\x27{CANARY}", f"{CANARY}::text", f"{CANARY}\\'; --",
    f"(SELECT {CANARY})", f"{CANARY}) FILTER (WHERE true", f'"{CANARY}"', f"U&'\\0027{CANARY}'",
)  # fmt: skip
RESULTS = (
    "_sort", "_elements", "_summary", "_count", "_total", "_include", "_revinclude", "_has", "_filter", "_cursor",
    "_format", "_query", "_list", "_type", "_text", "_content", "_fhirpath", "_page", "_contained",
)  # fmt: skip

texts = some.one_of(
    some.sampled_from(TRICKS),
    some.text(max_size=20).map(lambda text: f"{text}{CANARY}'"),
    some.tuples(some.sampled_from(TRICKS), some.sampled_from(TRICKS)).map("".join),
)
codes = some.sampled_from(sorted({code for kind in TYPES for code in search_parameters(kind)}))
names = some.one_of(
    codes,
    some.sampled_from(RESULTS),
    texts,
    some.tuples(codes, texts).map(":".join),
    some.tuples(codes, texts).map(".".join),
)
values = some.one_of(
    texts,
    some.tuples(some.sampled_from(("eq", "ne", "gt", "ap", "Patient/", "http://x|", "|", "-")), texts).map("".join),
)


def statements(query: Query) -> list[Statement]:
    """Every statement that a query becomes."""
    made = (search_statement(query, FRAME, None), total_statement(query, FRAME))
    return [one for one in made if isinstance(one, Statement)]


@given(kind=some.sampled_from(TYPES), pairs=some.lists(some.tuples(names, values), max_size=4))
def test_no_text_that_is_sent_stands_in_a_statement(kind: str, pairs: list[tuple[str, str]]) -> None:
    query = read_query(kind, pairs)
    for statement in statements(query) if isinstance(query, Query) else ():
        assert CANARY not in statement.sql.lower()
        assert "drop" not in statement.sql.lower()
        assert "pg_" not in statement.sql.replace("pg_catalog", "")


@given(kind=some.sampled_from(TYPES), order=values)
def test_an_order_is_one_of_those_there_are(kind: str, order: str) -> None:
    query = read_query(kind, [("_sort", order)])
    assert not isinstance(query, Query) or query.sort in ("", *search_parameters(kind))


async def test_no_trick_gets_past_the_interface(
    client: httpx.AsyncClient, stranger: httpx.AsyncClient, database: Database, capsys: pytest.CaptureFixture[str]
) -> None:
    await client.post("Patient", json={"resourceType": "Patient", "active": True})
    before, cases = tables(database), 0
    for trick in TRICKS:
        asked = [
            *[{name: trick} for name in (*RESULTS, "name", "family", "birthdate", "identifier", "_id", "active")],
            {trick: "x"}, {f"name:{trick}": "x"}, {f"organization.{trick}": "x"}, {f"_has:{trick}": "x"},
        ]  # fmt: skip
        for query in asked:
            for one in (client, stranger):
                answer = await one.get("Patient", params=query)
                assert answer.status_code in (200, 400, 406), (query, answer.text)
                assert CANARY not in answer.headers.get("location", "")
                cases += 1
            answer = await client.post("Patient/_search", data=query)
            assert answer.status_code in (200, 400, 406)
            cases += 1
        for path in (f"Patient/{trick}", f"{trick}", f"Patient/1/_history/{trick}", f"Patient/{trick}/_history"):
            answer = await client.get(httpx.URL("http://test/fhir/", raw_path=_raw(path)))
            assert answer.status_code in (400, 404, 405), (path, answer.text)
            cases += 1
        answer = await client.post(
            "Patient", json={"resourceType": "Patient"}, headers={"if-none-exist": _ascii(trick)}
        )
        assert answer.status_code in (201, 400, 412)
        answer = await client.put("Patient/1", json={"resourceType": "Patient"}, headers={"if-match": _ascii(trick)})
        assert answer.status_code in (400, 412)
        cases += 2
    assert tables(database) == before
    tried(capsys, "A3", cases)


def _raw(path: str) -> bytes:
    from urllib.parse import quote

    return b"/fhir/" + quote(path, safe="/").encode()


def _ascii(text: str) -> str:
    return "".join(char for char in text if " " <= char <= "~") or "x"


def tables(database: Database) -> list[tuple[str, ...]]:
    """What there is in the database, which no call may change."""
    with psycopg.connect(database.superuser_url) as connection:
        return connection.execute(
            "SELECT table_schema, table_name, column_name FROM information_schema.columns ORDER BY 1, 2, 3"
        ).fetchall()
