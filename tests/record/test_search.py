"""Search answers as a naive reading of the specification does, over generated resources; and pages hold together."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any, NamedTuple

import pytest
import pytest_asyncio
from hypothesis import given, settings
from hypothesis import strategies as st

from saman.kernel.outcome import Kind, Refusal
from saman.model.fhir import clinical_time, fold
from saman.record import Record, system
from tests.conftest import Database
from tests.record.conftest import BASE, NOW, Opener, Resource, made

SYSTEMS = ("urn:a", "urn:b", "")
CODES = ("x", "y", "X", "a|b", "c,d", "e$f", "g\\h", "æ")
FAMILIES = ("Åsen", "Aasen", "asen", "Åse", "Ås-en", "O'Hara", "Ødegård", "Odegard", "van der Berg", "Berg")
MOMENTS = (
    "2025", "2026", "2026-02", "2026-02-28", "2026-03-01", "2026-03-29T01:30:00+01:00", "2026-03-29T03:30:00+02:00",
    "2026-03-01T00:00:00Z", "2026-03-01T00:00:00.5Z", "2026-02-28T23:59:59.999Z", "2026-12-31T23:59:60Z",
)  # fmt: skip
PREFIXES = ("", "eq", "ne", "gt", "lt", "ge", "le", "sa", "eb")


class Had(NamedTuple):
    """A resource as the oracle knows it."""

    id: str
    codes: frozenset[tuple[str, str]]
    families: tuple[str, ...]
    span: tuple[datetime, datetime] | None
    subject: str


class World(NamedTuple):
    """What is stored, by type, and the way in."""

    record: Record
    observations: list[Had]
    patients: list[Had]


def span(text: str) -> tuple[datetime, datetime]:
    """First moment and first moment after, worked out by hand."""
    if len(text) == 4:
        return datetime(int(text), 1, 1, tzinfo=UTC), datetime(int(text) + 1, 1, 1, tzinfo=UTC)
    if len(text) == 7:
        year, month = int(text[:4]), int(text[5:])
        return datetime(year, month, 1, tzinfo=UTC), datetime(year + month // 12, month % 12 + 1, 1, tzinfo=UTC)
    if len(text) == 10:
        start = datetime.fromisoformat(text).replace(tzinfo=UTC)
        return start, start + timedelta(days=1)
    leap = ":60" in text
    start = datetime.fromisoformat(text.replace(":60", ":59")).astimezone(UTC) + timedelta(seconds=leap)
    digits = len(text.partition(".")[2].rstrip("Z"))
    return start, start + (timedelta(microseconds=10 ** (6 - digits)) if digits else timedelta(seconds=1))


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def world(new_database: Callable[[], Database], open_at: Opener) -> World:
    return await dense_world(Record(await open_at(new_database().app_url), system(NOW), BASE))


async def dense_world(record: Record) -> World:
    """Some dozens of people and observations, dense enough that values meet."""
    pick = Random(20261121)
    patients, observations = [], []
    for _ in range(30):
        families = tuple(pick.sample(FAMILIES, pick.randint(0, 2)))
        resource: Resource = {"resourceType": "Patient", "gender": pick.choice(["female", "male"])}
        if families:
            resource["name"] = [{"family": family} for family in families]
        patients.append(Had(await made(record, resource), frozenset({("", resource["gender"])}), families, None, ""))
    for _ in range(90):
        codes = frozenset((pick.choice(SYSTEMS), pick.choice(CODES)) for _ in range(pick.randint(1, 3)))
        subject = pick.choice(patients[:8]).id
        resource = {
            "resourceType": "Observation",
            "status": pick.choice(["final", "amended"]),
            "code": {"coding": [{"code": code} | ({"system": one} if one else {}) for one, code in sorted(codes)]},
            "subject": {"reference": f"Patient/{subject}"},
        }
        told = pick.choice([*MOMENTS, None])
        if told:
            resource["effectiveDateTime"] = told
        reach = span(told) if told else None
        if pick.random() < 0.2:
            ends = sorted(pick.sample(MOMENTS[:6], 2), key=span)
            resource.pop("effectiveDateTime", None)
            resource["effectivePeriod"] = dict(zip(("start", "end"), ends, strict=True))
            reach = span(ends[0])[0], span(ends[1])[1]
        observations.append(Had(await made(record, resource), codes, (), reach, subject))
    return World(record, observations, patients)


async def found(world: World, kind: str, pairs: list[tuple[str, str]], count: int = 7) -> list[str]:
    """The ids of all pages, after holding the total against them."""
    ids: list[str] = []
    cursor: list[tuple[str, str]] = []
    while True:
        page = await world.record.search(kind, [*pairs, ("_count", str(count)), ("_total", "accurate"), *cursor])
        assert not isinstance(page, Refusal), page
        assert len(page.matches) <= count
        ids += [one.id for one in page.matches]
        if page.next is None:
            break
        cursor = [("_cursor", page.next)]
    assert len(ids) == len(set(ids)) == page.total
    return ids


def escaped(text: str) -> str:
    for letter in ("\\", ",", "|", "$"):
        text = text.replace(letter, "\\" + letter)
    return text


tokens = st.tuples(st.sampled_from([*SYSTEMS, None]), st.sampled_from([*CODES, ""])).filter(lambda one: any(one))


def token_text(token: tuple[str | None, str]) -> str:
    name, code = token
    return escaped(code) if name is None else f"{escaped(name)}|{escaped(code)}"


def has_token(had: Had, token: tuple[str | None, str]) -> bool:
    name, code = token
    return any((name is None or name == one) and (not code or code == other) for one, other in had.codes)


Wanted = Callable[[Had], bool]
Question = tuple[list[tuple[str, str]], Wanted]


def token_question(chosen: list[tuple[str | None, str]], modifier: str) -> Question:
    def wanted(had: Had) -> bool:
        return any(has_token(had, one) for one in chosen) is (modifier == "")

    return [(f"code{modifier}", ",".join(map(token_text, chosen)))], wanted


def compares(prefix: str, had: tuple[datetime, datetime], asked: tuple[datetime, datetime]) -> bool:
    """https://hl7.org/fhir/R4/search.html#prefix, read word by word."""
    low, high = had
    first, last = asked
    within = first <= low and high <= last
    return {
        "": within, "eq": within, "ne": not within, "gt": high > last, "lt": low < first,
        "ge": high > last or within, "le": low < first or within, "sa": low >= last, "eb": high <= first,
    }[prefix]  # fmt: skip


