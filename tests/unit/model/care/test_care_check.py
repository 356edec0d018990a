"""Each check has a file that triggers it; what is said names the file, the line and the mend."""

from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from saman.kernel.outcome import Issue
from saman.model.care.country import Country
from saman.model.care.load import Loaded, load, load_country
from saman.model.care.yamltree import parse

FOLDER = "regions/no-agder"

PARTIES = "no-agder/parties.yaml"
REGION = "no-agder/region.yaml"
AGREEMENTS = "no-agder/agreements.yaml"
GOVERNANCE = "no-agder/governance.yaml"
SERVICE = "no-agder/services/digital-home-follow-up.yaml"
COMPETENCES = "competences.yaml"
ASSESSMENT = "assessment.yaml"
QUESTIONS = "no-agder/questionnaires/symptoms.yaml"
ACCESS = "no-agder/access.yaml"
NORWAY = "countries/no.yaml"

OTHER_RULE = "{id: missed-days, kind: missed, days: 9, sample: true, text: {nb: a, sv: a, da: a, fi: a, is: a, en: a}}"

BROKEN = {
    "not YAML": (PARTIES, "parties:\n", "parties: [\n", "well-formed", "in quotes"),
    "a key twice": (PARTIES, "schema: 0\n", "schema: 0\nschema: 0\n", "`schema` is written twice", "Remove one"),
    "unknown schema": (PARTIES, "schema: 0", "schema: 7", "version of the schema", "schema: 0"),
    "misspelt field": (PARTIES, "    kind: hospital\n", "    knid: hospital\n", "`knid` is not a word", "`kind`"),
    "field missing": (PARTIES, "    kind: county\n", "", "`kind` is missing", "Add `kind:`"),
    "value not in its list": (PARTIES, "kind: county", "kind: kingdom", "`kind` has a value", "municipality"),
    "number for a text": (PARTIES, 'place: "4203"', "place: 4203", "`place` should be a text", "in quotes"),
    "text with a comma": (SERVICE, "nb: Kols, sv", "nb: Kols, kort, sv", "a text, but is nothing", "in quotes"),
    "id with capitals": (PARTIES, "- id: agder-county", "- id: Agder", "`id` is not written", "pattern"),
    "hours out of shape": (PARTIES, 'mon: ["08:00-15:30"]', 'mon: ["8-15"]', "`mon` is not written", "pattern"),
    "id twice": (PARTIES, "- id: agder-county", "- id: university-of-agder", "used twice", "another id"),
    "a language missing": (SERVICE, "nb: Kols, sv: KOL, ", "nb: Kols, ", "is missing in sv", "`sv:`"),
    "no source": (REGION, "    source: [eipa-rkg]\n", "", "no source", "sample: true"),
    "two grounds": (
        REGION,
        "source: [eipa-rkg]\n",
        "sample: true\n    source: [eipa-rkg]\n",
        "one ground",
        "not_known",
    ),
    "unknown source": (REGION, "source: [eipa-rkg]", "source: [a-dream]", "no source `a-dream`", "`sources`"),
    "unknown parent": (PARTIES, "parent: sorlandet-hospital\n", "parent: nobody\n", "no party `nobody`", "correct"),
    "own grandparent": (
        PARTIES,
        "    kind: hospital-trust\n",
        "    kind: hospital-trust\n    parent: sorlandet-hospital-arendal\n",
        "its own parent",
        "Take one",
    ),
    "a parent with dates that is unknown": (
        PARTIES,
        "    parent: sorlandet-hospital\n",
        "    parent: sorlandet-hospital\n    parents: [{party: nobody}, {party: sorlandet-hospital}]\n",
        "no party `nobody`",
        "correct",
    ),
    "parents with dates that overlap": (
        PARTIES,
        "    parent: sorlandet-hospital\n",
        "    parent: sorlandet-hospital\n    parents: [{party: agder-county}, {party: sorlandet-hospital}]\n",
        "begins before `agder-county` has ended",
        "last day",
    ),
    "parents with dates without the parent": (
        PARTIES,
        "    parent: sorlandet-hospital\n",
        "    parent: sorlandet-hospital\n    parents: [{party: agder-county}]\n",
        "not among the parents with dates",
        "with its dates",
    ),
    "unknown place": (PARTIES, 'place: "4203"', 'place: "9999"', "no place `9999`", "correct"),
    "unknown role": (PARTIES, "roles: [association-volunteer]", "roles: [wizard]", "no role `wizard`", "correct"),
    "closes before it opens": (
        PARTIES,
        'mon: ["08:00-15:30"]',
        'mon: ["15:30-08:00"]',
        "`15:30-08:00` on mon",
        "two days",
    ),
    "hours overlap": (
        PARTIES,
        'mon: ["08:00-15:30"]',
        'mon: ["08:00-15:30", "15:00-16:00"]',
        "overlaps",
        "two days",
    ),
    "unknown party signs": (AGREEMENTS, "municipality-risor,", "municipality-oz,", "no party `municipality-oz`", "Add"),
    "unknown service": (AGREEMENTS, "service: digital-home", "service: magic-home", "no service", "correct"),
    "taken without signing": (
        AGREEMENTS,
        "municipality-risor, municipality-grimstad, municipality-arendal, municipality-kristiansand,",
        "",
        "no signatory",
        "correct",
    ),
    "not mandated": (AGREEMENTS, "activities: [set-limits]", "activities: []", "mandated for `set-limits`", "mandates"),
    "ends before it begins": (AGREEMENTS, "valid_to: 2030", "valid_to: 2019", "ends before it begins", "Correct"),
    "unknown body owns a goal": (GOVERNANCE, "owner: joint-steering-group", "owner: nobody", "party or body", "Add"),
    "unknown party sits": (GOVERNANCE, "party: municipality-lindesnes", "party: nobody", "no party `nobody`", "Add"),
    "unknown indicator": (GOVERNANCE, "indicator: answered", "indicator: x-answered", "no indicator", "correct"),
    "role nobody fills": (PARTIES, "[telemedicine-nurse, team", "[team", "Nobody fills the role", "Give a"),
    "step nobody can take": (
        SERVICE,
        "    role: telemedicine-nurse\n    within",
        "    role: ward-nurse\n    within",
        "Nobody can do this",
        "`roles`",
    ),
    "step of another role": (
        SERVICE,
        "    role: telemedicine-nurse\n    within",
        "    role: home-care-nurse\n    within",
        "is done by `telemedicine-nurse`",
        "role: telemedicine-nurse",
    ),
    "unknown competence": (
        SERVICE,
        "requires: [insulin]",
        "requires: [magic]",
        "no competence `magic`",
        "correct the id",
    ),
    "competence nobody holds": (COMPETENCES, "held_by: [nurse, doctor]", "held_by: []", "Nobody holds", "roles.yaml"),
    "unknown profession": (COMPETENCES, "held_by: [nurse,", "held_by: [wizard,", "no profession `wizard`", "Add it"),
    "delegated by nobody": (
        COMPETENCES,
        "    delegated_by: [nurse, doctor]\n",
        "",
        "not by whom and for how long",
        "`delegated_by`",
    ),
    "delegated without being delegable": (
        COMPETENCES,
        "    may_delegate: true\n",
        "",
        "not that it may be delegated",
        "may_delegate: true",
    ),
    "delegated by who does not hold it": (
        COMPETENCES,
        "delegated_by: [doctor]",
        "delegated_by: [physiotherapist]",
        "delegates `catheter` without holding it",
        "`held_by`",
    ),
    "delegated for ever": (
        COMPETENCES,
        "longest_days: 183",
        "longest_days: 0",
        "too large or too small",
        "whole number",
    ),
    "statement about half a cell": (
        ASSESSMENT,
        "    factor: readiness\n",
        "",
        "neither a component under",
        "`success`",
    ),
    "a cell without a statement": (
        ASSESSMENT,
        "    factor: readiness\n",
        "    factor: leadership\n",
        "0 statements are about `communication` under `readiness`",
        "Write one",
    ),
    "a cell with two statements": (
        ASSESSMENT,
        "    factor: readiness\n",
        "    factor: leadership\n",
        "2 statements are about `communication` under `leadership`",
        "leave one",
    ),
    "a success factor without a statement": (
        ASSESSMENT,
        "    success: learning\n",
        "    success: feedback\n",
        "about `learning`",
        "Write one",
    ),
    "unknown success factor": (
        ASSESSMENT,
        "    success: learning\n",
        "    success: luck\n",
        "no success `luck`",
        "Add it",
    ),
    "a language missing in a statement": (
        ASSESSMENT,
        '      fi: "Saan tietoa',
        '      se: "Saan tietoa',
        "in fi",
        "`fi:`",
    ),
    "unknown leader": (ASSESSMENT, "leaders: [team-leader,", "leaders: [king,", "no role `king`", "Add it"),
    "a component that nobody names": (
        ASSESSMENT,
        "    source: [ihac-afterword, ihac-theory]",
        "    source: [hearsay]",
        "no source `hearsay`",
        "Add it",
    ),
    "a scale of four": (ASSESSMENT, '  - {sv: "varken eller"', '#  - {sv: "varken eller"', "has 4 steps", "Give it 5"),
    "citizens not asked about a factor": (
        ASSESSMENT,
        '    citizen:\n      sv: "Någon frågar',
        '    leader:\n      sv: "Någon frågar',
        "nothing about `monitoring`",
        "`citizen`",
    ),
    "mode the service lacks": (SERVICE, "modes: [measured-at-home, phone]", "modes: [device]", "no mode", "Add it"),
    "gap in the week": (SERVICE, "number: out-of-hours\n", "number: nowhere\n", "number `nowhere`", "Add it"),
    "no legal ground": (SERVICE, ", legal_bases: [own-choice]", "", "without a legal ground", "`legal_bases`"),
    "unknown legal ground": (SERVICE, "[own-choice]", "[own-whim]", "no legal basis `own-whim`", "Add it"),
    "unknown number in a text": (SERVICE, "{out-of-hours}, eller", "{nurse}, eller", "called `nurse`", "`{emergency}`"),
    "fixed text without a number": (
        SERVICE,
        ", or {emergency} if life is in danger",
        "",
        "in en does not say {emergency}",
        "Add",
    ),
    "unknown measurement": (SERVICE, "- {id: spo2, sample", "- {id: spo3, sample", "no measurement `spo3`", "Add it"),
    "unknown question": (QUESTIONS, "- id: sleep", "- id: slumber", "no question `sleep`", "Add it"),
    "usual beyond possible": (SERVICE, "usual: {low: 85,", "usual: {low: 15,", "outside `possible`", "Widen"),
    "no days": (SERVICE, "days: [mon, wed, fri]", "days: []", "Nothing is ever asked", "Name the days"),
    "rule in parts": (SERVICE, "          amount: 2\n", "", "needs `amount`", "Add `amount:`"),
    "rule on nothing": (
        SERVICE,
        "        quantity: spo2\n",
        "        quantity: mood\n",
        "no quantity `mood`",
        "Add it",
    ),
    "a wait of no time": (SERVICE, "{hours: 4, counted", "{hours: 0, counted", "no time to wait", "0.25"),
    "a limit that is no number": (
        SERVICE,
        "default_limit: {low: 90,",
        'default_limit: {low: "NaN",',
        "no number",
        "digits",
    ),
    "a time of day out of shape": (SERVICE, 'opens: "06:00"', 'opens: "6"', "`opens` is not written", "pattern"),
    "days beyond a year": (
        SERVICE,
        "        days: 3\n",
        "        days: 900\n",
        "`days` is too large or too small",
        "<= 366",
    ),
    "rule written twice": (SERVICE, "- *missed-rule", f"- {OTHER_RULE}", "written differently", "alias"),
    "another questionnaire": (SERVICE, "questionnaire: symptoms", "questionnaire: moods", "`moods`", "Add it"),
    "receiver is nobody": (SERVICE, "  - number: emergency\n    hours", "  - hours", "neither a role", "`number`"),
    "file and service differ": (SERVICE, "id: digital-home-follow-up", "id: other", "different names", "other.yaml"),
    "emergency number missing": (NORWAY, "- id: emergency", "- id: police", "`emergency` is missing", "Add what"),
    "holiday on no day": (NORWAY, "easter: -3, ", "", "falls on no day", "`easter`"),
    "holiday on 31 February": (NORWAY, "month: 1, day: 1,", "month: 2, day: 31,", "falls on no day", "`month`"),
    "no such time zone": (NORWAY, "Europe/Oslo", "Europe/Atlantis", "no time zone", "IANA"),
    "deadline without source": (NORWAY, "source: practice", "source: rumour", "no source `rumour`", "`sources`"),
    "deadline without unit": (NORWAY, "    unit: hours\n", "", "`unit` is missing", "`unit:`"),
    "a row of law that ends first": (
        NORWAY,
        "status: B, source: [no-sami]",
        "status: B, valid_from: 2024-01-01, valid_to: 2023-12-31, source: [no-sami]",
        "`sami` ends before it begins",
        "`valid_to`",
    ),
    "a row surer than its source": (
        NORWAY,
        "status: B, source: [no-sami]",
        "status: S, source: [no-sami]",
        "no source of it was checked as far",
        "status: B",
    ),
    "a source read on no day": (
        NORWAY,
        "status: B, checked_on: 2026-11-21",
        "status: B",
        "when it was read",
        "`checked_on`",
    ),
    "access for nobody": (ACCESS, "[agder-telemedicine-centre]", "[nobody]", "no party `nobody`", "Add it"),
    "access without agreement": (ACCESS, "agreement: home-follow-up-agder", "agreement: x", "no agreement `x`", "Add"),
}


