"""Bad or missing policy data is refused, naming the row and the mend."""

import pytest

from saman.kernel.outcome import Refusal
from saman.model.access import Policy, add_region, read_country
from saman.model.access.read import unconfirmed
from saman.model.access.row import LAW_ROWS

# How far each row was checked, in the order of LAW_ROWS; stated again by hand. Versions of one row stand in brackets.
STATUSES = {
    "no": "S B U U S (UB) U S U U S U S U S S S S B U S S S S U U (BB) (BB) U U U U U",
    "se": "U B B U S (SS) S S S S S S S B S U S U S S U S S S U S (SS) (SS) U U U U U",
    "dk": "S S S U S (SS) U S U U S S S U S B U U S U (SS) U B S U S (SS) (SS) U U U U U",
    "fi": "S S U S S S S U U U S S S S S S S U S U (SS) U U S U U (SS) (SS) U U U U U",
    "is": "S S B U S (UB) U S S U S U S S S S S U S U S U U (US) S U (BB) (BB) U U U U U",
}
ZONES = {
    "no": "Europe/Oslo",
    "se": "Europe/Stockholm",
    "dk": "Europe/Copenhagen",
    "fi": "Europe/Helsinki",
    "is": "Atlantic/Reykjavik",
}
READ_OWN = {"no", "se", "dk", "fi"}
# First and last day of each version of a row that has any.
EHDS = [("", "2029-03-25"), ("2029-03-26", "")]
EUROPE = {
    "EU01": [("2029-03-26", "2031-03-25"), ("2031-03-26", "")],
    "EU02": [("2029-03-26", "2031-03-25"), ("2031-03-26", "")],
}
DATES = {
    "no": {"R06": EHDS, **EUROPE},
    "se": {"R06": EHDS, **EUROPE},
    "dk": {"R06": EHDS, "R21": EHDS, **EUROPE},
    "fi": {"R21": EHDS, **EUROPE},
    "is": {"R06": EHDS, "R24": [("", "2026-11-30"), ("2026-12-01", "")], **EUROPE},
}


@pytest.mark.parametrize("code", STATUSES)
def test_every_country_answers_every_question(code, country_text, roles):
    policy = read_country(f"{code}.access.yaml", country_text(code), roles)
    assert isinstance(policy, Policy), policy
    assert policy.country == code.upper()
    assert str(policy.zone) == ZONES[code]
    assert list(dict.fromkeys((row.id, row.name) for row in policy.rows)) == list(LAW_ROWS.items())
    versions = {id_: [row for row in policy.rows if row.id == id_] for id_ in LAW_ROWS}
    assert [[row.status.value for row in rows] for rows in versions.values()] == [
        list(said.strip("()")) for said in STATUSES[code].split()
    ]
    assert len(unconfirmed(policy)) == sum(map(STATUSES[code].count, "BU"))
    assert (policy.clause("R24-self") is not None) is (code in READ_OWN)
    dates = {
        id_: [(str(row.valid_from or ""), str(row.valid_to or "")) for row in rows]
        for id_, rows in versions.items()
        if any(row.valid_from or row.valid_to for row in rows)
    }
    assert dates == DATES[code]


@pytest.mark.parametrize("code", ["se", "dk", "fi", "is"])
def test_the_rules_of_the_platform_are_the_same_everywhere(code, country_text, roles, norway):
    policy = read_country(code, country_text(code), roles)
    ours = {rule.id: rule for row in policy.rows if row.id[0] == "P" for rule in row.rules}
    # Where law opens no record to the person, what is shared is open all the same.
    assert ("P04-self" in ours) is (code not in READ_OWN)
    ours.pop("P04-self", None)
    assert ours == {rule.id: rule for row in norway.rows if row.id[0] == "P" for rule in row.rules}


def fault(text, roles, row):
    refusal = read_country("no.access.yaml", text, roles)
    assert isinstance(refusal, Refusal)
    assert refusal.status == 422
    found = [issue for issue in refusal.issues if f"Row {row}:" in issue.text]
    assert found, refusal
    return found[0]


