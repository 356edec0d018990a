"""Steps of a way as a state machine, papers that two people write, and drafts that hold only what was said."""

from __future__ import annotations

from datetime import UTC, date, datetime

import msgspec
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from saman.kernel.outcome import Refusal
from saman.model.care.agreement import AgreementsFile
from saman.model.care.check import check
from saman.model.care.load import Loaded, load
from saman.model.care.service_model import ServiceModel
from saman.model.care.way_drafts import (
    Author,
    SimulationRequest,
    agreement_draft,
    findings,
    service_draft,
    service_id,
    simulation_request,
    slug,
)
from saman.model.care.way_going import (
    MOVES,
    NEEDS_REASON,
    Act,
    Going,
    Hearing,
    Move,
    Note,
    Stand,
    finished,
    moved,
    next_steps,
    noted,
    reopened,
    with_part,
)
from saman.model.care.way_papers import Paper, read_paper, together

from .conftest import FOLDER

TODAY = date(2026, 11, 20)
AUTHOR = Author(language="nb", on=TODAY)
FRESH = Going(title="Natt", challenge="Folk vekkes.", owner="municipality-grimstad", parties=("municipality-risor",))
ACTS = st.lists(
    st.builds(
        Act,
        step=st.sampled_from(["needs", "agree", "market"]),
        move=st.sampled_from(Move),
        on=st.just(TODAY),
        reason=st.sampled_from(["", "Fordi."]),
    ),
    max_size=30,
)


@pytest.mark.property
@given(acts=ACTS)
def test_whatever_is_tried_no_pass_is_lost_and_every_detour_has_a_reason(acts):
    going = FRESH
    for act in acts:
        before = going.gone(act.step)
        after = moved(going, act)
        allowed = act.move in MOVES[before.stand] and (act.reason or act.move not in NEEDS_REASON)
        assert isinstance(after, Going) == bool(allowed)
        if isinstance(after, Refusal):
            continue
        gone = after.gone(act.step)
        assert gone.stand is MOVES[before.stand][act.move]
        assert len(gone.passes) in (len(before.passes), len(before.passes) + 1)
        assert gone.passes[: len(before.passes) - 1] == before.passes[:-1]
        others = {name: step for name, step in going.steps.items() if name != act.step}
        assert {name: step for name, step in after.steps.items() if name != act.step} == others
        going = after
    for gone in going.steps.values():
        for number, one in enumerate(gone.passes):
            assert bool(one.left_out) == (one.stand is Stand.SKIPPED)
            assert bool(one.reason) == (number > 0)


@pytest.mark.property
@given(acts=ACTS)
def test_a_way_that_is_finished_does_not_move(acts):
    ended = msgspec.structs.replace(FRESH, finished=TODAY)
    for act in acts:
        assert isinstance(moved(ended, act), Refusal)
    assert isinstance(noted(ended, "needs", Note(text="a", party="b", on=TODAY)), Refusal)
    assert isinstance(with_part(ended, Hearing(voice="staff", on=TODAY, how="a", said="b")), Refusal)
    assert reopened(ended) == FRESH
    assert isinstance(reopened(FRESH), Refusal)


def test_a_way_ends_only_with_every_step_and_voice_answered_for(agder):
    way, going = agder.way, FRESH
    refusal = finished(going, way, TODAY, {})
    assert isinstance(refusal, Refusal)
    open_steps = {one.path for one in refusal.issues if one.path.startswith("step-")}
    assert open_steps == {f"step-{step.id}" for step in way.steps if not step.optional}
    assert {one.path for one in refusal.issues} - open_steps == {f"why-{voice.id}" for voice in way.voices}
    for step in way.steps:
        if not step.optional:
            going = moved(going, Act(step=step.id, move=Move.SKIP, on=TODAY, reason="Prøve."))
    going = with_part(going, Hearing(voice="staff", on=TODAY, how="Møte", said="Ja."))
    why = {voice.id: "Senere." for voice in way.voices}
    ended = finished(going, way, TODAY, why)
    assert ended.finished == TODAY
    assert set(ended.unheard) == {"citizens", "politicians", "suppliers"}
    begun = moved(going, Act(step="market", move=Move.BEGIN, on=TODAY))
    assert isinstance(finished(begun, way, TODAY, why), Refusal), "an optional step that is begun is open, too"


def test_the_next_step_is_what_is_begun_else_the_first_that_is_not(agder):
    assert tuple(next_steps(FRESH, agder.way)) == ("challenge",)
    begun = moved(FRESH, Act(step="agree", move=Move.BEGIN, on=TODAY))
    assert tuple(next_steps(begun, agder.way)) == ("agree",)


TEXTS = st.sampled_from(["", "a", "b"])
PAPERS = st.builds(
    Paper,
    way=st.just("w"),
    template=st.just("t"),
    values=st.fixed_dictionaries({"x": TEXTS, "y": TEXTS}),
    rows=st.fixed_dictionaries({"z": st.sampled_from([(), ({"c": "a"},), ({"c": "b"},)])}),
)