def date_question(chosen: list[tuple[str, str]]) -> Question:
    def wanted(had: Had) -> bool:
        return had.span is not None and any(compares(one, had.span, span(text)) for one, text in chosen)

    return [("date", ",".join(one + text for one, text in chosen))], wanted


def reference_question(number: int, form: str) -> Callable[[World], Question]:
    def made_for(world: World) -> Question:
        who = world.patients[number].id
        value = {"id": who, "typed": f"Patient/{who}", "url": f"{BASE}/Patient/{who}"}
        name, text = ("subject:Patient", who) if form == "modifier" else ("subject", value[form])
        return [(name, text)], lambda had: had.subject == who

    return made_for


def subjects_question(numbers: list[int]) -> Callable[[World], Question]:
    def made_for(world: World) -> Question:
        who = [world.patients[number].id for number in numbers]
        return [("patient", ",".join(f"Patient/{one}" for one in who))], lambda had: had.subject in who

    return made_for


def ids_question(numbers: list[int]) -> Callable[[World], Question]:
    def made_for(world: World) -> Question:
        ids = [world.observations[number].id for number in numbers]
        return [("_id", ",".join([*ids, "nobody-has-this"]))], lambda had: had.id in ids

    return made_for


questions = st.one_of(
    st.builds(token_question, st.lists(tokens, min_size=1, max_size=3), st.sampled_from(["", ":not"])),
    st.builds(
        date_question, st.lists(st.tuples(st.sampled_from(PREFIXES), st.sampled_from(MOMENTS)), min_size=1, max_size=2)
    ),
    st.builds(reference_question, st.integers(0, 9), st.sampled_from(["id", "typed", "url", "modifier"])),
    st.builds(subjects_question, st.lists(st.integers(0, 9), min_size=1, max_size=4)),
    st.builds(ids_question, st.lists(st.integers(0, 89), min_size=1, max_size=30)),
    st.sampled_from(["true", "false"]).map(
        lambda word: ([("date:missing", word)], lambda had: (had.span is None) is (word == "true"))
    ),
)


