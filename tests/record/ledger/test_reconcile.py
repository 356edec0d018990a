"""Answers, log and what citizens see are held against each other: every fault that is sown in the log is found."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import psycopg
import pytest

from saman.apps.withheld import Withheld
from saman.kernel.outcome import Refusal
from saman.record import Record, Store, Stored, Written, system
from saman.record.audit import AuditWriter, Entry
from saman.record.ledger.differences import CHANGED, MISSING, SPOILT, UNLOGGED, UNSEEN, UNWRITTEN, Difference
from saman.record.ledger.journal import Journal, Line, files_of, lines_of
from saman.record.ledger.note import Signer, own_signer
from saman.record.ledger.reconcile import Reconciliation
from saman.record.ledger.sequence import Checkpoints, extend
from saman.record.ledger.state import noted, state_of
from saman.record.ledger.witness import FileWitness
from saman.record.traffic import answering
from tests.conftest import Database
from tests.record.conftest import BASE, NOW, Opener, made, observation, patient

Call = Callable[[Record], Any]


class Served:
    """Answers as the servers do, with what they note, and the comparison that the worker makes."""

    def __init__(self, store: Store, database: Database, folder: Path) -> None:
        self.store = store
        self.database = database
        self.journal = Journal(folder / "journal", clock=lambda: NOW.timestamp())
        self.folder = folder / "journal"
        self.reconciliation = Reconciliation(store, self.folder)
        signer = own_signer("log.example", folder / "key")
        assert isinstance(signer, Signer)
        self.checkpoints = Checkpoints(signer, FileWitness(folder / "kept"), ())

    async def answer(self, call: Call, request: str = "r1") -> Any:
        """The answer to one call."""
        answers: list[Any] = []

        async def app(scope: Any, receive: Any, send: Any) -> None:
            answers.append(await call(Record(self.store, system(NOW, request), BASE)))
            await send({"type": "http.response.start", "status": 200, "headers": []})

        async def send(message: Any) -> None:
            pass

        await Withheld(app, self.store, self.journal, meant=self.journal.mean)({"type": "http"}, send, send)
        return answers[0]

    async def compare(self, later: timedelta = timedelta(minutes=1)) -> list[Difference]:
        """What differs."""
        return await self.reconciliation.run(NOW, (NOW + later).timestamp())

    def tamper(self, statement: str) -> None:
        with psycopg.connect(self.database.superuser_url, autocommit=True) as connection:
            connection.execute(statement)  # type: ignore[arg-type]


@pytest.fixture
async def served(new_database: Callable[[], Database], open_at: Opener, tmp_path: Path) -> AsyncIterator[Served]:
    database = new_database()
    one = Served(await open_at(database.app_url), database, tmp_path)
    yield one
    one.journal.close()


@pytest.fixture
async def who(served: Served) -> str:
    record = Record(served.store, system(NOW, "before"), BASE)
    person = await made(record, patient())
    await made(record, observation(person))
    return person


def answers(served: Served) -> list[Line]:
    """What was noted of answers, without what was about to be logged."""
    return [line for file in files_of(served.folder) for line in lines_of(file) if not line.meant]


CALLS: dict[str, Callable[[str], Call]] = {
    "read": lambda who: lambda record: record.read("Patient", who),
    "search": lambda who: lambda record: record.search("Observation", [("_sort", "-date")]),
    "history": lambda who: lambda record: record.history("Patient", who),
    "about": lambda who: lambda record: record.about(who, {"Observation": 5, "Goal": 5}),
}


async def test_what_was_answered_and_logged_is_the_same(served: Served, who: str) -> None:
    for call in CALLS.values():
        await served.answer(call(who))
    await served.answer(lambda record: record.create(observation(who)), "r2")
    await served.answer(lambda record: record.read("Patient", "nobody"), "r3")
    assert await served.compare() == []
    assert (await state_of(served.store.pool)).compared == NOW


def forgetting(write: Any) -> Any:
    async def wrong(self: AuditWriter, *entries: Entry) -> Any:
        return await write(self, *entries[1:])

    return wrong


def pretending(write: Any) -> Any:
    async def wrong(self: AuditWriter, *entries: Entry) -> Any:
        return [10**9 + number for number in range(len(entries))]

    return wrong


def naming(**changed: Any) -> Any:
    def fault(write: Any) -> Any:
        async def wrong(self: AuditWriter, *entries: Entry) -> Any:
            return await write(self, *(changed_entry(one, **changed) for one in entries))

        return wrong

    return fault


def changed_entry(entry: Entry, **changed: Any) -> Entry:
    of_context = {name: value for name, value in changed.items() if hasattr(entry.context, name)}
    context = msgspec.structs.replace(entry.context, **of_context)
    return msgspec.structs.replace(
        entry, context=context, **{name: value for name, value in changed.items() if name not in of_context}
    )


FAULTS = {
    "an entry is left out": (forgetting, MISSING),
    "nothing is written": (pretending, MISSING),
    "another unit is named": (naming(party="another-unit"), CHANGED),
    "another user is named": (naming(actor="Practitioner/other"), CHANGED),
    "another person is named": (naming(person="somebody-else"), CHANGED),
    "nobody is named": (naming(person=None), CHANGED),
    "the ground is lost": (naming(ground="CareTeam/other"), CHANGED),
    "what was read is lost": (naming(read=("Goal/x/1",)), CHANGED),
    "the time is wrong": (naming(now=NOW - timedelta(days=365)), CHANGED),
}


@pytest.mark.parametrize("fault", FAULTS)
async def test_a_fault_in_the_writer_of_the_log_is_found(
    served: Served, who: str, fault: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    sown, kind = FAULTS[fault]
    monkeypatch.setattr(AuditWriter, "write", sown(AuditWriter.write))
    for way, call in CALLS.items():
        await served.answer(call(who), way)
    monkeypatch.undo()
    found = await served.compare()
    assert {(one.kind, one.request) for one in found} == {(kind, way) for way in CALLS}
    assert "log-differs" in (await state_of(served.store.pool)).troubles(NOW)
    assert {one.kind for one in await noted(served.store.pool)} == {kind}


async def test_somebody_who_was_shown_and_is_in_no_entry_is_found(
    served: Served, who: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from saman.record import door

    async def nothing(writer: AuditWriter, *entries: Entry) -> None:
        """Whoever makes the entries has forgotten this way in."""

    monkeypatch.setattr(door, "keep", nothing)
    for way, call in CALLS.items():
        await served.answer(call(who), way)
    monkeypatch.undo()
    assert [one.kind for one in await served.compare()] == [UNLOGGED] * len(CALLS)


@pytest.mark.parametrize(
    ("statement", "kind"),
    [
        ("DELETE FROM audit WHERE request = 'w'", UNWRITTEN),
        ("UPDATE audit SET actor = 'x' WHERE request = 'w'", UNWRITTEN),
        ("UPDATE audit SET party = 'x' WHERE request = 'w'", UNWRITTEN),
        ("DELETE FROM audit WHERE request = 'r'", MISSING),
        ("UPDATE audit SET query = 'x' WHERE request = 'r'", CHANGED),
    ],
)
async def test_what_is_changed_before_it_has_a_place_is_found(
    served: Served, who: str, statement: str, kind: str
) -> None:
    written = await served.answer(lambda record: record.create(observation(who)), "w")
    assert isinstance(written, Written)
    assert isinstance(await served.answer(lambda record: record.read("Patient", who), "r"), Stored)
    served.tamper(statement)
    assert [one.kind for one in await served.compare()] == [kind]


DOORS = {
    "audit_about": ("asked text, before bigint, most integer", "asked, before, most"),
    "looks_at": ("asked text, since timestamptz, until timestamptz, most integer", "asked, since, until, most"),
}


@pytest.mark.parametrize("door", DOORS)
async def test_a_log_that_the_citizen_does_not_see_is_found(served: Served, who: str, door: str) -> None:
    """As in Denmark, where for two years some look-ups were logged and not shown."""
    takes, gives = DOORS[door]
    served.tamper(f"ALTER FUNCTION {door} RENAME TO {door}_whole")
    served.tamper(f"""CREATE FUNCTION {door}({takes}) RETURNS SETOF audit LANGUAGE sql STABLE AS
        $$SELECT * FROM {door}_whole({gives}) WHERE action <> 'R'$$""")
    context = msgspec.structs.replace(system(NOW, "seen"), actor="Practitioner/1")

    async def looking(_: Record) -> Any:
        return await Record(served.store, context, BASE).read("Patient", who)

    await served.answer(looking)
    assert [(one.kind, one.request) for one in await served.compare()] == [(UNSEEN, "seen")]


REST = "asked text, since_at timestamptz, until_at timestamptz, zone text, sources text[]"


@pytest.mark.parametrize("hidden", ["party = 'system'", "client = 'lab'"])
async def test_computers_that_the_citizen_is_not_told_of_are_found(served: Served, who: str, hidden: str) -> None:
    served.tamper("ALTER FUNCTION rest_at RENAME TO rest_at_whole")
    served.tamper(f"""CREATE FUNCTION rest_at({REST}) RETURNS TABLE (day date, party text, source text, wrote boolean,
        times bigint, client text, behind text) LANGUAGE sql STABLE AS $$SELECT * FROM rest_at_whole(asked, since_at,
        until_at, zone, sources) w WHERE NOT (w.{hidden})$$""")
    await served.answer(CALLS["read"](who), "app:lab:1")
    assert [(one.kind, one.request) for one in await served.compare()] == [(UNSEEN, "app:lab:1")]


async def test_notes_are_kept_until_a_checkpoint_covers_them(served: Served, who: str) -> None:
    await served.answer(CALLS["read"](who))
    assert await served.compare() == []
    assert await served.compare() == []
    assert len(files_of(served.folder)) == 1
    await extend(served.store.pool)
    assert await served.compare() == []
    assert len(files_of(served.folder)) == 1
    await served.checkpoints.make(served.store.pool, NOW)
    assert await served.compare() == []
    assert files_of(served.folder) == []


async def test_an_entry_that_is_kept_from_its_place_and_changed_later_is_found(served: Served, who: str) -> None:
    """Whoever rules the database lets the sequencer pass over it, so that no checkpoint ever covers it."""
    await served.answer(CALLS["read"](who))
    assert await served.compare() == []
    served.tamper("UPDATE audit SET actor = 'x' WHERE request = 'r1'")
    assert await served.compare(timedelta(minutes=5)) == []
    assert [one.kind for one in await served.compare(timedelta(minutes=11))] == [CHANGED]
    assert len(files_of(served.folder)) == 1


async def test_what_servers_still_write_to_is_left_alone(served: Served, who: str) -> None:
    await served.answer(CALLS["read"](who))
    served.tamper("DELETE FROM audit WHERE request = 'r1'")
    assert await served.compare(timedelta(seconds=1)) == []
    assert [one.kind for one in await served.compare()] == [MISSING]


async def test_a_difference_is_noted_once(served: Served, who: str) -> None:
    await served.answer(CALLS["read"](who))
    served.tamper("DELETE FROM audit WHERE request = 'r1'")
    for _ in range(2):
        served.reconciliation = Reconciliation(served.store, served.folder)
        assert len(await served.compare()) == 1
    assert (await state_of(served.store.pool)).differences == 1


async def test_what_was_rolled_back_is_not_missed(served: Served, who: str) -> None:
    async def undone(record: Record) -> Any:
        async def work(inner: Record) -> Any:
            await inner.create(observation(who))
            return await inner.read("Observation", "nothing")

        return await record.atomically(work)

    assert isinstance(await served.answer(undone), Refusal)
    assert [len(line.wrote) for line in answers(served)] == [0]
    assert await served.compare() == []


async def test_a_line_that_a_crash_has_cut_is_no_line(served: Served, who: str) -> None:
    await served.answer(CALLS["read"](who))
    [file] = files_of(served.folder)
    with file.open("ab") as torn:
        torn.write(b'[1795348800.0,"r2",[')
    assert len(answers(served)) == 1
    assert await served.compare() == []


@pytest.mark.parametrize("spoilt", [b"", b"[]", b"{", b'[1.0,"r",[[1,"%"]],[],0]', b"\xff\xfe", b"null"])
async def test_a_note_that_nobody_can_read_is_a_difference_and_stops_nothing(
    served: Served, who: str, spoilt: bytes
) -> None:
    await served.answer(CALLS["read"](who))
    [file] = files_of(served.folder)
    await served.answer(CALLS["read"](who), "r2")
    whole = file.read_bytes().splitlines(keepends=True)
    file.write_bytes(b"".join(whole[:2]) + spoilt + b"\n" + b"".join(whole[2:]))
    served.tamper("DELETE FROM audit WHERE request = 'r2'")
    assert {one.kind for one in await served.compare()} == {SPOILT, MISSING}


async def test_nothing_leaves_when_the_log_cannot_be_written(served: Served, who: str) -> None:
    served.tamper("REVOKE INSERT ON audit FROM saman_app")
    with pytest.raises(Exception, match="could not be written"):
        await served.answer(CALLS["read"](who))
    served.tamper("GRANT INSERT ON audit TO saman_app")
    assert answers(served) == []


async def test_all_that_one_request_reads_is_one_entry_for_each_person(served: Served, who: str) -> None:
    async def page(record: Record) -> Any:
        return await asyncio.gather(*(CALLS[way](who)(record) for way in ("search", "about", "about")))

    await served.answer(page, "page")
    with psycopg.connect(served.database.superuser_url) as connection:
        rows = connection.execute("SELECT person, read, missed FROM audit WHERE request = 'page'").fetchall()
    assert [(person, missed) for person, _, missed in rows] == [(who, "Goal")]
    assert rows[0][1].startswith("Observation/")


def test_one_answer_knows_nothing_of_another() -> None:
    with answering() as one:
        with answering() as other:
            other.show(["p"])
            assert other.has_news
        assert not one.has_news
