"""Selects to SQL: rows of lists, rows beside each other, rows below each other."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import msgspec

from saman.kernel.outcome import Issue
from saman.model.fhir import RESOURCE_TYPES
from saman.model.fhir.fhirpath import FhirPathError, Node
from saman.model.fhir.fhirpath.syntax import Call, Constant, Index, Member, Name
from saman.record.views.columns import Output, output
from saman.record.views.definition import Column, Select
from saman.record.views.paths import compile_path
from saman.record.views.values import NOTHING, Item, Path, Scope

_NONE = "SELECT NULL::jsonb AS v, 0::bigint AS n WHERE false"
"""The rows of what is always empty."""


MAX_REPEATED = 10_000
"""How many elements one repeat may come by in one resource."""

MAX_STEPS = 500
"""How far below one another they may stand: paths and places on the way to one."""


class Shape(msgspec.Struct, frozen=True):
    """A SELECT that gives these columns, named c0, c1 and so on."""

    outputs: tuple[Output, ...]
    sql: str


class Wrong(Exception):
    """Carries out what is wrong, and where."""

    def __init__(self, text: str, place: str, code: str = "value") -> None:
        self.issue = Issue(code, text, place)


def within(place: str, scope: Scope, node: Node, then: Callable[[Path, Scope], str]) -> str:
    """What `then` makes of an expression at a place of the definition; Wrong when it makes no sense there."""
    here = msgspec.structs.replace(scope, place=place)
    try:
        sql = then(compile_path(node, here), here)
    except FhirPathError as error:
        raise Wrong(f"{error}.", place, "invalid") from error
    if not scope.draft.has_room(len(sql)):
        text = "The view is too large: it asks for more than one statement can hold."
        raise Wrong(text, place, "too-costly")
    return sql


def rows_of_all(selects: Sequence[Select], scope: Scope) -> Shape:
    """Every row of each select with every row of the others."""
    return _beside((), [_shape(one, scope) for one in selects], "", scope)


def _shape(select: Select, scope: Scope) -> Shape:
    source, inner = _source(select, scope)
    own = [_column(one, inner) for one in select.columns]
    below = [_shape(one, inner) for one in select.selects]
    if select.unions:
        below.append(_union(select, [_shape(one, inner) for one in select.unions]))
    return _beside(own, below, source, scope)


def _column(column: Column, scope: Scope) -> tuple[Output, str]:
    made: list[Output] = []

    def written(path: Path, here: Scope) -> str:
        found, sql = output(column, path, here)
        made.append(found)
        return sql

    sql = within(f"{column.place}.path", scope, column.path, written)
    return made[0], sql


def _beside(own: Sequence[tuple[Output, str]], shapes: Sequence[Shape], source: str, scope: Scope) -> Shape:
    outputs, values = [one for one, _ in own], [sql for _, sql in own]
    sources = [source] if source else []
    for shape in shapes:
        alias = scope.draft.alias()
        sources.append(f"({shape.sql}) AS {alias}")
        outputs += shape.outputs
        values += [f"{alias}.c{number}" for number in range(len(shape.outputs))]
    listed = ", ".join(f"{value} AS c{number}" for number, value in enumerate(values))
    joined = f" FROM {' CROSS JOIN LATERAL '.join(sources)}" if sources else ""
    return Shape(tuple(outputs), f"SELECT {listed}{joined}")


def _union(select: Select, shapes: Sequence[Shape]) -> Shape:
    """The rows of all, whose columns must be the same in the same order."""
    first = shapes[0]
    for number, shape in enumerate(shapes[1:], 1):
        place = f"{select.place}.unionAll[{number}]"
        if [one.name for one in shape.outputs] != [one.name for one in first.outputs]:
            raise Wrong("These are not the columns of the first select of the unionAll.", place, "structure")
        for one, same in zip(shape.outputs, first.outputs, strict=True):
            if (one.kind, one.collection) != (same.kind, same.collection):
                text = f"The column {one.name} is not of the type it has in the first select of the unionAll."
                raise Wrong(text, place, "structure")
    return Shape(first.outputs, " UNION ALL ".join(f"({shape.sql})" for shape in shapes))


def _source(select: Select, scope: Scope) -> tuple[str, Scope]:
    """The rows that a select goes through, and the scope of one of them."""
    if not select.way:
        return "", scope
    alias = scope.draft.alias()
    items: list[Item] = []

    def gone_through(path: Path, here: Scope) -> str:
        items.append(path.item)
        return _numbered(path)

    if select.way == "repeat":
        rows, item = _repeated(select, scope)
        items.append(item)
    else:
        rows = within(f"{select.place}.{select.way}", scope, select.paths[0], gone_through)
    index = f"{alias}.n"
    source = f"({rows}) AS {alias}(v, n)"
    if select.way == "forEachOrNull":
        index = f"coalesce({alias}.n, 0)"
        source = f"(SELECT) AS {scope.draft.alias()} LEFT JOIN LATERAL {source} ON true"
    focus = items[0].carried(f"{alias}.v") if items[0].type else NOTHING
    return source, scope.at(focus, index)


def _numbered(path: Path) -> str:
    """The values with their numbers from 0, as rows (v, n)."""
    if not path.item.type:
        return _NONE
    if not path.is_many:
        return path.rows(f"{path.item.carrier}, 0::bigint")
    return path.rows(f"{path.item.carrier}, row_number() OVER ({path.ordered}) - 1")


def _repeated(select: Select, scope: Scope) -> tuple[str, Item]:
    """What the paths lead to, and from there again, in the order in which a reader comes by it."""
    walk, place = scope.draft.alias(), f"{select.place}.repeat"
    first, types = _branches(select, scope)
    if not types:
        return _NONE, NOTHING
    item = Item(types.pop(), f"{walk}.v")
    further, again = _branches(select, scope.at(item))
    if types or again - {item.type} or item.family != "json":
        raise Wrong("All paths of a repeat have to lead to elements of one type.", place)
    deep = scope.draft.fails(f"cardinality({walk}.p)", MAX_STEPS, place)
    wide = scope.draft.fails("count(*) OVER ()", MAX_REPEATED, place)
    recursion = f""" UNION ALL SELECT x.v, {walk}.p || x.p FROM {walk} CROSS JOIN LATERAL ({further}) AS x(v, p)
        WHERE {deep} = 0"""
    return (
        f"""WITH RECURSIVE {walk}(v, p) AS (SELECT x.v, x.p FROM ({first}) AS x(v, p){recursion if further else ""})
        SELECT x.v, x.n FROM (
            SELECT w.v, row_number() OVER (ORDER BY w.p) - 1 AS n, {wide} AS more
            FROM (SELECT v, p FROM {walk} LIMIT {MAX_REPEATED + 1}) AS w
        ) AS x WHERE x.more = 0""",
        item,
    )


def _descends(node: Node) -> bool:
    """Whether what a path leads to stands below where it begins, so that a repeat of it comes to an end."""
    below = False
    while isinstance(node, (Member, Index)):
        below = below or (isinstance(node, Member) and _leads_on(node.member))
        node = node.source
    return not isinstance(node, Constant) and (below or _leads_on(node))


def _leads_on(node: Node) -> bool:
    if isinstance(node, Call):
        return node.name == "extension"
    return isinstance(node, Name) and node.name not in RESOURCE_TYPES


def _branches(select: Select, scope: Scope) -> tuple[str, set[str]]:
    """The rows (v, p) of all paths, p being the place of a row among them, and their types."""
    types: set[str] = set()
    branches: list[str] = []

    for number, node in enumerate(select.paths):
        if not _descends(node):
            raise Wrong("A path is expected that leads to elements below.", f"{select.place}.repeat[{number}]")

        def branch(path: Path, _: Scope, number: int = number) -> str:
            if path.item.type:
                types.add(path.item.type)
                place = ", ".join((f"{number}::bigint", *path.order))
                branches.append(path.rows(f"{path.item.sql}, ARRAY[{place}]"))
            return ""

        within(f"{select.place}.repeat[{number}]", scope, node, branch)
    return " UNION ALL ".join(f"({one})" for one in branches), types
