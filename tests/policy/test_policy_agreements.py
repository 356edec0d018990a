"""An agreement fills a slot that the country leaves open, or narrows; whatever else it says, it opens nothing more."""

import json
import shutil
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from saman.kernel.outcome import Refusal
from saman.model.access import PERSONAL, Policy, Question, add_region, decide
from saman.model.whole import findings
from saman.ops.region import files_in
from tests.policy.book import COUNTRIES, NOON, ROOT, answers, policy_of, roles, rows_text

SLOT = "R02-telemedicine-nurse-health"
PLAIN = {"id": "A01", "agreement": "a", "says": "Some.", "parties": ["centre"]}
FILL = {**PLAIN, "fills": SLOT, "sees": ["health"]}
KINDS = ["directory", "person", "plan", "readings", "health", "social", "finance", "consent"]
RULE_FIELDS = {
    "who": "staff",
    "purposes": ["TREAT"],
    "ties": ["managing"],
    "also": ["consent"],
    "about": ["anything"],
    "age_from": 1,
    "age_to": 99,
    "grace_days": 3,
    "by_agreement": True,
    "obligations": ["reason"],
    "status": "S",
    "rules": [],
    "terms": {"keep": "P1D"},
    "replaces": "R01",
    "value": "Yes.",
}


def region(*rows):
    return json.dumps({"schema": 0, "region": "test", "rows": rows})


@pytest.fixture(scope="module")
def policies():
    return {code: policy_of(code, rows_text(code)) for code in COUNTRIES}


def ways():
    """Every single way to ask for more than the slot, with what is said about it."""
    yield from ({**PLAIN, "sees": [kind]} for kind in KINDS)
    yield from ({**PLAIN, "sees": [kind], "roles": ["association-volunteer"]} for kind in KINDS)
    yield from ({**FILL, "sees": ["health", kind]} for kind in KINDS if kind != "health")
    yield from ({**FILL, "sees": [kind]} for kind in KINDS if kind != "health")
    yield from ({**FILL, "roles": ["telemedicine-nurse", role]} for role in roles() if role != "telemedicine-nurse")
    yield from ({**FILL, "roles": [role]} for role in ("jester", "citizen", "relative", ""))
    yield from ({**FILL, name: value} for name, value in RULE_FIELDS.items())
    yield from ({**FILL, "fills": rule} for rule in ("", "R02", "R24", "R20", "P02-system", "A01", "nothing"))
    yield {**FILL, "never_sees": ["plan"]}
    yield {**PLAIN, "sees": ["health"], "never_sees": ["plan"]}
    yield {**PLAIN, "fills": SLOT}
    yield {**PLAIN, "fills": SLOT, "never_sees": ["health"]}
    yield PLAIN
    yield {**FILL, "parties": []}
    yield {**FILL, "id": SLOT}
    yield {**FILL, "id": "P02-system", "fills": "P02-system"}


@pytest.mark.parametrize("code", COUNTRIES)
def test_asking_for_more_is_refused_and_the_row_is_named(code, policies):
    for row in ways():
        refusal = add_region(policies[code], "access.yaml", region(row))
        assert isinstance(refusal, Refusal), row
        assert all(f"Row {row['id']}: " in issue.text for issue in refusal.issues), refusal
        assert all(len(dict(issue.args)["mend"]) > 10 for issue in refusal.issues)
    assert not isinstance(add_region(policies[code], "access.yaml", region(FILL)), Refusal)


@pytest.mark.parametrize("code", COUNTRIES)
def test_no_rule_but_the_slot_is_filled(code, policies):
    for clause in policies[code].clauses:
        added = add_region(policies[code], "access.yaml", region({**FILL, "fills": clause.id}))
        assert isinstance(added, Refusal) is (clause.id != SLOT), clause.id


def test_the_terms_of_a_country_are_out_of_reach(policies):
    added = add_region(policies["se"], "access.yaml", region(FILL, {**PLAIN, "id": "A02", "never_sees": ["plan"]}))
    assert isinstance(added, Policy)
    assert added.rows == policies["se"].rows