@settings(max_examples=120, deadline=None)
@given(asked=st.lists(questions, min_size=1, max_size=3), count=st.integers(1, 40))
async def test_tokens_dates_and_references_find_what_they_should(world: World, asked: list[Any], count: int) -> None:
    read = [one(world) if callable(one) else one for one in asked]
    pairs = [pair for named, _ in read for pair in named]
    wanted = {had.id for had in world.observations if all(fits(had) for _, fits in read)}
    assert set(await found(world, "Observation", pairs, count)) == wanted


names = st.sampled_from([*FAMILIES, "Å", "as", "O", "øde", "BERG", "der", "van der", "x", "en"])


@settings(max_examples=80, deadline=None)
@given(name=names, modifier=st.sampled_from(["", ":exact", ":contains"]))
async def test_strings_find_what_they_should(world: World, name: str, modifier: str) -> None:
    def fits(family: str) -> bool:
        if modifier == ":exact":
            return family == name
        if modifier == ":contains":
            return fold(name) in fold(family)
        return fold(family).startswith(fold(name))

    wanted = {had.id for had in world.patients if any(map(fits, had.families))}
    assert set(await found(world, "Patient", [(f"family{modifier}", escaped(name))])) == wanted


@pytest.mark.parametrize("direction", ["", "-"])
@pytest.mark.parametrize("count", [1, 3, 50])
async def test_sorted_pages_are_in_order(world: World, direction: str, count: int) -> None:
    by_date = await found(world, "Observation", [("_sort", f"{direction}date"), ("date:missing", "false")], count)
    spans = {had.id: had.span for had in world.observations}
    starts = [spans[id][0] for id in by_date]  # type: ignore[index]
    assert starts == sorted(starts, reverse=direction == "-")
    by_name = await found(world, "Patient", [("_sort", f"{direction}family"), ("family:missing", "false")], count)
    folded = {had.id: sorted(map(fold, had.families)) for had in world.patients}
    firsts = [folded[id][-1 if direction else 0] for id in by_name]
    assert firsts == sorted(firsts, reverse=direction == "-")
    by_id = await found(world, "Patient", [("_sort", f"{direction}_id")], count)
    assert by_id == sorted((had.id for had in world.patients), reverse=direction == "-")
    assert set(await found(world, "Patient", [("_sort", f"{direction}family")], count)) == set(by_id)
    assert set(await found(world, "Observation", [("_sort", f"{direction}status")], count)) == set(spans)


async def test_writes_between_two_pages_neither_repeat_nor_hide_what_was_there(
    new_database: Callable[[], Database], open_at: Opener
) -> None:
    record = Record(await open_at(new_database().app_url), system(NOW), BASE)
    there = [await made(record, {"resourceType": "Basic", "code": {"text": "x"}}) for _ in range(20)]
    seen: list[str] = []
    cursor: list[tuple[str, str]] = []
    while True:
        page = await record.search("Basic", [("_count", "3"), *cursor])
        assert not isinstance(page, Refusal)
        seen += [one.id for one in page.matches]
        await made(record, {"resourceType": "Basic", "code": {"text": "new"}})
        await record.delete("Basic", page.matches[0].id)
        if page.next is None:
            break
        cursor = [("_cursor", page.next)]
    assert len(seen) == len(set(seen))
    assert set(there) <= set(seen)


async def test_what_was_updated_since_is_found_by_its_time(world: World) -> None:
    moment = NOW.isoformat().replace("+00:00", "Z")
    assert len(await found(world, "Patient", [("_lastUpdated", f"ge{moment}")])) == len(world.patients)
    assert await found(world, "Patient", [("_lastUpdated", f"gt{moment}")]) == []
    assert await found(world, "Patient", [("_lastUpdated", f"lt{moment}")]) == []
    assert len(await found(world, "Patient", [("_lastUpdated", NOW.date().isoformat())])) == len(world.patients)


async def test_several_ids_and_what_they_point_to(world: World) -> None:
    some = world.observations[:5]
    asked = [("_id", ",".join(had.id for had in some)), ("_include", "Observation:subject")]
    page = await world.record.search("Observation", asked)
    assert not isinstance(page, Refusal)
    assert {one.id for one in page.matches} == {had.id for had in some}
    assert {one.reference for one in page.included} == {f"Patient/{had.subject}" for had in some}
    page = await world.record.search("Observation", [*asked[:1], ("_include", "Observation:subject:Group")])
    assert not isinstance(page, Refusal)
    assert page.included == ()


