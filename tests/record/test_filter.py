"""`_filter` finds what a naive reading of the specification finds, says where it is wrong, and never fails."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, NamedTuple

import pytest
import pytest_asyncio
from hypothesis import example, given, settings
from hypothesis import strategies as st

from saman.kernel.outcome import Kind, Refusal
from saman.model.fhir import fold
from saman.record import Record, system
from saman.record.search.asked import Query
from saman.record.search.filter.syntax import MAX_DEPTH, MAX_TESTS, MAX_TEXT
from saman.record.search.find import entries_of
from saman.record.search.query import MAX_LINKS, read_query
from tests.conftest import Database
from tests.record.conftest import BASE, NOW, Opener, made, patient
from tests.record.test_search import CODES, FAMILIES, Had, World, dense_world, found, span


class Asked(NamedTuple):
    """A filter, and whether a resource fits it."""

    text: str
    fits: Callable[[World, Had], bool]


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def world(new_database: Callable[[], Database], open_at: Opener) -> World:
    return await dense_world(Record(await open_at(new_database().app_url), system(NOW), BASE))


def _code(operator: str, system_: str | None, code: str) -> Asked:
    def same(one: tuple[str, str]) -> bool:
        return one[1] == code and system_ in (None, one[0])

    written = code.replace("\\", "\\\\").replace("|", r"\|")
    value = written if system_ is None else f"{system_}|{written}"

    def fits(_: World, had: Had) -> bool:
        return any(map(same, had.codes)) is (operator == "eq")

    return Asked(f"code {operator} {json.dumps(value)}", fits)


_COMPARED: dict[str, Callable[[Any, Any], bool]] = {
    "eq": lambda had, asked: had[0] >= asked[0] and had[1] <= asked[1],
    "ne": lambda had, asked: not (had[0] >= asked[0] and had[1] <= asked[1]),
    "gt": lambda had, asked: had[1] > asked[1],
    "lt": lambda had, asked: had[0] < asked[0],
    "sa": lambda had, asked: had[0] >= asked[1],
    "eb": lambda had, asked: had[1] <= asked[0],
    "po": lambda had, asked: had[0] < asked[1] and had[1] > asked[0],
    "co": lambda had, asked: had[0] <= asked[0] and had[1] >= asked[1],
}


def _date(operator: str, moment: str) -> Asked:
    def fits(_: World, had: Had) -> bool:
        return had.span is not None and _COMPARED[operator](had.span, span(moment))

    return Asked(f"date {operator} {moment}", fits)


def _dated(there: bool) -> Asked:
    return Asked(f"date pr {str(there).lower()}", lambda _, had: (had.span is not None) is there)


_TEXTS: dict[str, Callable[[str, str], bool]] = {
    "eq": lambda had, asked: had == asked,
    "ne": lambda had, asked: had != asked,
    "co": lambda had, asked: asked in had,
    "sw": lambda had, asked: had.startswith(asked),
    "ew": lambda had, asked: had.endswith(asked),
}


def _family(operator: str, name: str, way: str) -> Asked:
    def fits(world: World, had: Had) -> bool:
        person = next(one for one in world.patients if one.id == had.subject)
        return any(_TEXTS[operator](fold(one), fold(name)) for one in person.families)

    return Asked(f"{way} {operator} {json.dumps(name)}", fits)


def _not(one: Asked) -> Asked:
    return Asked(f"not ({one.text})", lambda world, had: not one.fits(world, had))


def _two(how: str, first: Asked, second: Asked) -> Asked:
    def fits(world: World, had: Had) -> bool:
        both = first.fits(world, had), second.fits(world, had)
        return all(both) if how == "and" else any(both)

    return Asked(f"({first.text}) {how} ({second.text})", fits)


leaves = st.one_of(
    st.builds(_code, st.sampled_from(["eq", "ne"]), st.sampled_from(["urn:a", "", None]), st.sampled_from(CODES)),
    st.builds(_date, st.sampled_from(sorted(_COMPARED)), st.sampled_from(["2026", "2026-02-28", "2026-03-01"])),
    st.builds(_dated, st.booleans()),
    st.builds(
        _family,
        st.sampled_from(sorted(_TEXTS)),
        st.sampled_from([*FAMILIES, "ås", "en", "x"]),
        st.sampled_from(["subject.family", "subject:Patient.family", "patient[gender pr true].family"]),
    ),
)  # fmt: skip
filters = st.recursive(
    leaves,
    lambda inner: st.one_of(
        st.builds(_not, inner), st.builds(_two, st.sampled_from(["and", "or"]), inner, inner)
    ),
    max_leaves=6,
)  # fmt: skip


@settings(max_examples=120, deadline=None)
@given(asked=filters, count=st.integers(1, 40))
async def test_a_filter_finds_what_it_should(world: World, asked: Asked, count: int) -> None:
    wanted = {had.id for had in world.observations if asked.fits(world, had)}
    assert set(await found(world, "Observation", [("_filter", asked.text)], count)) == wanted


@settings(max_examples=40, deadline=None)
@given(first=leaves, rest=st.lists(st.tuples(st.sampled_from(["and", "or"]), leaves), min_size=1, max_size=4))
async def test_and_and_or_are_read_from_left_to_right(
    world: World, first: Asked, rest: list[tuple[str, Asked]]
) -> None:
    text = first.text + "".join(f" {how} {one.text}" for how, one in rest)
    wanted = set()
    for had in world.observations:
        fits = first.fits(world, had)
        for how, one in rest:
            fits = (fits and one.fits(world, had)) if how == "and" else (fits or one.fits(world, had))
        wanted |= {had.id} if fits else set()
    assert set(await found(world, "Observation", [("_filter", text)])) == wanted


async def test_filters_and_parameters_hold_together(world: World) -> None:
    who = world.patients[0].id
    pairs = [
        ("_filter", f"subject re Patient/{who} and status eq final"),
        ("_filter", "not (code eq x)"),
        ("date", "2026"),
    ]
    plain = [("patient", who), ("status", "final"), ("code:not", "x"), ("date", "2026")]
    assert await found(world, "Observation", pairs) == await found(world, "Observation", plain)
    assert await found(world, "Observation", [("_filter", f"subject.id eq {who}")]) == await found(
        world, "Observation", [("patient", who)]
    )


async def test_what_refers_here_and_ids(world: World) -> None:
    coded = {had.subject for had in world.observations if ("urn:a", "x") in had.codes}
    has = "_has:Observation:patient:code eq urn:a|x"
    assert set(await found(world, "Patient", [("_filter", has)])) == coded
    everyone = {had.id for had in world.patients}
    assert set(await found(world, "Patient", [("_filter", f"not ({has})")])) == everyone - coded
    one = min(coded)
    assert set(await found(world, "Patient", [("_filter", f"{has} and id ne {one}")])) == coded - {one}
    assert set(await found(world, "Patient", [("_filter", f"id eq {one} or not (id ne {one})")])) == {one}
    assert set(await found(world, "Patient", [("_id:not", one)])) == everyone - {one}


PRESSURE = "component-code-value-quantity[component-code eq urn:c|high].component-value-quantity"


async def test_values_in_one_element_and_several_conditions_on_what_a_reference_leads_to(record: Record) -> None:
    who = await made(record, patient(gender="female", birthDate="1950-05-05"))
    other = await made(record, patient(gender="female", birthDate="1990-05-05"))
    ids = [
        await made(record, {
            "resourceType": "Observation", "status": "final", "code": {"text": "x"},
            "subject": {"reference": f"Patient/{one}"},
            "component": [
                {"code": {"coding": [{"system": "urn:c", "code": code}]}, "valueQuantity": {"value": value}}
                for code, value in (("high", high), ("low", 80))
            ],
        })
        for one, high in ((who, 150), (other, 60))
    ]  # fmt: skip
    here = World(record, [], [])
    assert await found(here, "Observation", [("_filter", f"{PRESSURE} gt 70")]) == ids[:1]
    assert await found(here, "Observation", [("_filter", f"{PRESSURE} lt 70")]) == ids[1:]
    old = "subject[gender eq female and birthdate lt 1960].family eq ås"
    assert await found(here, "Observation", [("_filter", old)]) == ids[:1]


WRONG = {
    "nothing": ("", 1),
    "no operator": ("code", 5),
    "an operator that is none": ("code is x", 1),
    "an operator of another type": ("code gt x", 1),
    "no value": ("code eq", 8),
    "an unknown parameter": ("status eq final and hat eq x", 21),
    "a chain through what is no reference": ("code.name eq x", 1),
    "an open parenthesis": ("(status eq final", 17),
    "an open bracket": ("subject[gender eq x", 20),
    "brackets at the end": ("subject[gender eq x] eq y", 21),
    "brackets on what is no reference": ("code[status eq x].x eq y", 1),
    "a text that does not end": ('code eq "x', 9),
    "half a letter": (r'code eq "\ud800"', 9),
    "NUL": (r'code eq "\u0000"', 9),
    "no date": ("status eq final or date ge soon", 20),
    "no number": ("value-quantity gt many", 1),
    "not without parentheses": ("not code eq x", 5),
    "what comes after the end": ("code eq x)", 10),
    "two tests without a word between": ("code eq x code eq y", 11),
    "neither there nor not": ("code pr perhaps", 1),
    "a part of a composite that is not there": ("component-code-value-quantity[status eq x].component-code eq y", 1),
    "a composite without all of its parts": (
        "component-code-value-quantity[component-code eq x].component-code eq y", 1
    ),
}  # fmt: skip


@pytest.mark.parametrize("what", WRONG)
async def test_a_filter_that_cannot_be_answered_says_where(record: Record, what: str) -> None:
    text, place = WRONG[what]
    answer = await record.search("Observation", [("_filter", text)])
    assert isinstance(answer, Refusal), answer
    assert answer.kind is Kind.INVALID
    assert answer.issues[0].path == "_filter"
    assert answer.issues[0].text.endswith(f"(character {place} of '_filter')")


TOO_MUCH = {
    "long": "code eq " + "x" * MAX_TEXT,
    "deep": "(" * MAX_DEPTH + "code eq x" + ")" * MAX_DEPTH,
    "broad": " or ".join(["code eq x"] * (MAX_TESTS + 1)),
    "chained": " or ".join(["subject:Patient.name eq x"] * (MAX_LINKS + 1)),
    "far": "encounter.part-of.part-of.part-of.part-of.part-of.status eq x",
    "branching": " and ".join(["focus[_id pr true].based-on.focus.status eq x"] * MAX_LINKS),
}


@pytest.mark.parametrize("what", TOO_MUCH)
async def test_a_filter_is_held_to_the_limits_of_a_search(record: Record, what: str) -> None:
    answer = await record.search("Observation", [("_filter", TOO_MUCH[what])])
    assert isinstance(answer, Refusal), answer
    assert answer.issues[0].code in ("too-costly", "not-supported")


def test_of_several_people_none_reads_the_filter_that_names_the_others() -> None:
    """Whoever is asked about has an entry, also when it is only that something is not about them."""
    told: dict[str, str] = {}
    for text in ("patient re Patient/a or not (subject re Patient/b)", "patient re Patient/c"):
        query = read_query("Observation", [("_filter", text)])
        assert isinstance(query, Query)
        told |= {one.person or "": one.query for one in entries_of(system(NOW), query, ())}
    assert told == {
        "a": "Observation?_filter=…", "b": "Observation?_filter=…", "c": "Observation?_filter=patient re Patient/c",
    }  # fmt: skip


async def test_what_is_made_from_the_log_is_not_filtered(record: Record) -> None:
    answer = await record.search("AuditEvent", [("_filter", "action eq E")])
    assert isinstance(answer, Refusal)


words = st.sampled_from([
    "(", ")", "[", "]", ".", " ", "  ", "and", "or", "not", " and ", " or ", "not (", "eq", "ne",
    "co", "sw", "ew", "gt",
    "ap", "pr", "po", "ss", "sb", "in", "ni", "re",
    "true", "false", "code", "date", "subject", "subject.name", "family",
    "value-quantity", "_id", "_lastUpdated", "near", "url", "_has:Observation:patient:code",
    "component-code-value-quantity",
    "2026-11",
    "5.4|http://unitsofmeasure.org|mg", "Patient/1", '"a text"', '"\\u0041"', '"', "\\", ",", "$", "|", "snomed|1",
    "code eq x", "date po 2026", "subject[name co y].", "subject re Patient/1", "\ud7ff", "x$y", "http://x|1",
])  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(kind=st.sampled_from(["Observation", "Patient", "Location", "ValueSet"]), text=st.lists(words, max_size=12))
@example(kind="Patient", text=['family eq "', "\\ud800", '"'])
async def test_any_text_is_answered_or_refused(world: World, kind: str, text: list[str]) -> None:
    for written in ("".join(text), " ".join(text)):
        answer = await world.record.search(kind, [("_filter", written), ("_count", "2"), ("_total", "accurate")])
        assert not isinstance(answer, Refusal) or answer.kind in (Kind.INVALID, Kind.TOO_COSTLY)


async def test_a_list_names_its_members(record: Record) -> None:
    people = [await made(record, patient()) for _ in range(3)]
    entries = [{"item": {"reference": f"Patient/{one}"}} for one in people[:2]]
    listed = await made(record, {"resourceType": "List", "status": "current", "mode": "working", "entry": entries})
    here = World(record, [], [])
    assert set(await found(here, "Patient", [("_list", listed)])) == set(people[:2])
    assert set(await found(here, "Patient", [("_list", f"{listed},nobody"), ("_id:not", people[0])])) == {people[1]}
    assert await found(here, "Patient", [("_list", "nobody")]) == []
    assert await found(here, "Observation", [("_list", listed)]) == []


@pytest.mark.parametrize("value", ["$current-problems", "$current-allergies", "", ","])
async def test_lists_that_are_worked_out_are_not_kept(record: Record, value: str) -> None:
    answer = await record.search("Condition", [("_list", value)])
    assert isinstance(answer, Refusal)
    assert answer.kind is Kind.INVALID
    assert answer.issues[0].path == "_list"
