"""An entry as text: what leaves of the ledger commit to, and what servers note of what they logged.

The text is that of a row in PostgreSQL (https://www.postgresql.org/docs/current/rowtypes.html#ROWTYPES-IO-SYNTAX):
form, number, microseconds since 1970, and the columns of the table in their order.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, datetime
from functools import lru_cache
from hashlib import sha256
from typing import Any

from saman.record.audit import OK, Entry, Logged, packed
from saman.record.traffic import Wrote

FORM = 1
"""The form of the text; a column that comes to the log makes another."""

DIGEST = 16
"""Bytes of a digest."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_APART = re.compile(r'[ \t\n\r\v\f"\\(),]')
_QUOTED = re.compile(r'(["\\])')
_TWICE = r"\1\1"
_EMPTY = "\0"
"""Stands for an empty text meanwhile; PostgreSQL holds no text with this character."""


def row_text(values: Iterable[Any]) -> str:
    """Numbers and texts as PostgreSQL writes a row; None is nothing at all, an empty text is `""`."""
    return f"({_columns(values)})"


def _columns(values: Iterable[Any]) -> str:
    texts = ["" if one is None else str(one) or _EMPTY for one in values]
    if _APART.search("".join(texts)) is not None:
        texts = [_marked(one) if _APART.search(one) is not None else one for one in texts]
    return ",".join(texts).replace(_EMPTY, '""')


def _marked(text: str) -> str:
    """`text` in quotation marks; a long list seldom holds any itself, and is not gone through for them."""
    return f'"{_QUOTED.sub(_TWICE, text)}"' if '"' in text or "\\" in text else f'"{text}"'


def entry_text(logged: Logged) -> str:
    """The text of an entry, which its leaf commits to."""
    one = logged
    return row_text((
        FORM, one.entry, micros(one.at), one.request, one.actor, one.role, one.party, one.purpose, one.action, one.type,
        one.id, one.version, one.person, one.outcome, one.ground, one.query, packed(one.read), " ".join(one.missed),
    ))  # fmt: skip


def entry_digest(entry: Entry) -> bytes:
    """The digest of an entry that has no number yet."""
    columns = _columns((
        entry.action, entry.type, entry.id, entry.version, entry.person, entry.outcome, entry.ground, entry.query,
        packed(entry.read), " ".join(entry.missed),
    ))  # fmt: skip
    c = entry.context
    return _digest(f"({_of_request(c.now, c.request, c.actor, c.role, c.party, c.purpose)},{columns})")


@lru_cache(maxsize=64)
def _of_request(now: datetime, *texts: str) -> str:
    """The columns that all entries of a request share."""
    return _columns((FORM, 0, micros(now), *texts))


def wrote_digest(wrote: Wrote) -> bytes:
    """The digest of the entry of a write, without the time and ground that the database gives it."""
    c = wrote.context
    return _digest(row_text((
        FORM, 0, 0, c.request, c.actor, c.role, c.party, c.purpose, wrote.action, wrote.type,
        wrote.id, wrote.version, wrote.person, OK, "", "", "", "",
    )))  # fmt: skip


def micros(at: datetime) -> int:
    """Microseconds since 1970."""
    since = at - _EPOCH
    return (since.days * 86400 + since.seconds) * 1_000_000 + since.microseconds


def _digest(text: str) -> bytes:
    return sha256(text.encode()).digest()[:DIGEST]
