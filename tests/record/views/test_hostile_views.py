"""Definitions that were made to do harm: refused with the place named, or harmless."""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
import pytest_asyncio
from hypothesis import example, given, settings
from hypothesis import strategies as some

from saman.kernel.outcome import Kind, Refusal
from saman.record import Record, Store, system
from saman.record.views import Pace, View, read_view
from saman.record.views.view import FIRST, statement
from tests.record.conftest import BASE, NOW, made, patient
from tests.record.views.running import column, definition, rows, values, view

EVIL = [
    "x; DROP TABLE resource",
    'x" FROM resource; --',
    "x'",
    "$1",
    "%s",
    "{0}",
    "x\0y",
    "ſ",
    "",
    "1x",
    "_x",
    "x" * 64,
    "x\n",
]


def refused(found: View | Refusal) -> list[tuple[str, str]]:
    assert isinstance(found, Refusal), found
    assert found.kind in (Kind.UNPROCESSABLE, Kind.TOO_COSTLY)
    return [(issue.code, issue.path) for issue in found.issues]


@pytest.mark.parametrize("name", EVIL)
def test_a_name_that_is_more_than_a_name_is_refused(name: str) -> None:
    place = "ViewDefinition.select[0].column[0].name"
    assert (
        refused(read_view(definition("Patient", column("id", name=name))))
        == [
            ("value", place),
            ("required", "ViewDefinition.select"),
        ][:1]
    )
    assert ("value", "ViewDefinition.name") in refused(read_view(definition("Patient", column("id"), name=name)))
    constant = {"name": name, "valueString": "x"}
    found = refused(read_view(definition("Patient", column("id"), constant=[constant])))
    assert found == [("value", "ViewDefinition.constant[0].name")]


@pytest.mark.parametrize("text", ["'", "\\'", "'; DROP TABLE resource; --", "$1", "$4", "%s {0}", "\\", "é\u2028"])
async def test_what_a_literal_holds_is_a_value_and_nothing_else(record: Record, text: str) -> None:
    literal = "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"
    await made(record, patient(gender="other"))
    one = view("Patient", column(literal), where=[{"path": f"gender = 'other' and {literal} = %text"}],
               constant=[{"name": "text", "valueString": text}])  # fmt: skip
    assert set(await values(record, one)) == {text}
    sql = statement(one, record.store.fence)
    assert text in one.values
    assert text in ("'", "\\", "$1", "$4") or text not in sql
    assert await values(record, view("Patient", column("id"), where=[{"path": f"gender = {literal}"}])) == []


@pytest.mark.parametrize(
    "path",
    [
        "`id'; DROP TABLE resource; --`",
        '`a"b`',
        "name.`family' || version() || '`",
        "extension.value.ofType(`x'); --`)",
        "%`x'; --`",
        "`pg_sleep`(100)",
        "id.`$1`",
    ],
)
async def test_no_name_in_a_path_reaches_the_statement(record: Record, path: str) -> None:
    """Only names of R4's elements do; all others are nothing, or refused."""
    found = read_view(definition("Patient", column(path)))
    if isinstance(found, Refusal):
        assert found.issues[0].path == "ViewDefinition.select[0].column[0].path"
        return
    await made(record, patient())
    assert set(await values(record, found)) == {None}
    assert [one.path for one in found.warnings] == ["ViewDefinition.select[0].column[0].path"]
    assert "DROP" not in statement(found, record.store.fence)


def joined(sides: some.SearchStrategy[str], operators: str) -> some.SearchStrategy[str]:
    """Two of `sides` with an operator between them."""
    return some.builds("({} {} {})".format, sides, some.sampled_from(operators.split()), sides)


def followed(source: some.SearchStrategy[str], *calls: str) -> some.SearchStrategy[str]:
    return some.builds("{}.{}".format, source, some.sampled_from(calls))


def made_of(leaves: str, *ways: Callable[[some.SearchStrategy[str]], some.SearchStrategy[str]]) -> Any:
    """Expressions of one kind, from `leaves` and in these ways."""
    return some.recursive(
        some.sampled_from(leaves.split("|")), lambda inner: some.one_of(*(way(inner) for way in ways)), max_leaves=4
    )


def picked(inner: some.SearchStrategy[str]) -> some.SearchStrategy[str]:
    return some.builds("{}[{}]".format, inner, some.integers(0, 3))