def test_agder_fits_together(files, found):
    assert found(files) == ()


@pytest.mark.parametrize("case", BROKEN)
def test_a_broken_file_is_told_with_place_wrong_and_mend(case, broken, files):
    name, old, new, wrong, mend = BROKEN[case]
    issues = broken(name, old, new)
    told = [issue for issue in issues if wrong in dict(issue.args)["wrong"]]
    assert told, [issue.text for issue in issues]
    assert any(mend in dict(issue.args)["mend"] for issue in told)
    for issue in issues:
        file, _, line = issue.path.rpartition(":")
        assert file in files or file.startswith(FOLDER)
        assert 1 <= int(line) <= files[file].count("\n") + 2


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        (PARTIES, 'place: "4203"', 'place: "9999"'),
        (PARTIES, "    kind: hospital\n", "    knid: hospital\n"),
        (AGREEMENTS, "valid_to: 2030", "valid_to: 2019"),
        (SERVICE, "        quantity: spo2\n", "        quantity: mood\n"),
        (NORWAY, "    unit: hours\n", ""),
    ],
)
def test_the_line_is_where_the_fault_was_made(broken, files, name, old, new):
    line = files[f"regions/{name}"].split(old)[0].count("\n") + 1
    lines = {int(issue.path.rpartition(":")[2]) for issue in broken(name, old, new)}
    assert lines & {line - 2, line - 1, line}


