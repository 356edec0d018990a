"""Python and PostgreSQL write an entry as the same text, whatever stands in it."""

from __future__ import annotations

from hashlib import sha256

import psycopg
from hypothesis import given
from hypothesis import strategies as st

from saman.record.audit import Logged, gathered, packed, unpacked
from saman.record.ledger.proofs import _LEAF
from saman.record.ledger.text import entry_digest, entry_text, row_text
from tests.record.ledger.conftest import Kept, entry

COLUMNS = """entry, at, request, actor, role, party, purpose, action, type, id, version, person, outcome, ground, query,
    read, missed"""
TEXTS = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]))


async def test_entries_have_the_text_that_the_database_commits_to(ledger: Kept) -> None:
    numbers = await ledger.log(60)
    with psycopg.connect(ledger.database.superuser_url) as connection:
        rows = connection.execute(f"SELECT audit_text(a), {COLUMNS} FROM audit a ORDER BY entry").fetchall()
        digests = dict(connection.execute("SELECT * FROM audit_digests(%s)", (numbers,)).fetchall())
    for number, (text, *row) in enumerate(rows):
        assert entry_text(Logged(*row)) == text
        assert digests[numbers[number]] == entry_digest(entry(number))
    assert _LEAF


async def test_any_text_at_all_is_written_alike(ledger: Kept) -> None:
    with psycopg.connect(ledger.database.app_url, autocommit=True) as connection:

        @given(st.lists(st.none() | TEXTS, min_size=2, max_size=2), st.integers(-(2**62), 2**62))
        def alike(texts: list[str | None], number: int) -> None:
            query = "SELECT ROW(%s::text, %s::bigint, %s::text, NULL::bigint)::text"
            [(text,)] = connection.execute(query, (texts[0], number, texts[1])).fetchall()
            assert row_text((texts[0], number, texts[1], None)) == text

        alike()


@given(st.lists(st.tuples(st.sampled_from(["Task", "Goal"]), st.from_regex(r"[A-Za-z0-9.-]{1,9}", fullmatch=True))))
def test_lists_of_resources_are_read_back(listed):
    read = tuple(f"{kind}/{id}/{len(id)}" for kind, id in listed)
    assert unpacked(packed(read)) == read


def test_what_one_request_reads_of_one_person_is_one_entry():
    from msgspec.structs import replace

    one = entry(4)
    assert one.person is not None
    same = replace(one, query="Goal?patient=x", read=("Goal/g/1",), missed=("Task", "Flag"))
    nothing = replace(one, action="S", ground="", read=(), missed=(), query="Flag?x", type=5, id="", version=None)
    made = gathered([one, same, nothing, replace(one, person="other"), replace(one, outcome=4)])
    assert [each.person for each in made] == [one.person, "other", one.person]
    assert set(one.read) | {"Goal/g/1"} == set(made[0].read)
    assert "Flag" in made[0].missed
    assert "Task" not in made[0].missed
    assert made[0].query.splitlines() == [one.query, "Goal?patient=x", "Flag?x"]
    assert made[2].outcome == 4
    assert sha256(packed(made[0].read).encode()).digest() != sha256(packed(one.read).encode()).digest()
