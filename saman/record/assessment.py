"""Answers of a self-assessment, kept without who gave them: the database gives figures of five or more, and no row.

Nothing here is logged with the one who answers, and nothing of a round can be read before it is closed for good.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from enum import Enum

import msgspec

from saman.record.store import Store

FEWEST = 5
"""Nothing is told of fewer; the functions of the database hold to it."""
MOST_WORDS = 1000
"""The longest comment."""

_OPEN = "SELECT assessment_open($1, $2)"
_ANSWER = "SELECT assessment_answer($1, $2, $3, $4, $5, $6::jsonb, $7)"
_ANSWERED = "SELECT assessment_answered($1, $2)"
_CLOSE = "SELECT assessment_close($1, $2)"
_COUNT = "SELECT assessment_count($1)"
_FIGURES = "SELECT audience, party, statement, answered, mean FROM assessment_figures($1)"
_COMMENTS = "SELECT audience, said FROM assessment_comments($1)"


class Kept(Enum):
    """What became of an answer."""

    KEPT = "kept"
    AGAIN = "again"
    CLOSED = "closed"


class Given(msgspec.Struct, frozen=True, kw_only=True):
    """One person's answers: as whom, at which party (staff alone), steps by statement, and words if they like."""

    audience: str
    party: str = ""
    answers: Mapping[str, int]
    words: str = ""


class Figure(msgspec.Struct, frozen=True):
    """The mean of a group's answers to a statement; `statement` is empty and `mean` None for how many answered at all.

    `answered` is how many of the group took part in the round, never fewer than `FEWEST`.
    """

    audience: str
    party: str
    statement: str
    answered: int
    mean: Decimal | None


class Words(msgspec.Struct, frozen=True):
    """What somebody of a group said in words."""

    audience: str
    said: str


async def open_answers(store: Store, round: str, until: date) -> None:
    """Begin to take answers until the end of a day; each round begins once."""
    await store.statements.fetch(_OPEN, round, until)


async def keep_answer(store: Store, round: str, actor: str, today: date, given: Given) -> Kept:
    """Keep somebody's answers, once. `actor` is not kept: only a mark whose key goes when the round is closed."""
    answers = msgspec.json.encode(given.answers).decode()
    values = (round, actor, today, given.audience, given.party, answers, given.words)
    return Kept(await store.statements.fetchval(_ANSWER, *values))


async def has_answered(store: Store, round: str, actor: str) -> bool:
    """Whether somebody has answered in a round that is open."""
    return bool(await store.statements.fetchval(_ANSWERED, round, actor))


async def close_answers(store: Store, round: str, today: date) -> None:
    """Close a round for good, and every other whose last day is over; an empty `round` closes these alone."""
    await store.statements.fetch(_CLOSE, round, today)


async def how_many(store: Store, round: str) -> int | None:
    """How many have answered, None when they are fewer than `FEWEST`."""
    count: int | None = await store.statements.fetchval(_COUNT, round)
    return count


async def figures(store: Store, round: str) -> tuple[Figure, ...]:
    """What may be told of a closed round."""
    return tuple(Figure(**dict(row)) for row in await store.statements.fetch(_FIGURES, round))


async def comments(store: Store, round: str) -> tuple[Words, ...]:
    """What was said in words in a closed round, in no order."""
    return tuple(Words(**dict(row)) for row in await store.statements.fetch(_COMMENTS, round))