async def test_the_newest_of_each_person_and_code(world: World) -> None:
    who = [had.id for had in world.patients[:5]]
    values, since = [("urn:a", "x"), ("", "Y".lower())], span("2026-02")[0]
    asked = [("patient", ",".join(f"Patient/{one}" for one in who)), ("code", "urn:a|x,|y"), ("_count", "2")]
    answer = await world.record.newest("Observation", asked, since)
    assert not isinstance(answer, Refusal)
    wanted: set[str] = set()
    times = {one.id: await _clinical_time(world, one) for one in world.observations}
    for person in who:
        for value in values:
            having = [one for one in world.observations if one.subject == person and value in one.codes]
            late = sorted((times[one.id], one.id) for one in having if times[one.id] >= since)
            wanted |= {id for _, id in late[-2:]}
    assert {one.id for one in answer} == wanted
    assert len(answer) == len(wanted) > 3


async def _clinical_time(world: World, had: Had) -> datetime:
    there = await world.record.read("Observation", had.id)
    assert not isinstance(there, Refusal)
    return clinical_time(there.resource()) or NOW


async def test_what_is_asked_for_one_by_one_is_refused_where_it_is_not_understood(world: World) -> None:
    answer = await world.record.newest("Observation", [("patient", "Patient/x"), ("hat", "x")], NOW)
    assert isinstance(answer, Refusal)
    assert answer.issues[0].path == "hat"


async def test_what_is_held_about_a_person_comes_by_type_newest_first(world: World) -> None:
    who = world.patients[0].id
    held = await world.record.about(who, {"Patient": 1, "Observation": 3, "Goal": 5})
    assert not isinstance(held, Refusal)
    assert [one.id for one in held["Patient"]] == [who]
    assert held["Goal"] == ()
    newest = await world.record.search("Observation", [("patient", who), ("_count", "3")])
    assert not isinstance(newest, Refusal)
    assert held["Observation"] == newest.matches


@pytest.mark.parametrize("code", ["combo-code", "code"])
async def test_combined_parameters_find_what_their_parts_find(world: World, code: str) -> None:
    ids = await found(world, "Observation", [(code, "urn:a|x")])
    assert set(ids) == {had.id for had in world.observations if ("urn:a", "x") in had.codes}


@pytest.mark.parametrize(
    "pairs",
    [
        [("date", "yesterday")],
        [("date", "ge")],
        [("date", "2026-13")],
        [("_count", "-1")],
        [("_count", "many")],
        [("_sort", "nothing")],
        [("_sort", "date,nothing")],
        [("_sort", "code-value-quantity")],
        [("_total", "perhaps")],
        [("_include", "Patient:organization")],
        [("_include", "Observation:nothing")],
        [("_include", "Observation")],
        [("code:below", "x")],
        [("code", "")],
        [("code", ",")],
        [("date:missing", "perhaps")],
        [("subject:Organization", "x")],
        [("code", "x\0y")],
        [("_cursor", "!")],
    ],
)
async def test_a_bad_parameter_is_refused(world: World, pairs: list[tuple[str, str]]) -> None:
    answer = await world.record.search("Observation", pairs)
    assert isinstance(answer, Refusal), answer
    assert answer.kind is Kind.INVALID
    assert answer.issues[0].path


async def test_an_unknown_parameter_is_ignored_or_refused_as_asked(world: World) -> None:
    page = await world.record.search("Patient", [("hat", "x"), ("_count", "1")])
    assert not isinstance(page, Refusal)
    answer = await world.record.search("Patient", [("hat", "x")], strict=True)
    assert isinstance(answer, Refusal)
    assert answer.issues[0].path == "hat"


async def test_what_is_about_two_people_is_found_by_either(world: World) -> None:
    two = [had.id for had in world.patients[:2]]
    provenance = {
        "resourceType": "Provenance",
        "target": [{"reference": f"Patient/{who}"} for who in two],
        "recorded": "2026-11-21T12:00:00Z",
        "agent": [{"who": {"display": "x"}}],
    }
    id = await made(world.record, provenance)
    for who in two:
        assert id in await found(world, "Provenance", [("patient", who)])
        assert id in await found(world, "Provenance", [("patient", f"Patient/{who}")])
