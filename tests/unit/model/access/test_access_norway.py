"""What Norway's rows come to, stated again by hand; a change of any executable row has to be made here too."""

from datetime import UTC, date, datetime, timedelta

import pytest
from msgspec.structs import replace

from saman.model.access import PERSONAL, Assignment, Domain, Holder, Purpose, Question, Relation, RelationKind, decide
from saman.model.access.domain import BY_WORD
from saman.model.access.policy import Policy, clause_of
from saman.model.access.row import LAW_ROWS

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
ENDED_3_DAYS_AGO = {"end": NOW - timedelta(days=3)}
ENDED_7_DAYS_AGO = {"end": NOW - timedelta(days=7)}
PLAN = "person plan"
CARE = "person plan readings"
RECORD = "person plan readings health"
MUNICIPAL = "person plan social"

# (role, tie, what it is about) → the kinds of data seen while the tie lasts; whatever is not here sees nothing.
STAFF = {
    ("general-practitioner", "general_practitioner", None): RECORD,
    ("general-practitioner", "care_team", None): RECORD,
    ("hospital-doctor", "care_team", None): RECORD,
    ("telemedicine-nurse", "care_team", None): CARE,
    ("telemedicine-nurse", "episode", None): CARE,
    ("home-care-nurse", "care_team", None): MUNICIPAL,
    ("home-care-nurse", "task", None): MUNICIPAL,
    ("home-care-nurse", "task", "home-visit"): "person plan readings social",
    ("home-care-worker", "care_team", None): MUNICIPAL,
    ("home-care-worker", "task", None): MUNICIPAL,
    ("home-care-worker", "task", "home-visit"): "person plan readings social",
    ("coordinator", "care_team", None): MUNICIPAL,
    ("needs-assessor", "care_team", None): MUNICIPAL,
    ("needs-assessor", "task", None): MUNICIPAL,
    ("needs-assessor", "request", None): MUNICIPAL,
}
WITH_AGREEMENT = {
    ("telemedicine-nurse", "care_team", None): RECORD,
    ("telemedicine-nurse", "episode", None): RECORD,
}
# What home care still sees three days after a tie of its own ended; from the seventh day on it is nothing.
AFTERWARDS = {key: MUNICIPAL for key in STAFF if key[0] in ("home-care-nurse", "home-care-worker")}
CLOSED = {
    "log-reviewer": ("P03-overseers", "person plan readings health social finance"),
    "data-protection-officer": ("P03-overseers", "person plan readings health social finance"),
    "region-administrator": ("P03-region-administrator", "person plan readings health social finance consent"),
    "local-administrator": ("P03-region-administrator", "person plan readings health social finance consent"),
}
# What agreements may open, and for whom.
SLOTS = {"R02-telemedicine-nurse-health": ("telemedicine-nurse", "health")}
# Rules by age, mandate or what else somebody close has: tests/policy/tables/no.yaml says what they come to.
BY_TABLE = ("R15-", "R17-", "R18-for-nobody", "P04-relative-readings", "P05-")
EVERYTHING = "person plan readings health social finance consent"
STAFF_TIES = [kind for kind in RelationKind if kind.value not in ("self", "relative", "protected")]
TOPICS = (None, "home-visit", "plan", "other")


def words_to_domains(text):
    return frozenset(BY_WORD[word] for word in text.split())


def tie(kind, about=None, **when):
    kind = RelationKind(kind)
    given = {"person": "p", "kind": kind, "ground": "X/1", "topic": about, **when}
    if kind is RelationKind.PROTECTED:
        return Relation(**given)
    if kind is RelationKind.SELF:
        return Relation(actor="Patient/p", **given)
    if kind is RelationKind.RELATIVE:
        return Relation(actor="RelatedPerson/r", **given)
    return Relation(party="centre", **given)


def staff(role, purpose="TREAT"):
    return Assignment(number=1, kind=Holder.STAFF, purpose=purpose, role=role, party="centre")


CITIZEN = Assignment(number=1, kind=Holder.CITIZEN, purpose="PATRQT", actor="Patient/p")
RELATIVE = Assignment(number=1, kind=Holder.RELATIVE, purpose="FAMRQT", actor="RelatedPerson/r")
SYSTEM = Assignment(number=1, kind=Holder.SYSTEM, purpose="HSYSADMIN")


def asked(policy, assignment, domain, *ties, at=NOW):
    return decide(Question(assignment=assignment, domain=domain, at=at, person="p", relations=ties), policy)


def seen(policy, assignment, *ties, at=NOW):
    return frozenset(domain for domain in PERSONAL if asked(policy, assignment, domain, *ties, at=at).permitted)


def expected_of_staff(role, kind, about, extra):
    said = (
        extra.get((role, kind.value, about))
        or extra.get((role, kind.value, None))
        or STAFF.get((role, kind.value, about))
        or STAFF.get((role, kind.value, None), "")
    )
    return words_to_domains(said)