@pytest.mark.property
@given(before=PAPERS, theirs=PAPERS, mine=PAPERS)
def test_what_only_one_changed_is_theirs_and_what_both_changed_stays_in_hand(before, theirs, mine):
    merged = together(before, theirs, mine)
    for name in ("x", "y"):
        kept = theirs if mine.value(name) == before.value(name) else mine
        assert merged.value(name) == kept.value(name)
    assert together(before, theirs, before) == theirs
    assert together(before, before, mine) == mine


@pytest.mark.property
@given(
    fields=st.dictionaries(
        st.sampled_from(
            ["first-year", "question", "scenarios.0.name", "scenarios.24.change", "scenarios.99.name", "x"]
        ),
        st.text(max_size=30),
    )
)
def test_whatever_is_sent_becomes_a_paper_or_is_refused_at_its_field(fields, agder):
    template = agder.way.template("simulation")
    read = read_paper("w", template, fields)
    if isinstance(read, Refusal):
        assert {one.path for one in read.issues} <= set(fields)
    else:
        assert set(read.values) == {"question", "first-year", "last-year"}
        asked = simulation_request(FRESH, {"simulation": read}, agder, AUTHOR)
        assert msgspec.json.decode(msgspec.json.encode(asked), type=SimulationRequest) == asked


def idea(agder, **more):
    fields = {"name": "Stille nattilsyn", "category": "remote-monitoring"} | more
    offered = {"roles": {one.id: "" for one in agder.roles}, "parties": {one.id: "" for one in agder.parties}}
    paper = read_paper("w", agder.way.template("service-idea"), fields, offered)
    assert isinstance(paper, Paper), paper
    return {"service-idea": paper}


def test_a_draft_of_what_nobody_described_loads_and_names_each_empty_part(agder):
    text = service_draft(FRESH, {}, agder, AUTHOR)
    model = msgspec.convert(yaml.safe_load(text), ServiceModel)
    assert (model.id, model.sample, model.name) == ("natt", True, {"nb": "Natt"})
    told = [one.text for one in findings(text, agder, TODAY)]
    for name in ("summary", "target_group", "modes", "roles", "activities", "steps", "receivers", "flows"):
        assert any(one.startswith(f"Nothing is written in `{name}` yet.") for one in told), name
    assert all(one.path.startswith("no-agder/services/natt.yaml:") for one in findings(text, agder, TODAY))


def test_the_check_finds_in_the_file_what_the_page_says(agder, files):
    papers = idea(agder, **{"activities.0.name": "Se til", "activities.0.role": "home-care-worker"})
    text = service_draft(FRESH, papers, agder, AUTHOR)
    name = f"{FOLDER}/services/stille-nattilsyn.yaml"
    loaded = load({**files, name: text}, FOLDER)
    assert isinstance(loaded, Loaded)
    checked = {
        (one.path.rpartition(":")[2], one.text)
        for one in check(loaded, datetime(2026, 11, 20, 12, tzinfo=UTC))
        if one.path.startswith(name)
    }
    said = {(one.path.rpartition(":")[2], one.text) for one in findings(text, agder, TODAY)}
    assert checked
    assert checked <= said


def test_a_draft_takes_no_id_of_a_service_there_is(agder):
    papers = idea(agder, name="Digital home follow-up")
    assert service_id(FRESH, papers, agder) == "digital-home-follow-up-draft"


def test_the_agreement_s_parties_are_those_of_the_way_and_its_days_are_unknown(agder):
    offered = {"parties": {one.id: "" for one in agder.parties}}
    fields = {"buyers.0.party": "municipality-arendal", "buyers.0.take": "optional", "buyers.0.share": "12,5"}
    paper = read_paper("w", agder.way.template("procurement"), fields, offered)
    text = agreement_draft(FRESH, {"procurement": paper}, agder, AUTHOR)
    one = msgspec.convert(yaml.safe_load(text), AgreementsFile).agreements[0]
    assert one.parties == ("municipality-grimstad", "municipality-risor", "municipality-arendal")
    assert [(part.take.value, part.parties) for part in one.services] == [
        ("active", ("municipality-grimstad", "municipality-risor")),
        ("optional", ("municipality-arendal",)),
    ]
    assert (one.valid_from, one.valid_to, one.not_known) == (None, None, True)
    assert one.funding[0].not_known, "half a per cent is no share that the schema knows"
    assert "not agreed yet" in text


@pytest.mark.property
@given(title=st.text(max_size=80), challenge=st.text(max_size=80), language=st.sampled_from(["nb", "is"]))
def test_any_text_gives_drafts_that_load(title, challenge, language, agder):
    going = msgspec.structs.replace(FRESH, title=title, challenge=challenge)
    author = Author(language=language, on=TODAY)
    model = msgspec.convert(yaml.safe_load(service_draft(going, {}, agder, author)), ServiceModel)
    assert model.id
    assert isinstance(findings(service_draft(going, {}, agder, author), agder, TODAY), tuple)
    agreed = msgspec.convert(yaml.safe_load(agreement_draft(going, {}, agder, author)), AgreementsFile)
    assert agreed.agreements[0].services[0].service == model.id


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("Trygg hjemme på natt", "trygg-hjemme-pa-natt"),
        ("Öppen vård: ÆØÅ!", "oppen-vard-aeoa"),
        ("日本", ""),
        ("--", ""),
    ],
)
def test_ids_are_plain_words(text, wanted):
    assert slug(text) == wanted