NUMBERS = made_of(
    "1|1.50|0|multipleBirth.ofType(integer)|extension.value.ofType(decimal)|%rowIndex|{}|-2",
    lambda inner: joined(inner, "+ - * / div mod"),
    lambda inner: followed(inner, "lowBoundary()", "highBoundary()", "first()"),
)
TEXTS = made_of(
    "'x'|id|name.given|name.family|gender|%c|nothing|link.other.getReferenceKey(Patient)|getResourceKey()|'\\''|'$4'"
    "|contained.ofType(Patient).id|birthDate.extension.value.ofType(code)|extension('x').url|name.extension('x').url",
    lambda inner: joined(inner, "+ &"),
    lambda inner: followed(inner, "first()", "join(', ')", "where($this = 'A')", "where($this > 'B' or $this = %c)"),
    picked,
)
MOMENTS = made_of(
    "birthDate|@2020-01|@1970|deceased.ofType(dateTime)|name.period.start|name.period|@2020-02-03T10:00:00+01:00",
    lambda inner: followed(inner, "lowBoundary()", "highBoundary()", "first()"),
    picked,
)
THINGS = made_of(
    "name|contact.name|extension|deceased|contained|$this|meta|link.other|nothing|name.extension|%resource",
    lambda inner: followed(
        inner, "first()", "where(exists())", "where(period.exists())", "given", "extension", "value"
    ),
    picked,
)
TRUTHS = some.recursive(
    some.one_of(
        *(joined(sides, "= != < > <= >=") for sides in (NUMBERS, TEXTS, MOMENTS)),
        joined(THINGS, "= !="),
        followed(some.one_of(THINGS, TEXTS, NUMBERS, MOMENTS), "exists()", "empty()", "exists(extension.exists())"),
        some.sampled_from(["active", "true", "{}"]),
    ),
    lambda inner: some.one_of(joined(inner, "and or xor implies ="), followed(inner, "not()", "exists($this)")),
    max_leaves=3,
)
PATHS = some.one_of(NUMBERS, TEXTS, MOMENTS, THINGS, TRUTHS, TRUTHS)


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def somebody(store: Store) -> Record:
    """The record with a patient of whom much is known."""
    record = Record(store, system(NOW), BASE)
    told = [{"url": "x", "valueString": "y"}]
    names = [{"family": "A", "given": ["B", "C"], "period": {"start": "2020"}}, {"family": "D", "extension": told}]
    about = {
        "active": True, "birthDate": "1970-05", "_birthDate": {"extension": [{"url": "x", "valueCode": "z"}]},
        "deceasedDateTime": "2020-02-03T10:00:00.5+01:00", "multipleBirthInteger": 2,
        "extension": [{"url": "x", "valueDecimal": Decimal("1.50")}, {"url": "z", "valueDate": "2020-01"}],
        "contained": [{"resourceType": "Patient", "id": "c"}],
        "link": [{"other": {"reference": "#c"}, "type": "seealso"}], "contact": [{"name": {"text": "E"}}],
    }  # fmt: skip
    await made(record, patient(name=names, **about))
    return record


@given(path=PATHS, other=PATHS, way=some.sampled_from(["forEach", "forEachOrNull", "repeat"]), listed=some.booleans())
@settings(max_examples=150)
@example(path="(name.given.where($this = 'x')).first()", other="name", way="forEach", listed=False)
async def test_every_definition_is_refused_or_runs(
    somebody: Record, path: str, other: str, way: str, listed: bool
) -> None:
    """Whatever is compiled is a statement that the database takes; nothing ends in an error of ours."""
    select = {way: [other] if way == "repeat" else other, "column": [column(path, collection=listed)]}
    found = read_view(
        definition("Patient", select=[{"column": [column("id", name="id")]}, select],
                   constant=[{"name": "c", "valueCode": "other"}], where=[{"path": f"({other}).exists()"}])
    )  # fmt: skip
    if isinstance(found, Refusal):
        assert all(issue.path.startswith("ViewDefinition.") for issue in found.issues)
        return
    answer = await rows(somebody, found, Pace(seconds=10))
    if isinstance(answer, Refusal):
        assert answer.kind is Kind.UNPROCESSABLE
        assert answer.issues[0].path.startswith("ViewDefinition")