def faults(policy, roles, extra):
    """Every place where a policy and the tables above disagree."""
    yield from others_faults(policy)
    slots = {each.id: (" ".join(sorted(each.roles)), each.domains) for each in policy.clauses if each.fills is not None}
    if slots != {id_: (role, words_to_domains(words)) for id_, (role, words) in SLOTS.items()}:
        yield f"the slots are {slots}"
    for role in roles:
        for kind in STAFF_TIES:
            for about in TOPICS:
                if seen(policy, staff(role), tie(kind, about)) != expected_of_staff(role, kind, about, extra):
                    yield f"{role} by {kind.value} about {about}"
        if seen(policy, staff(role)):
            yield f"{role} without a tie"
        for kind in STAFF_TIES:
            late = seen(policy, staff(role), tie(kind, "home-visit", **ENDED_3_DAYS_AGO))
            if late != words_to_domains(AFTERWARDS.get((role, kind.value, None), "")):
                yield f"{role} three days after {kind.value}"
            if seen(policy, staff(role), tie(kind, "home-visit", **ENDED_7_DAYS_AGO)):
                yield f"{role} seven days after {kind.value}"
        for each in (tie(kind, "home-visit") for kind in STAFF_TIES):
            # In an emergency nobody sees more than for treatment; what is restricted is opened by the opening itself.
            if seen(policy, staff(role, "BTG"), each) != seen(policy, staff(role), each):
                yield f"{role} in an emergency by {each.kind.value}"
        yield from purpose_faults(policy, role)
        yield from closed_faults(policy, role)


def purpose_faults(policy, role):
    everything = [tie(kind, "home-visit") for kind in STAFF_TIES]
    for purpose in Purpose:
        if purpose.value not in ("TREAT", "BTG") and seen(policy, staff(role, purpose.value), *everything):
            yield f"{role} for {purpose.value}"
        directory = asked(policy, staff(role, purpose.value), Domain.DIRECTORY).permitted
        if directory != (purpose.value in ("TREAT", "BTG", "HOPERAT", "HSYSADMIN")):
            yield f"{role} and the directory for {purpose.value}"


def closed_faults(policy, role):
    rule, words = CLOSED.get(role, ("", ""))
    for purpose in (each.value for each in Purpose):
        here = words if purpose in ("TREAT", "BTG", "HOPERAT", "HSYSADMIN") else ""
        for domain in Domain:
            closed = asked(policy, staff(role, purpose), domain).rules
            permitted = asked(policy, staff(role, purpose), domain).permitted
            if not permitted and closed != ((rule,) if domain in words_to_domains(here) else ()):
                yield f"{role} is closed for {domain.word} by {closed}"


def others_faults(policy):
    for purpose in Purpose:
        yield from purposes_of_others(policy, purpose.value)
    for kind in RelationKind:
        if seen(policy, CITIZEN, tie(kind, "plan")) != words_to_domains(EVERYTHING if kind.value == "self" else ""):
            yield f"the citizen by {kind.value}"
        if seen(policy, RELATIVE, tie(kind, "plan")) != words_to_domains(PLAN if kind.value == "relative" else ""):
            yield f"the relative by {kind.value}"
    for about in (None, "home-visit", "other"):
        if seen(policy, RELATIVE, tie("relative", about)):
            yield f"the relative with whom {about} is shared"
    for one, kind in ((CITIZEN, "self"), (RELATIVE, "relative")):
        if seen(policy, one, tie(kind, "plan", end=NOW)):
            yield f"{one.kind.value} after {kind} has ended"


def purposes_of_others(policy, purpose):
    ties = [tie(kind, "plan") for kind in RelationKind if kind is not RelationKind.PROTECTED]
    for one, purposes, words in (
        (CITIZEN, "PATRQT", EVERYTHING),
        (RELATIVE, "FAMRQT PATRQT", PLAN),
        (SYSTEM, "TREAT HOPERAT HSYSADMIN", EVERYTHING),
    ):
        user, allowed = replace(one, purpose=purpose), purpose in purposes.split()
        if seen(policy, user, *ties) != words_to_domains(words if allowed else ""):
            yield f"{one.kind.value} for {purpose}"
        if asked(policy, user, Domain.DIRECTORY).permitted != allowed:
            yield f"{one.kind.value} and the directory for {purpose}"
    for domain in Domain:
        closed = asked(policy, replace(RELATIVE, purpose=purpose), domain, *ties, tie("protected"))
        by = ("R18-no-proxy",) if purpose in ("FAMRQT", "PATRQT") and domain is not Domain.DIRECTORY else ()
        if closed.permitted is not (domain is Domain.DIRECTORY and purpose in ("FAMRQT", "PATRQT")):
            yield f"the relative of a protected person and {domain.word} for {purpose}"
        if not closed.permitted and closed.rules != by:
            yield f"the relative of a protected person for {purpose}, {domain.word}"


