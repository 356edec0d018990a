"""Searches by words find what the caller is answered, in order and page by page; what is too much is refused."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest

from saman.kernel.outcome import Kind, Refusal
from saman.model.fhir.words import read_words
from saman.model.fhir.words.spelling import spelled
from saman.record import Page, Record, system
from saman.record.search import looking
from saman.record.search.asked import Query
from saman.record.search.find import entries_of
from saman.record.search.query import read_query
from saman.record.several import find_several, read_compartment, read_several
from tests.conftest import Database
from tests.record.conftest import NOW, Resource, made, observation, patient
from tests.record.test_audit import entries, last
from tests.record.test_restrictions import Ward

Pairs = list[tuple[str, str]]


def told(text: str) -> Resource:
    """A narrative."""
    return {"status": "generated", "div": f'<div xmlns="http://www.w3.org/1999/xhtml">{text}</div>'}


async def ids(record: Record, kind: str, *pairs: tuple[str, str]) -> list[str]:
    """What a search finds in all of its pages, in order, once the total has said as much."""
    found, cursor = list[str](), ""
    while True:
        more = [("_cursor", cursor)] if cursor else []
        page = await record.search(kind, [*pairs, ("_total", "accurate"), *more], strict=True)
        assert isinstance(page, Page), page
        found += [one.id for one in page.matches]
        if page.next is None:
            assert page.total == len(found) == len(set(found))
            return found
        assert page.matches
        cursor = page.next


async def refused(record: Record, kind: str, *pairs: tuple[str, str]) -> Refusal:
    page = await record.search(kind, list(pairs), strict=True)
    assert isinstance(page, Refusal), page
    return page


class Notes:
    """A person with readings that say something, the newest first."""

    def __init__(self, record: Record) -> None:
        self.record = record

    async def build(self) -> Notes:
        self.who = await made(self.record, patient(text=told("Født i <b>Åsnes</b>")))
        said = ("Svimmel om kvelden", "Sov godt, ikke SVIMMEL", "Gikk en tur")
        days = ("03", "02", "01")
        self.ids = [
            await made(
                self.record,
                observation(
                    self.who,
                    text=told(f"Notat {number}"),
                    note=[{"text": text}],
                    effectiveDateTime=f"2026-11-{day}T10:00:00+01:00",
                ),
            )
            for number, (text, day) in enumerate(zip(said, days, strict=True))
        ]
        return self


async def test_words_are_found_in_narratives_and_in_all_texts(record: Record) -> None:
    notes = await Notes(record).build()
    dizzy, slept, walked = notes.ids
    mine = ("patient", notes.who)
    for pairs, right in (
        ([("_content", "svimmel")], [dizzy, slept]),
        ([("_content", "svimmel -godt")], [dizzy]),
        ([("_content", '"ikke svimmel"')], [slept]),
        ([("_content", "tur,kvelden")], [dizzy, walked]),
        ([("_content", "tur or (godt sov)")], [slept, walked]),
        ([("_content", "svim*")], [dizzy, slept]),
        ([("_content", "svim")], []),
        ([("_content", "-svimmel")], [walked]),
        ([("_content", "svimmel"), ("_content", "kvelden")], [dizzy]),
        ([("_content", "notat 1")], [slept]),
        ([("_text", "notat")], [dizzy, slept, walked]),
        ([("_text", "notat 2")], [walked]),
        ([("_text", "svimmel")], []),
        ([("_text", "notat"), ("_content", "svimmel"), ("date", "ge2026-11-03")], [dizzy]),
        ([("_content", "svimmel"), ("_sort", "date")], [slept, dizzy]),
        ([("_content", "svimmel"), ("_sort", "_id")], sorted([dizzy, slept])),
        ([("_content", "notat"), ("_count", "1")], [dizzy, slept, walked]),
        ([("_content", "notat"), ("_count", "2"), ("_sort", "status,-date")], [dizzy, slept, walked]),
        ([("_content", "svimmel"), ("_filter", f"not (id eq {dizzy})")], [slept]),
        ([("_content", "svimmel"), ("code:not", "x")], [dizzy, slept]),
        ([("_content", notes.who)], []),
    ):
        assert await ids(record, "Observation", mine, *pairs) == right, pairs
    assert await ids(record, "Patient", ("_id", notes.who), ("_text", "åsnes")) == [notes.who]
    assert await ids(record, "Patient", ("_id", notes.who), ("_text", "ÅSNES")) == [notes.who]
    assert await ids(record, "Patient", ("_id", notes.who), ("_text", "asnes")) == []


async def test_a_page_of_none_is_counted_alone(record: Record) -> None:
    notes = await Notes(record).build()
    asked = [("patient", notes.who), ("_content", "svimmel"), ("_count", "0"), ("_total", "accurate")]
    page = await record.search("Observation", asked)
    assert isinstance(page, Page)
    assert (page.matches, page.total) == ((), 2)


async def test_words_go_along_chains_lists_and_includes(record: Record, monkeypatch: pytest.MonkeyPatch) -> None:
    notes = await Notes(record).build()
    dizzy, slept, _ = notes.ids
    mine = ("patient", notes.who)
    entry = [{"item": {"reference": f"Observation/{one}"}} for one in (dizzy, notes.ids[2])]
    listed = {"resourceType": "List", "status": "current", "mode": "working", "entry": entry}
    of_list = await made(record, listed | {"title": "Kveldsliste"})
    for most in (200, 0):
        monkeypatch.setattr("saman.record.search.resolve.MOST", most)
        assert await ids(record, "Observation", mine, ("patient._text", "åsnes"), ("_content", "svimmel")) == [
            dizzy,
            slept,
        ]
        assert await ids(record, "Observation", mine, ("subject:Patient._content", "åsnes -kari")) == []
        assert await ids(record, "Patient", ("_id", notes.who), ("_has:Observation:patient:_content", "tur")) == [
            notes.who
        ]
        assert await ids(record, "Patient", ("_text", "åsnes"), ("_has:Observation:patient:_id", dizzy)) == [notes.who]
        assert await ids(record, "Patient", ("_id", notes.who), ("_has:Observation:patient:_content", "fly")) == []
        assert await ids(record, "Observation", ("_list", of_list), ("_content", "svimmel")) == [dizzy]
        assert await ids(record, "Observation", mine, ("_has:List:item:_content", "kveldsliste")) == [
            dizzy,
            notes.ids[2],
        ]
    page = await record.search("Observation", [mine, ("_content", "kvelden"), ("_include", "Observation:subject")])
    assert isinstance(page, Page)
    assert [one.id for one in (*page.matches, *page.included)] == [dizzy, notes.who]


async def test_words_are_looked_for_in_several_types_and_compartments(record: Record) -> None:
    notes = await Notes(record).build()
    asked = [("_content", "åsnes or svimmel"), ("_count", "2"), ("_total", "accurate")]
    both = read_several(["Patient", "Observation"], [*asked, ("_id", ",".join([notes.who, *notes.ids]))], strict=True)
    inside = read_compartment(f"Patient/{notes.who}", "Observation", asked, strict=True)
    for several, right in ((both, [notes.who, *notes.ids[:2]]), (inside, notes.ids[:2])):
        assert not isinstance(several, Refusal)
        page = await find_several(record, several)
        assert isinstance(page, Page)
        assert ([one.id for one in page.matches], page.total) == (right[:2], len(right))


@pytest.mark.parametrize(
    ("kind", "name", "value", "code"),
    [
        ("Observation", "_text", "(a", "value"),
        ("Observation", "_content", "…", "value"),
        ("Observation", "_content", "", "value"),
        ("Observation", "_content", ",", "value"),
        ("Observation", "_content", "a " * 51, "too-costly"),
        ("Observation", "_content:exact", "a", "not-supported"),
        ("Observation", "_text:not", "a", "not-supported"),
        ("Observation", "_text:missing", "true", "not-supported"),
        ("Observation", "patient._text", '"a', "value"),
        ("Observation", "_filter", "_text eq a", "not-supported"),
        ("Observation", "_sort", "_text", "not-supported"),
        ("Binary", "_text", "a", "not-supported"),
        ("AuditEvent", "_content", "a", "not-supported"),
        ("Provenance", "_text", "a", "not-supported"),
    ],
)
async def test_what_is_wrong_is_told_with_its_place(
    record: Record, kind: str, name: str, value: str, code: str
) -> None:
    answer = await refused(record, kind, (name, value))
    assert answer.kind is Kind.INVALID
    assert [one.code for one in answer.issues] == [code]
    assert answer.issues[0].path


async def test_too_much_to_look_at_is_refused_and_logged(
    record: Record, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    notes = await Notes(record).build()
    mine = ("patient", notes.who)
    monkeypatch.setattr(looking, "AT_ONCE", 1)
    monkeypatch.setattr(looking, "MOST_LOOKED", 3)
    for kind, pairs in (
        ("Observation", [mine, ("_content", "fly")]),
        ("Observation", [mine, ("_content", "svimmel"), ("_count", "1"), ("_total", "accurate")]),
        ("Patient", [("_id", notes.who), ("_has:Observation:subject:_content", "fly")]),
    ):
        before = last(database)
        answer = await refused(record, kind, *pairs)
        assert (answer.kind, [one.code for one in answer.issues]) == (Kind.TOO_COSTLY, ["too-costly"])
        assert {row["outcome"] for row in entries(database, before)} == {4}
    assert await ids_of_first(record, notes.who) == notes.ids[:1]
    monkeypatch.setattr(looking, "MOST_LOOKED", 4)
    assert await ids(record, "Observation", mine, ("_content", "svimmel")) == notes.ids[:2]


async def ids_of_first(record: Record, who: str) -> list[str]:
    """A page that is full before the limit is met."""
    page = await record.search("Observation", [("patient", who), ("_content", "svimmel"), ("_count", "1")])
    assert isinstance(page, Page)
    assert page.next is not None
    return [one.id for one in page.matches]


async def test_a_chain_leads_to_so_many_by_words(record: Record, monkeypatch: pytest.MonkeyPatch) -> None:
    notes = await Notes(record).build()
    asked = [("_id", notes.who), ("_has:Observation:patient:_content", "svimmel")]
    monkeypatch.setattr(looking, "MOST_NAMED", 1)
    answer = await refused(record, "Patient", *asked)
    assert answer.kind is Kind.TOO_COSTLY


async def test_what_looks_up_values_alone_says_so(record: Record) -> None:
    notes = await Notes(record).build()
    asked = [("patient", notes.who), ("_content", "svimmel")]
    latest = await record.latest("Observation", asked, 1)
    newest = await record.newest("Observation", asked, NOW)
    for answer in (latest, newest):
        assert isinstance(answer, Refusal)
        assert (answer.kind, answer.issues[0].code) == (Kind.INVALID, "not-supported")


async def test_what_is_withheld_is_not_found_by_its_words(record: Record) -> None:
    """Nor are the words beside a reference to it, in what leads there and is seen; other words of that are."""
    ward = await Ward(record).build()
    mine, plain = ward.coordinator, await record.read("CarePlan", ward.plan)
    assert not isinstance(plain, Refusal)
    plan = plain.resource() | {"title": "Opptrening"}
    for goal, word in zip(plan["goal"], ("spasertur", "hemmelig"), strict=True):
        goal["display"] = word
    plan["activity"][0]["outcomeReference"][0]["identifier"] = {"value": "skjult"}
    updated = await record.update("CarePlan", ward.plan, plan)
    assert not isinstance(updated, Refusal), updated
    about = ("patient", ward.who)
    for word, mine_too in (("opptrening", True), ("spasertur", True), ("hemmelig", False), ("skjult", False)):
        for name in ("_content", "_text"):
            there = [ward.plan] if name == "_content" else []
            assert await ids(record, "CarePlan", about, (name, word)) == there, word
            assert await ids(mine, "CarePlan", about, (name, word)) == (there if mine_too else []), word
        assert await ids(record, "Patient", ("_id", ward.who), ("_has:CarePlan:patient:_content", word)) == [ward.who]
        led = await ids(mine, "Patient", ("_id", ward.who), ("_has:CarePlan:patient:_content", word))
        assert led == ([ward.who] if mine_too else []), word
    assert await ids(mine, "CarePlan", about, ("_content", "-hemmelig")) == [ward.plan]
    assert await ids(record, "Goal", about, ("_content", "secret")) == [ward.kept]
    assert await ids(mine, "Goal", about, ("_content", "secret")) == []
    assert await ids(mine, "Goal", about, ("_content", "-fly")) == [ward.told]


def test_the_words_of_a_search_among_all_are_told_to_nobody() -> None:
    def asked(kind: str, pairs: Pairs) -> Query:
        query = read_query(kind, pairs)
        assert isinstance(query, Query)
        return query

    row = {"person": "a", "type": 1, "id": "1", "version": 1, "ground": "", "at": NOW}
    words = ("_content", "Kari Berg")
    for query, right in (
        (asked("Observation", [words]), "Observation?_content=…"),
        (asked("Observation", [words, ("patient", "a,b")]), "Observation?_content=…&patient=a"),
        (asked("Observation", [words, ("patient", "a")]), "Observation?_content=Kari Berg&patient=a"),
        (asked("Task", [("patient._text", "Kari Berg")]), "Task?patient._text=…"),
    ):
        told_to = {one.person: one.query for one in entries_of(system(NOW), query, [row])}  # type: ignore[list-item]
        assert told_to["a"] == right
        assert "Kari" not in "".join(text for person, text in told_to.items() if person != "a")


LETTERS = ("ask", "bok", "dag", "elv", "fjord")


def some_words(pick: Random, depth: int = 0) -> str:
    """A question without parentheses, which PostgreSQL's own reader does not know."""
    parts = []
    for _ in range(pick.randint(1, 4)):
        word = pick.choice(LETTERS) if pick.random() < 0.6 else f'"{" ".join(pick.choices(LETTERS, k=2))}"'
        parts.append(f"{pick.choice(['', '', '', '-'])}{word}")
        parts.append(pick.choice(["", "", "or"]))
    return " ".join(filter(None, parts[:-1]))


@pytest.mark.parametrize("seed", range(3))
async def test_words_mean_what_they_mean_to_postgresql(record: Record, seed: int) -> None:
    pick = Random(seed)
    asked = [some_words(pick) for _ in range(400)]
    texts = [" ".join(pick.choices(LETTERS, k=pick.randint(1, 6))) for _ in asked]
    rows: list[Any] = await record.store.pool.fetch(
        """SELECT to_tsvector('simple', k.text) @@ websearch_to_tsquery('simple', k.asked) AS fits
        FROM unnest($1::text[], $2::text[]) WITH ORDINALITY AS k(text, asked, place) ORDER BY place""",
        texts,
        asked,
    )
    ours = [read_words(one).stand_in(spelled(text)) for one, text in zip(asked, texts, strict=True)]
    assert [row["fits"] for row in rows] == ours
    assert 50 < sum(ours) < 350