async def test_the_statement_holds_the_gate_and_numbers_its_values_without_gaps(record: Record) -> None:
    one = view("Patient", column("nothing = 'left out'", name="a"), column("'kept'", name="b"))
    assert one.values == ("kept",)
    found = {int(number) for number in re.findall(r"\$([0-9]+)", statement(one, record.store.fence))}
    assert found == {1, 2, 3, FIRST}


def nested(depth: int) -> dict[str, Any]:
    found: dict[str, Any] = {"column": [column("id")]}
    for _ in range(depth):
        found = {"select": [found]}
    return found


@pytest.mark.parametrize(
    ("tree", "code", "place"),
    [
        (definition("Patient", *(column("id", name=f"c{n}") for n in range(10_000))), "too-costly", "select[0].column"),
        (definition("Patient", select=[{"column": [column("id")]}] * 1000), "too-costly", "select"),
        (definition("Patient", select=[nested(500)]), "too-costly", "select[0]" + ".select[0]" * 9 + ".select"),
        (definition("Patient", column("(" * 40 + "id" + ")" * 40 + " | id" * 60)), "too-costly", "path"),
        (definition("Patient", column("id" + ".first()" * 90)), "too-costly", "path"),
        (definition("Patient", column("'" + "x" * 3000 + "'")), "too-long", "path"),
        (definition("Patient", column("9" * 5000)), "too-long", "path"),
        (definition("Patient", column("id"), where=[{"path": "active"}] * 200), "too-costly", "where"),
        (definition("Patient", column("id"), constant=[{"name": "a", "valueCode": "b"}] * 200), "too-costly", "const"),
        (definition("Patient", select=[{"repeat": ["extension"] * 50, "column": [column("url")]}]), "structure", "rep"),
        (definition("Patient", *(column(" + ".join(["extension.value.first().exists()"] * 40), name=f"c{n}")
                                 for n in range(300))), "invalid", "path"),
        (definition("Patient", *(column(" and ".join(["extension.value.first().exists()"] * 40), name=f"c{n}")
                                 for n in range(300))), "too-costly", "path"),
    ],
)  # fmt: skip
def test_what_is_too_large_is_refused(tree: dict[str, Any], code: str, place: str) -> None:
    found = refused(read_view(tree))
    assert code in {one for one, _ in found}
    assert any(place in path for one, path in found if one == code), found


async def test_a_text_that_no_database_keeps_is_refused() -> None:
    for path in ("'a\\u0000b'", "'\\ud800'", "name.join('\\u0000')"):
        assert refused(read_view(definition("Patient", column(path))))[0][0] == "invalid"


@pytest.mark.parametrize("tree", [None, 1, [], "x", {}, {"resource": []}, {"resource": "Patient", "select": {}}])
def test_what_is_no_view_is_refused(tree: Any) -> None:
    refused(read_view(tree))


@pytest.mark.parametrize(
    "select",
    [
        1, {}, {"column": 1}, {"column": [1]}, {"column": [{}]}, {"column": [column("id", type=1)]},  # type: ignore[arg-type]
        {"column": [column("id", collection="yes")]}, {"column": [column("id")], "foreach": "name"},
        {"column": [column("id", nmae="x")]}, {"column": [column("id")], "forEach": "name", "repeat": ["name"]},
        {"column": [column("id")], "forEach": None}, {"column": [column("id")], "repeat": "name"},
        {"column": [column("id"), column("id")]}, {"column": [], "select": []},
        {"column": [column("id", "Observation.")]}, {"column": [column("id", "x y")]},
    ],
)  # fmt: skip
def test_a_select_of_the_wrong_form_is_refused(select: Any) -> None:
    assert all(
        path.startswith("ViewDefinition.select")
        for _, path in refused(read_view(definition("Patient", select=[select])))
    )


async def test_a_view_that_takes_too_long_is_ended(record: Record) -> None:
    await made(record, patient(name=[{"family": str(number)} for number in range(100)]))
    each = {"forEach": "name", "column": []}
    many = view("Patient", select=[*([each] * 8), {"column": [column("id")]}],
                where=[{"path": "name.exists()"}])  # fmt: skip
    found = await rows(record, many, Pace(batch=10**7, seconds=1))
    assert isinstance(found, Refusal)
    assert found.kind is Kind.TOO_COSTLY