def test_an_agreement_that_ran_out_is_told_and_nothing_rests_on_it(files, found):
    issues = found(files, datetime(2031, 1, 2, tzinfo=UTC))
    texts = [issue.text for issue in issues]
    assert any("ran out on 2030-12-31" in text for text in texts)
    assert any("No agreement in force covers this service." in text for text in texts)
    assert found(files, datetime(2030, 12, 31, 12, tzinfo=UTC)) == ()


def test_the_last_day_of_an_agreement_is_the_region_s_own(files, found):
    # 23:30 UTC on New Year's Eve is already the new year in Norway.
    assert found(files, datetime(2030, 12, 31, 22, 30, tzinfo=UTC)) == ()
    assert found(files, datetime(2030, 12, 31, 23, 30, tzinfo=UTC)) != ()


def test_a_gap_in_the_week_names_its_hours(files, found):
    service = files[f"regions/{SERVICE}"]
    chain = service.replace("{always: true, source: [health-directorate-dho]}", '{sat: ["08:00-12:00"], sample: true}')
    chain = chain.replace("{always: true, sample: true}", '{sat: ["08:00-12:00"], sample: true}')
    issues = found({**files, f"regions/{SERVICE}": chain})
    assert [issue.code for issue in issues] == ["gap"]
    assert "on Monday from 00:00 to 07:30" in issues[0].text


