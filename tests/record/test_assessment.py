"""Answers that nobody can trace: what the database gives of them, to whom, and what cannot be worked out from it."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
from collections import Counter
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from itertools import count, product
from statistics import mean

import asyncpg
import pytest
import pytest_asyncio
from hypothesis import given, settings
from hypothesis import strategies as st

from saman.record import Store
from saman.record.assessment import (
    FEWEST,
    Figure,
    Given,
    Kept,
    close_answers,
    comments,
    figures,
    has_answered,
    how_many,
    keep_answer,
    open_answers,
)
from tests.conftest import Database, NewDatabase
from tests.record.conftest import Opener

DAY, LAST, AFTER = date(2026, 11, 20), date(2026, 12, 4), date(2026, 12, 5)
TABLES = ("assessment_round", "assessment_mark", "assessment_answer", "assessment_comment")
ROUNDS = count()

Person = tuple[str, str, Mapping[str, int]]
"""Audience, party and answers."""


@pytest.fixture(scope="module")
def place(new_database: NewDatabase) -> Database:
    return new_database()


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def store(open_at: Opener, place: Database) -> Store:
    return await open_at(place.app_url)


@pytest_asyncio.fixture
async def owner(place: Database) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(place.admin_url)
    yield connection
    await connection.close()


def answer(audience: str = "staff", party: str = "north", words: str = "", **answers: int) -> Given:
    return Given(audience=audience, party=party, answers=answers or {"a": 3}, words=words)


async def begun(store: Store) -> str:
    """A round that is open."""
    name = f"round-{next(ROUNDS)}"
    await open_answers(store, name, LAST)
    return name


async def held(store: Store, people: Sequence[Person], words: str = "") -> str:
    """A closed round in which these have answered."""
    round = await begun(store)
    for number, (audience, party, answers) in enumerate(people):
        one = Given(audience=audience, party=party, answers=answers, words=words and f"{words} {number}")
        assert await keep_answer(store, round, f"Practitioner/{number}", DAY, one) is Kept.KEPT
    await close_answers(store, round, DAY)
    return round


def many(number: int, audience: str = "staff", party: str = "north", **answers: int) -> list[Person]:
    return [(audience, party, answers or {"a": 3})] * number


@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize("act", ["SELECT * FROM {}", "INSERT INTO {} DEFAULT VALUES", "DELETE FROM {}", "TRUNCATE {}"])
async def test_the_application_reads_and_writes_no_row(store: Store, table: str, act: str) -> None:
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await store.pool.execute(act.format(table))


@pytest.mark.parametrize("call", ["assessment_mac('\\x00', '\\x00')", "assessment_shuffle('a', 1)"])
async def test_what_works_inside_cannot_be_called(store: Store, call: str) -> None:
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await store.pool.execute(f"SELECT {call}")


async def test_nothing_is_told_before_the_round_is_closed(store: Store) -> None:
    round = await begun(store)
    for number in range(9):
        await keep_answer(store, round, f"Practitioner/{number}", DAY, answer(words="Well."))
    assert await figures(store, round) == ()
    assert await comments(store, round) == ()
    await close_answers(store, round, DAY)
    assert len(await figures(store, round)) == 4
    assert len(await comments(store, round)) == 9


async def test_four_are_nobody_and_five_are_a_group(store: Store) -> None:
    for number, told in ((4, False), (5, True)):
        round = await held(store, many(number, "leader", "", a=2) + many(number, "citizen", "", b=4), "Said by")
        assert (await how_many(store, round) is not None) is True
        assert {one.audience for one in await figures(store, round)} == ({"leader", "citizen"} if told else set())
        assert len(await comments(store, round)) == (10 if told else 0)
    assert await how_many(store, await held(store, many(4))) is None


async def test_figures_are_those_of_the_group(store: Store) -> None:
    people = [*many(3, a=2, b=1), *many(3, a=4), *many(6, party="south", a=5)]
    found = set(await figures(store, await held(store, people)))
    assert found == {
        Figure("staff", "", "", 12, None), Figure("staff", "", "a", 12, Decimal("4.0")),
        Figure("staff", "north", "", 6, None), Figure("staff", "north", "a", 6, Decimal("3.0")),
        Figure("staff", "south", "", 6, None), Figure("staff", "south", "a", 6, Decimal("4.5")),
    }  # fmt: skip


async def test_what_all_say_alike_is_not_told_as_such(store: Store) -> None:
    round = await held(store, many(5, "leader", "", a=1, b=5))
    assert {one.mean for one in await figures(store, round)} == {None, Decimal("1.5"), Decimal("4.5")}


async def test_the_smallest_party_shown_covers_those_that_are_not(store: Store) -> None:
    people = [*many(9, party="east"), *many(6, party="north"), *many(2, party="south"), *many(2, party="west")]
    assert _parties(await figures(store, await held(store, people))) == {"", "east"}
    enough = [*people, *many(1, party="west")]
    assert _parties(await figures(store, await held(store, enough))) == {"", "east", "north"}


def _parties(found: Iterable[Figure]) -> set[str]:
    return {one.party for one in found}


PARTIES = ("", "east", "north", "south", "west")
STATEMENTS = ("a", "b")
ANSWERS = st.fixed_dictionaries({"a": st.integers(1, 5)}, optional={"b": st.integers(1, 5)})
STAFF = st.tuples(st.just("staff"), st.sampled_from(PARTIES), ANSWERS)
OTHERS = st.tuples(st.sampled_from(["leader", "citizen"]), st.just(""), ANSWERS)


@settings(max_examples=80, deadline=None)
@given(people=st.lists(st.one_of(STAFF, STAFF, OTHERS), max_size=40))
async def test_no_sum_or_difference_of_figures_is_about_fewer_than_five(store: Store, people: list[Person]) -> None:
    found = await figures(store, await held(store, people))
    for statement in ("", *STATEMENTS):
        size = Counter((who, party) for who, party, answers in people if statement == "" or statement in answers)
        shown = [one for one in found if one.statement == statement]
        for group in _derived([_covered(one, size) for one in shown]):
            assert sum(size[atom] for atom in group) >= FEWEST, (statement, shown)


@settings(max_examples=40, deadline=None)
@given(people=st.lists(st.one_of(STAFF, OTHERS), min_size=5, max_size=40))
async def test_every_figure_is_the_mean_of_those_it_is_about(store: Store, people: list[Person]) -> None:
    for one in await figures(store, await held(store, people)):
        group = [said for who, party, said in people if who == one.audience and one.party in ("", party)]
        assert one.answered == len(group)
        if one.mean is not None:
            said = mean(answers[one.statement] for answers in group if one.statement in answers)
            assert abs(float(one.mean) - min(4.5, max(1.5, said))) <= 0.0501


def _covered(figure: Figure, size: Counter[tuple[str, str]]) -> frozenset[tuple[str, str]]:
    """The parts of all who answered that a figure is about; parts with nobody in them do not count."""
    return frozenset((who, party) for who, party in size if who == figure.audience and figure.party in ("", party))


def _derived(shown: list[frozenset[tuple[str, str]]]) -> Iterable[frozenset[tuple[str, str]]]:
    """Every group whose figure follows from those shown, by adding some and subtracting others."""
    parts = sorted(frozenset().union(*shown))
    for signs in product((-1, 0, 1), repeat=len(shown)):
        net = {part: sum(sign for sign, one in zip(signs, shown, strict=True) if part in one) for part in parts}
        if set(net.values()) == {0, 1} or set(net.values()) == {1}:
            yield frozenset(part for part, times in net.items() if times)


def test_a_difference_is_found() -> None:
    whole, most = frozenset({("staff", "east"), ("staff", "west")}), frozenset({("staff", "east")})
    assert frozenset({("staff", "west")}) in set(_derived([whole, most]))


async def test_nobody_answers_twice_whatever_they_say_they_are(store: Store) -> None:
    round = await begun(store)
    assert await has_answered(store, round, "Practitioner/tone") is False
    assert await keep_answer(store, round, "Practitioner/tone", DAY, answer()) is Kept.KEPT
    assert await keep_answer(store, round, "Practitioner/tone", DAY, answer("leader", "")) is Kept.AGAIN
    assert await has_answered(store, round, "Practitioner/tone") is True
    assert await has_answered(store, round, "Practitioner/other") is False
    assert await keep_answer(store, await begun(store), "Practitioner/tone", DAY, answer()) is Kept.KEPT


async def test_of_the_same_at_once_one_is_kept(store: Store, owner: asyncpg.Connection) -> None:
    round = await begun(store)
    tries = (keep_answer(store, round, f"Patient/{number % 8}", DAY, answer("citizen", "")) for number in range(24))
    assert Counter(await asyncio.gather(*tries)) == {Kept.KEPT: 8, Kept.AGAIN: 16}
    assert await owner.fetchval("SELECT count(*) FROM assessment_answer WHERE round = $1", round) == 8


async def test_a_closed_round_takes_nothing_and_stays_closed(store: Store) -> None:
    round = await held(store, many(5))
    assert await keep_answer(store, round, "Practitioner/late", DAY, answer()) is Kept.CLOSED
    with pytest.raises(asyncpg.UniqueViolationError):
        await open_answers(store, round, LAST)
    assert await keep_answer(store, "never-begun", "Practitioner/late", DAY, answer()) is Kept.CLOSED


async def test_a_round_ends_with_its_last_day(store: Store, owner: asyncpg.Connection) -> None:
    round = await begun(store)
    assert await keep_answer(store, round, "Practitioner/a", LAST, answer()) is Kept.KEPT
    assert await keep_answer(store, round, "Practitioner/b", AFTER, answer()) is Kept.CLOSED
    await close_answers(store, "", LAST)
    assert await _key(owner, round) is not None
    await close_answers(store, "", AFTER)
    assert await _key(owner, round) is None


async def test_who_has_answered_goes_when_the_round_is_closed(store: Store, owner: asyncpg.Connection) -> None:
    round = await begun(store)
    await keep_answer(store, round, "Practitioner/tone", DAY, answer())
    key = await _key(owner, round)
    mark = hmac.new(key, f"{round}\nPractitioner/tone".encode(), hashlib.sha256).digest()
    marks = "SELECT mark FROM assessment_mark WHERE round = $1"
    assert [row["mark"] for row in await owner.fetch(marks, round)] == [mark]
    await close_answers(store, round, DAY)
    assert await owner.fetch(marks, round) == []
    assert await _key(owner, round) is None
    assert await has_answered(store, round, "Practitioner/tone") is False


async def _key(owner: asyncpg.Connection, round: str) -> bytes | None:
    found: bytes | None = await owner.fetchval("SELECT key FROM assessment_round WHERE id = $1", round)
    return found


async def test_rows_say_neither_who_nor_when(store: Store, owner: asyncpg.Connection) -> None:
    round = await begun(store)
    for number in range(30):
        await keep_answer(store, round, f"Practitioner/{number}", DAY, answer(**{f"s{number}": 1}))
    for closed in (False, True):
        if closed:
            await close_answers(store, round, DAY)
        rows = await owner.fetch(
            "SELECT xmin::text AS wrote, answers FROM assessment_answer WHERE round = $1 ORDER BY ctid", round
        )
        assert len({row["wrote"] for row in rows}) == 1
        assert [row["answers"] for row in rows] != [f'{{"s{number}": 1}}' for number in range(30)]
    columns = "SELECT column_name FROM information_schema.columns WHERE table_name = 'assessment_answer'"
    assert {row[0] for row in await owner.fetch(columns)} == {"key", "round", "audience", "party", "answers"}


@pytest.mark.parametrize(
    "wrong",
    [answer("leader", "north"), answer("king"), answer(a=6), answer(a=0), answer(**{"x y": 1})],
    ids=["leader of a party", "no group", "beyond the scale", "below the scale", "no id"],
)
async def test_what_is_no_answer_is_not_kept(store: Store, wrong: Given) -> None:
    round = await begun(store)
    with pytest.raises(asyncpg.CheckViolationError):
        await keep_answer(store, round, "Practitioner/tone", DAY, wrong)
    assert await has_answered(store, round, "Practitioner/tone") is False
