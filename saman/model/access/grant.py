"""Grants: decisions turned into rows that a database can look up with equality and order alone."""

from __future__ import annotations

from datetime import datetime

import msgspec


class Grant(msgspec.Struct, frozen=True, kw_only=True):
    """A context may read one kind of data about one person, from `since` up to but not including `until`.

    No two grants agree in (context, person, domain, ground, since). `ground` is the resource that made the relation,
    `rows` the ids of the policy rules that decided.
    """

    context: int
    person: str
    domain: int
    since: datetime
    until: datetime
    ground: str
    rows: tuple[str, ...]