def test_a_clock_that_runs_needs_opening_hours(files, found):
    parties = files[f"regions/{PARTIES}"]
    start = parties.index("    hours:\n      mon:")
    end = parties.index('    phone: "00 00 42 00"')
    issues = found({**files, f"regions/{PARTIES}": parties[:start] + parties[end:]})
    assert {issue.code for issue in issues} == {"nobody"}
    assert "its hours are not given" in issues[0].text


def test_every_fault_of_a_file_is_told_at_once(files, found):
    parties = files[f"regions/{PARTIES}"]
    parties = parties.replace("kind: county", "kind: kingdom").replace("kind: university", "kind: school")
    parties = parties.replace('place: "4203"', "place: 4203", 1)
    assert len(found({**files, f"regions/{PARTIES}": parties})) == 3


def test_a_missing_file_is_told(files, found):
    without = {name: text for name, text in files.items() if not name.endswith("parties.yaml")}
    issues = found(without)
    assert [issue.path for issue in issues] == [f"{FOLDER}/parties.yaml:1"]


def test_an_alias_bomb_is_refused_before_it_grows():
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 10)}]" for i in range(1, 9)]
    _, issues = parse("bomb.yaml", "\n".join(lines))
    assert [issue.code for issue in issues] == ["too-long"]


def test_a_file_that_holds_itself_is_refused():
    _, issues = parse("loop.yaml", "a: &a\n  b: *a\n")
    assert [issue.code for issue in issues] == ["too-long"]