CHANGES = [
    ("R01", "roles: [general-practitioner]", "roles: [general-practicioner]", "unknown role `general-practicioner`"),
    ("R01", "sees: [person, plan, readings, health]", "sees: [person, plans]", "Invalid enum value 'plans'"),
    ("R01", "        ties: [general_practitioner]\n", "", "opens data about everybody"),
    ("R01", "        roles: [general-practitioner]\n", "", "to every role"),
    ("R01", "purposes: [TREAT, BTG]", "purposes: []", "length >= 1"),
    ("R01", "purposes: [TREAT, BTG]", "purposes: [TREATMENT]", "Invalid enum value 'TREATMENT'"),
    ("R01", "status: S", "status: X", "Invalid enum value 'X'"),
    ("R01", "    source: 9pdf.net snoking; ehelse.no faktaark 15\n", "", "has no source"),
    ("R01", "name: own_org_read", "name: own_read", "`own_read` is not its name"),
    ("R01", "- id: R01-general-practitioner", "- id: general-practitioner", "does not carry the id of its row"),
    ("R01", "        who: staff", "        whom: staff", "unknown field `whom`"),
    ("R01", "ties: [general_practitioner]", "ties: [self]", "ties that staff cannot have: self"),
    (
        "R01",
        "  - id: R01\n    name",
        "  - id: R01\n    sector: social\n    name",
        "readings data in a row about social",
    ),
    ("R02", "        by_agreement: true", "        by_agreement: maybe", "Expected `bool`, got `str`"),
    ("R03", "grace_days: 7", "grace_days: -7", "Expected `int` >= 0"),
    (
        "R04",
        "  - id: R04\n    name: third_sector_private",
        "  - id: R04X\n    name: third_sector_private",
        "is missing",
    ),
    ("R04", "status: U", "status: U\n    valid_from: 2026-02-30", "Invalid RFC3339"),
    ("R04", "status: U", "status: U\n    valid_from: 2026-02-03\n    valid_to: 2026-02-02", "ends before it begins"),
    ("R05", "  - id: R05\n    name: restriction_unit", "  - id: R04\n    name: restriction_unit", "is missing"),
    ("P04", "ties: [relative]", "ties: [protected]", "cannot have: protected"),
    (
        "P04",
        "sees: [person, plan]",
        "sees: [person, plan]\n        never_sees: [plan]",
        "one of `sees` and `never_sees`",
    ),
    ("P04", "sees: [person, plan]", "sees: [person, plan]\n        by_agreement: true", "cannot be by agreement"),
    ("R18", "ties: [protected]", "ties: [protected]\n        grace_days: 3", "closes data"),
    ("P02", "who: system", "who: system\n        grace_days: 3", "no tie that ends"),
    ("R01", "ties: [general_practitioner]", "ties: [consent]", "takes any consent as a tie"),
    ("R01", "ties: [general_practitioner]", "ties: [born]", "ties that staff cannot have: born"),
    ("R01", "ties: [general_practitioner]", "ties: [guardian, mandate]", "cannot have: guardian, mandate"),
    ("P02", "who: system", "who: system\n        also: [task]", "ties that system cannot have: task"),
    ("P01", "who: staff", "who: staff\n        also: [task]", "has a second tie and no first"),
    ("P01", "who: staff", "who: staff\n        age_from: 3", "has ages and names no tie"),
    ("P04", "ties: [relative]", "ties: [relative]\n        also: [task]", "ties that relative cannot have: task"),
    ("P04", "ties: [relative]", "ties: [relative]\n        also: [consents]", "Invalid enum value 'consents'"),
    (
        "P04",
        "ties: [relative]",
        "ties: [relative]\n        age_from: 18\n        age_to: 18",
        "before the age at which",
    ),
    ("P04", "ties: [relative]", "ties: [relative]\n        age_to: 0", "before the age at which"),
    ("P04", "ties: [relative]", "ties: [relative]\n        age_from: -1", "Expected `int` >= 0"),
]


@pytest.mark.parametrize(("row", "old", "new", "wrong"), CHANGES)
def test_a_bad_row_is_named_with_its_mend(row, old, new, wrong, country_text, roles):
    text = country_text("no")
    start = text.index(f"  - id: {row}\n")
    assert old in text[start:]
    issue = fault(
        text[:start] + text[start:].replace(old, new, 1), roles, "R05" if old.startswith("  - id: R05") else row
    )
    assert wrong in issue.text
    assert len(dict(issue.args)["mend"]) > 10
    line = int(issue.path.removeprefix("no.access.yaml:"))
    if wrong != "is missing":
        assert text.splitlines()[line - 1].strip() in (f"- id: {row}", "- id: R04")


