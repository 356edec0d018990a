"""A ViewDefinition as one statement over the current resources of a type, behind the fence.

Nothing of a definition stands in the statement but names of R4's own elements: texts and numbers are bound, columns
are told apart by their place.
"""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

import msgspec

from saman.kernel.outcome import Issue, Kind, Refusal
from saman.model.fhir import resource_number
from saman.model.fhir.fhirpath import Node
from saman.record.fence import GATED, Fence, gate
from saman.record.views.columns import Output
from saman.record.views.definition import Definition, read_definition
from saman.record.views.functions import BASE
from saman.record.views.operators import condition
from saman.record.views.tree import Wrong, rows_of_all, within
from saman.record.views.values import Draft, Item, Scope

FIRST = 4
"""The first parameter of a definition's own values; before it stand the context's two and the server's address."""

_PARAMETER = re.compile(r"\$([0-9]+)")
_UPDATED = """to_char(r.updated AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')"""
_WHOLE = f"""('{{"resourceType":"' || %s || '","id":"' || r.id || '","meta":{{"versionId":"' || r.version
    || '","lastUpdated":"' || {_UPDATED} || '"' || r.meta || '}}' || r.body)::jsonb"""
_PLAIN = "($1::text = '0' OR NOT (r.away OR seen.fenced IS TRUE))"
"""That nothing the resource points to may have to be taken out of it before it is shown."""


class View(msgspec.Struct, frozen=True):
    """A view that can be run: `rows` and `condition` over `r.body`, `values` from parameter 4 on.

    `places` are those that a run may name; `warnings` speak of elements that R4 does not have.
    """

    name: str
    resource: str
    columns: tuple[Output, ...]
    rows: str
    condition: str
    values: tuple[Any, ...]
    places: tuple[str, ...]
    warnings: tuple[Issue, ...]

    @property
    def described(self) -> str:
        """The view as the log tells of it: its name and its columns."""
        names = ", ".join(one.name for one in self.columns)
        return f"view {self.name or 'without a name'}: {names}"[:500]


def read_view(tree: Any) -> View | Refusal:
    """A ViewDefinition, decoded from JSON, as a view; refused with what is wrong and where."""
    definition = read_definition(tree)
    if isinstance(definition, Refusal):
        return definition
    try:
        return _compiled(definition)
    except Wrong as wrong:
        kind = Kind.TOO_COSTLY if wrong.issue.code == "too-costly" else Kind.UNPROCESSABLE
        return Refusal(kind, (wrong.issue,))


def _compiled(definition: Definition) -> View:
    draft = Draft(FIRST)
    whole = Item(definition.resource, "r.body")
    scope = Scope(draft, whole, whole, "0", definition.constants)
    shape = rows_of_all(definition.selects, scope)
    conditions = [_condition(node, place, scope) for node, place in definition.wheres]
    where = " AND ".join(conditions) or "true"
    rows, where, values = _used(shape.sql, where, draft.values)
    return View(
        definition.name, definition.resource, shape.outputs, rows, where, values,
        tuple(draft.places), tuple(draft.warnings),
    )  # fmt: skip


def _condition(node: Node, place: str, scope: Scope) -> str:
    return within(place, scope, node, lambda path, here: condition(path, node.position, here))


def _used(rows: str, condition: str, values: list[Any]) -> tuple[str, str, tuple[Any, ...]]:
    """The statement's parts with the parameters that stand in them, numbered without gaps."""
    there = sorted({int(one) for one in _PARAMETER.findall(f"{rows} {condition}") if int(one) >= FIRST})
    renumbered = {old: new for new, old in enumerate(there, FIRST)}

    def again(match: re.Match[str]) -> str:
        return f"${renumbered.get(int(match[1]), int(match[1]))}"

    kept = tuple(values[number - FIRST] for number in there)
    return _PARAMETER.sub(again, rows), _PARAMETER.sub(again, condition), kept


class Only(msgspec.Struct, frozen=True):
    """Of which resources rows are made: about these people, whose shards stand beside, and changed after `since`."""

    persons: tuple[str, ...] | None = None
    shards: tuple[int, ...] = ()
    since: datetime | None = None

    @property
    def values(self) -> list[Any]:
        """What `_seen` takes."""
        named = [] if self.persons is None else [list(self.shards), list(self.persons)]
        return [*named, *([self.since] if self.since else [])]


ALL = Only()


def statement(view: View, fence: Fence, only: Only = ALL) -> str:
    """The rows of all resources that the context sees, but those that point to what may be withheld.

    $1 and $2 are the context's, $3 is this server's address, then come the view's values and those of `only`. The first
    four columns say which version of which resource a row is from, whom it is about and on which ground it is shown.
    """
    whole = _WHOLE % f"'{view.resource}'"
    seen = _seen(view, fence, only, FIRST + len(view.values))
    return _over(
        view,
        f"""SELECT r.id, r.version, r.person, seen.ground, {whole} AS body {seen}
        AND {_PLAIN} OFFSET 0""",
    )


def pointing(view: View, fence: Fence, only: Only = ALL) -> str:
    """The resources that `statement` leaves out, as rows from which what is withheld is to be taken; from $3 `only`."""
    return gate(f"""SELECT r.type, r.id, r.version, r.updated, r.person, r.meta, r.body, r.deleted, r.shard, r.away,
        seen.ground, seen.fenced {_seen(view, fence, only, FIRST - 1)} AND NOT {_PLAIN}""")


def over_texts(view: View) -> str:
    """The rows of resources that are given as texts: ids, versions, people, grounds and JSON in the last five."""
    last = FIRST + len(view.values)
    given = ", ".join(
        f"${last + number}::{kind}[]" for number, kind in enumerate(("text", "bigint", "text", "text", "text"))
    )
    return _over(
        view,
        f"""SELECT k.id, k.version, k.person, k.ground, k.body::jsonb AS body
        FROM unnest({given}) AS k(id, version, person, ground, body) WHERE {GATED} OFFSET 0""",
    )


def _seen(view: View, fence: Fence, only: Only, first: int) -> str:
    """The fenced resources of the view; the values of `only` are parameters from `first` on."""
    source, more = "resource r", ""
    if only.persons is not None:
        source = f"unnest(${first}::smallint[], ${first + 1}::text[]) AS w(s, p) JOIN resource r"
        source += " ON r.shard = w.s AND r.person = w.p"
        first += 2
    if only.since:
        more = f" AND r.updated > ${first}::timestamptz"
    return f"""FROM {source} {fence.join("r")}
        WHERE {GATED} AND r.type = {resource_number(view.resource)} AND NOT r.deleted AND {fence.holds("r")}{more}"""


def _over(view: View, resources: str) -> str:
    """The view's rows over rows (id, version, person, ground, body).

    OFFSET 0 keeps everything that a definition asks for behind the fence: nothing is worked out, and nothing can fail,
    over what the context does not see.
    """
    columns = ", ".join(f"t.c{number}" for number in range(len(view.columns)))
    return gate(f"""SELECT r.id, r.version, r.person, r.ground, {columns}
        FROM ({resources}) AS r CROSS JOIN LATERAL ({view.rows}) AS t
        WHERE {BASE} IS NOT NULL AND ({view.condition})""")
