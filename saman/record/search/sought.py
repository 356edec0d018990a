"""A code among those of one person, where each code of a resource stands once, whichever systems have it."""

from __future__ import annotations

from datetime import datetime

from saman.kernel.outcome import Refusal
from saman.record.rows import short_key
from saman.record.search.asked import Clause, unescape
from saman.record.search.clauses import Bind, condition, split_bar


def sought(clause: Clause, alias: str, bind: Bind, now: datetime, base: str) -> str | Refusal:
    """What the first row `alias` of a code must fulfil: that it, or another of the code's in its resource, matches."""
    match = condition(clause, alias, bind, now, base)
    if clause.parameter.type == "uri" or not any(split_bar(value)[1] for value in clause.values):
        return match
    other = condition(clause, "e", bind, now, base)
    if isinstance(match, Refusal) or isinstance(other, Refusal):
        return match if isinstance(match, Refusal) else other
    return f"({_coded(clause, alias, bind)} AND ({match} OR {beside(alias, other)}))"


def beside(alias: str, match: str) -> str:
    """That a row `e` of the same code in the resource of `alias` matches; looked at only where its first does not."""
    same = " AND ".join(f"e.{column} = {alias}.{column}" for column in ("shard", "type", "id", "param", "code"))
    return f"EXISTS (SELECT FROM token e WHERE {same} AND {match} OFFSET 0)"


def _coded(clause: Clause, alias: str, bind: Bind) -> str:
    codes = [code if bar else unescape(value) for value in clause.values for _, bar, code in [split_bar(value)]]
    keys = [short_key(code) for code in codes]
    if len(codes) == 1:
        return f"{alias}.code_key = {bind(keys[0], 'integer')} AND {alias}.code = {bind(codes[0], 'text')}"
    return f"{alias}.code_key = ANY({bind(keys, 'integer[]')}) AND {alias}.code = ANY({bind(codes, 'text[]')})"