def files_of(folder: Path) -> dict[str, str]:
    files = files_in(folder)
    assert isinstance(files, dict)
    return files


@pytest.mark.parametrize("name", ["purposes", "ties", "status", "terms"])
def test_model_check_fails_and_names_the_row(name, tmp_path):
    shutil.copytree(ROOT / "regions", tmp_path / "regions")
    file = tmp_path / "regions/no-agder/access.yaml"
    text = file.read_text("utf-8")
    row = text[text.index("  - id: ") + 8 :].split("\n")[0]
    assert findings(files_of(file.parent), file.parent, NOON) == ()
    file.write_text(f"{text}    {name}: {json.dumps(RULE_FIELDS[name])}\n", "utf-8")
    found = findings(files_of(file.parent), file.parent, NOON)
    assert any(f"Row {row}:" in issue.text and "access.yaml:" in issue.path for issue in found)


words = st.sampled_from
PARTIES = st.lists(words(["centre", "home"]), min_size=1, max_size=2)
DAYS = {"valid_from": words(["2026-01-01", "2027-01-01"]), "valid_to": words(["2027-01-01", "2027-12-31"])}
HEAD = {"agreement": st.just("a"), "says": st.just("Some."), "parties": PARTIES}
filling = st.fixed_dictionaries(
    HEAD | {"fills": st.just(SLOT), "sees": st.just(["health"])},
    optional=DAYS | {"roles": st.lists(words(["telemedicine-nurse", "hospital-doctor"]), max_size=1)},
)
narrowing = st.fixed_dictionaries(
    HEAD | {"never_sees": st.lists(words(KINDS), min_size=1, max_size=2)},
    optional=DAYS | {"roles": st.lists(words(["telemedicine-nurse", "hospital-doctor", "coordinator"]), max_size=2)},
)
wild = st.fixed_dictionaries(
    HEAD,
    optional=DAYS
    | {
        "fills": words([SLOT, SLOT, "R01-own-unit", "P02-system"]),
        "roles": st.lists(words(["telemedicine-nurse", "hospital-doctor", "association-volunteer"]), max_size=2),
        "sees": st.lists(words(["health", "health", "plan"]), max_size=2),
        "never_sees": st.lists(words(KINDS), max_size=2),
    },
)
some_rows = st.lists(st.one_of(filling, narrowing, filling, wild), min_size=1, max_size=3).map(
    lambda rows: [{"id": f"A{number}", **row} for number, row in enumerate(rows)]
)
QUESTIONS = {}


def questions(code, policy):
    """A spread of the tables' questions about persons."""
    if code not in QUESTIONS:
        found = [(one, domain) for one, domain, _ in answers(code, policy) if domain in PERSONAL]
        permitted = [(one, domain) for one, domain in found if one.ask(policy, domain).permitted]
        slots = [(one, domain) for one, domain in found if one.assignment.role == "telemedicine-nurse"]
        QUESTIONS[code] = [*permitted[::5], *slots[::7], *found[::97]]
    return QUESTIONS[code]


@pytest.mark.parametrize("code", COUNTRIES)
def test_no_region_opens_more_than_the_country_leaves_open(code, policies):
    policy = policies[code]
    opened = replace(policy, clauses=tuple(replace(clause, fills=None) for clause in policy.clauses))
    asked = [
        (question, decide(question, opened).permitted)
        for one, domain in questions(code, policy)
        for question in [
            Question(assignment=one.assignment, domain=domain, at=one.at, person="p", relations=one.relations)
        ]
    ]
    assert sum(allowed for _, allowed in asked) > 50
    met = {"refused": 0, "added": 0, "opened": 0}

    @given(some_rows)
    def holds(rows):
        added = add_region(policy, "access.yaml", region(*rows))
        met["refused" if isinstance(added, Refusal) else "added"] += 1
        if isinstance(added, Refusal):
            return
        for question, allowed in asked:
            permitted = decide(question, added).permitted
            assert allowed or not permitted
            met["opened"] += permitted

    holds()
    assert all(met.values()), met