def test_norway_says_what_was_agreed(norway, roles):
    assert list(faults(norway, sorted(roles), {})) == []


def test_an_agreement_opens_the_health_record_to_the_centre_and_nothing_else(agreed, roles):
    assert list(faults(agreed, sorted(roles), WITH_AGREEMENT)) == []


def test_the_protected_persons_own_view_and_the_care_are_not_closed(norway):
    protected = tie("protected")
    assert seen(norway, CITIZEN, tie("self"), protected) == words_to_domains(EVERYTHING)
    assert seen(norway, staff("telemedicine-nurse"), tie("care_team"), protected) == words_to_domains(CARE)


def mutations(rule):
    """Every small change of a rule: a word less, a word more, a condition gone. Ties that cannot be are not read."""
    for field in ("roles", "ties", "about", "purposes", "sees", "never_sees"):
        values = getattr(rule, field)
        for index in range(len(values)):
            # A rule without kinds of data cannot be read, so the last one is not taken away.
            if len(values) > 1 or field in ("roles", "ties", "about"):
                yield field, replace(rule, **{field: values[:index] + values[index + 1 :]})
    for field, more in (
        ("roles", "gp-assistant"),
        ("ties", RelationKind.MANAGING),
        ("purposes", Purpose.RESEARCH),
        ("sees", "finance"),
        ("sees", "consent"),
        ("never_sees", "directory"),
    ):
        values = getattr(rule, field)
        if values and more not in values and (field not in ("roles", "ties") or rule.who is Holder.STAFF):
            yield field, replace(rule, **{field: (*values, more)})
    if not rule.about and RelationKind.TASK in rule.ties:
        yield "about", replace(rule, about=("home-visit",))
    if rule.ties and rule.sees:
        yield "grace_days", replace(rule, grace_days=rule.grace_days + 8)
    if rule.grace_days:
        yield "grace_days", replace(rule, grace_days=0)
    if rule.sees and rule.who is Holder.STAFF:
        yield "by_agreement", replace(rule, by_agreement=not rule.by_agreement)
    yield "sees", replace(rule, sees=rule.never_sees, never_sees=rule.sees)


def mutants(policy):
    for row in policy.rows:
        for rule in (one for one in row.rules if not one.id.startswith(BY_TABLE)):
            place = next(index for index, clause in enumerate(policy.clauses) if clause.id == rule.id)
            before, old, after = policy.clauses[:place], policy.clauses[place], policy.clauses[place + 1 :]
            yield rule, "gone", (*before, *after)
            for days in ({"valid_to": date(2026, 11, 19)}, {"valid_from": date(2026, 11, 21)}):
                yield rule, str(days), (*before, clause_of(rule, replace(row, **days), policy.zone), *after)
            for field, changed in mutations(rule):
                made = clause_of(changed, row, policy.zone)
                fills = (old.fills or ()) if made.fills is not None else None
                yield rule, field, (*before, replace(made, fills=fills), *after)


@pytest.mark.fuzz
def test_any_changed_rule_is_noticed(agreed, roles):
    made, survived = 0, []
    for rule, name, clauses in mutants(agreed):
        made += 1
        # Its own roles and one stranger first: nearly every fault is found there.
        order = sorted(roles, key=lambda role: (role not in rule.roles, role != "gp-assistant", role))
        if next(faults(replace(agreed, clauses=clauses), order, WITH_AGREEMENT), None) is None:
            survived.append(f"{rule.id}: {name}")
    assert not survived, "\n".join(survived)
    assert made > 150


@pytest.mark.parametrize("rule", sorted(set(LAW_ROWS)))
def test_every_row_is_there(norway, rule):
    assert {row.name for row in norway.rows if row.id == rule} == {LAW_ROWS[rule]}


def test_every_rule_permits_somebody_and_denies_somebody_else(agreed):
    assert isinstance(agreed, Policy)
    for clause in (one for one in agreed.clauses if not one.id.startswith(BY_TABLE)):
        rule = clause.rule
        user = {
            Holder.STAFF: staff(rule.roles[0] if rule.roles else "gp-assistant", rule.purposes[0].value),
            Holder.CITIZEN: CITIZEN,
            Holder.RELATIVE: RELATIVE,
            Holder.SYSTEM: SYSTEM,
        }[rule.who]
        about = rule.about[0] if rule.about else None
        ties = [tie(kind, about) for kind in rule.ties]
        for domain in clause.domains:
            decision = asked(agreed, user, domain, *ties)
            assert decision.permitted is bool(rule.sees), rule.id
            assert rule.id in decision.rules
            other = asked(agreed, replace(user, purpose="HRESCH"), domain, *ties)
            assert not other.permitted
            assert rule.id not in other.rules