def test_a_row_may_have_versions_that_follow_each_other(country_text, roles):
    text = country_text("no")
    start = text.index("  - id: R04\n")
    end = text.index("  - id: R05\n")
    row = text[start:end].rstrip() + "\n"
    before, after = f"{row}    valid_to: 2026-12-31\n", f"{row}    valid_from: 2027-01-01\n"
    policy = read_country("no", text[:start] + before + after + text[end:], roles)
    assert isinstance(policy, Policy)
    assert [row.id for row in policy.rows].count("R04") == 2
    overlap = after.replace("2027-01-01", "2026-12-31")
    assert "written twice for the same days" in fault(text[:start] + before + overlap + text[end:], roles, "R04").text


def test_a_rule_is_written_once(country_text, roles):
    text = country_text("no").replace("- id: R03-coordinator", "- id: R03-home-care")
    assert "written twice" in fault(text, roles, "R03-home-care").text


@pytest.mark.parametrize(
    "text", ["", "rows: 3", "- a", "rows:\n  - 3", "schema: 0\ncountry: [\n", "schema: 0\nschema: 0\nrows: []"]
)
def test_what_is_no_access_file_is_refused(text, roles, norway):
    assert isinstance(read_country("no", text, roles), Refusal)
    assert isinstance(add_region(norway, "access.yaml", text), Refusal)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("country: NO", "country: Norway"),
        ("Europe/Oslo", "Europe/Oslow"),
        ("Europe/Oslo", "../oslo"),
        ("schema: 0", "schema: 9"),
    ],
)
def test_a_bad_head_is_refused(old, new, country_text, roles):
    assert "Row head" in fault(country_text("no").replace(old, new, 1), roles, "head").text


def region(row):
    return f"schema: 0\nregion: test\nrows:\n  - {{id: A01, agreement: a, says: Some., parties: [centre], {row}}}\n"


@pytest.mark.parametrize(
    ("row", "wrong"),
    [
        ("sees: [health]", "only fill an open slot or narrow"),
        ("fills: R02-telemedicine-nurse, sees: [person]", "only fill an open slot or narrow"),
        ("fills: R99, sees: [health]", "only fill an open slot or narrow"),
        ("fills: R02-telemedicine-nurse-health", "only fill an open slot or narrow"),
        ("fills: R02-telemedicine-nurse-health, never_sees: [health]", "only fill an open slot or narrow"),
        ("sees: [health], never_sees: [plan]", "only fill an open slot or narrow"),
        ("fills: R02-telemedicine-nurse-health, sees: [health, social]", "more than the law's slot: social"),
        (
            "fills: R02-telemedicine-nurse-health, sees: [health], roles: [team-leader]",
            "more than the law's slot: team-leader",
        ),
        ("never_sees: [plan], valid_from: 2026-02-02, valid_to: 2026-02-01", "ends before it begins"),
        ("never_sees: [plan], ends: 2026-02-02", "unknown field `ends`"),
    ],
)
def test_an_agreement_that_opens_more_is_named(row, wrong, norway):
    refusal = add_region(norway, "access.yaml", region(row))
    assert isinstance(refusal, Refusal)
    assert refusal.issues[0].path == "access.yaml:4"
    assert "Row A01:" in refusal.issues[0].text
    assert wrong in refusal.issues[0].text


def test_ids_of_a_region_are_its_own(norway):
    text = region("never_sees: [plan]")
    assert isinstance(add_region(norway, "access.yaml", text.replace("A01", "R24-self")), Refusal)
    assert isinstance(add_region(norway, "access.yaml", text.replace("A01", "A 01")), Refusal)
    twice = text + text.splitlines()[-1] + "\n"
    assert isinstance(add_region(norway, "access.yaml", twice), Refusal)


def test_parties_are_named_as_the_record_names_them(norway):
    policy = add_region(norway, "access.yaml", region("never_sees: [plan]"), lambda party: f"agder-{party}")
    assert isinstance(policy, Policy)
    assert policy.region == "test"
    assert policy.clauses[-1].parties == frozenset({"agder-centre"})