def test_scalars_are_texts_unless_they_are_numbers_or_words():
    tree, issues = parse("x.yaml", 'a: no\nb: 1.50\nc: 08:00\nd: "4201"\ne: 0301\nf: true\ng:\nh: 2026-01-01\n')
    assert issues == []
    assert {key: str(value) for key, value in tree.value.items()} == {
        "a": "no",
        "b": "1.50",
        "c": "08:00",
        "d": "4201",
        "e": "0301",
        "f": "True",
        "g": "None",
        "h": "2026-01-01",
    }


def test_an_issue_carries_its_halves_for_pages(found):
    issue = found({})[0]
    assert isinstance(issue, Issue)
    assert issue.text == " ".join(value for _, value in issue.args)


SCRAPS = ["null", "[]", "{}", "true", "-5", '"x"', '"NaN"', "", "99999999999999999999", "*x", "&a b", "1.5", "[[]]"]


@settings(max_examples=25, deadline=None)
@given(st.data())
def test_no_mangled_file_breaks_the_check(files, found, data):
    name = data.draw(st.sampled_from([name for name in sorted(files) if "agder" in name or name.endswith("/no.yaml")]))
    lines = files[name].split("\n")
    index = data.draw(st.integers(0, len(lines) - 1))
    head, colon, _ = lines[index].partition(":")
    lines[index] = f"{head}{colon} {data.draw(st.sampled_from(SCRAPS))}" if colon else ""
    for issue in found({**files, name: "\n".join(lines)}):
        assert issue.path.rpartition(":")[0] in files


def test_a_region_s_own_number_replaces_the_country_s(files, found):
    text = "{nb: a, sv: a, da: a, fi: a, is: a, en: a}"
    own = f'numbers:\n  - {{id: out-of-hours, dial: "1813", shown: "18 13", sample: true, text: {text}}}\n'
    changed = {**files, f"regions/{REGION}": files[f"regions/{REGION}"].replace("\nplaces:\n", f"\n{own}places:\n", 1)}
    assert found(changed) == ()
    read = load(changed, FOLDER)
    assert isinstance(read, Loaded)
    assert (read.model.numbers["out-of-hours"].dial, read.model.numbers["emergency"].dial) == ("1813", "113")
    said = read.model.with_numbers({"en": "Call {out-of-hours} or {emergency}, not {nobody}."})
    assert said == {"en": "Call 18\N{NO-BREAK SPACE}13 or 113, not {nobody}."}


@pytest.mark.parametrize("code", ["NO", "SE", "DK", "FI", "IS"])
def test_every_country_says_what_the_facts_say(files, code):
    country = load_country(files, f"regions/countries/{code.lower()}.yaml")
    assert isinstance(country, Country)
    appeal = country.deadline("appeal")
    assert appeal is not None
    assert {"en", country.language} <= appeal.body.keys()
    assert country.deadline("new-request-looked-at") is not None
    assert {"medicine-list", "log", "will", "instrument"} <= {one.kind.value for one in country.national} | (
        {"medicine-list"} if code == "IS" else set()
    )
    sources = {one.id: one for one in country.sources}
    for row in (*country.plans, *country.national):
        assert row.source
        assert all(sources[one].title for one in row.source)


@pytest.mark.parametrize("code", ["SE", "DK", "FI", "IS"])
def test_every_country_profile_is_whole(files, found, code):
    region = files[f"regions/{REGION}"].replace('country: "NO"', f'country: "{code}"')
    issues = found({**files, f"regions/{REGION}": region})
    assert [one for one in issues if one.path.startswith("regions/countries/")] == []
