import pytest
from msgspec.structs import replace

from saman.model.access import DOMAIN_OF_TYPE, Assignment, Holder, Verdict, may_write, unmet
from saman.model.access.writing import CHANGE_LIMIT, WRITE_RULES
from saman.model.care import codes

ACTIONS = ("create", "update", "delete")
CITIZEN = Assignment(number=1, kind=Holder.CITIZEN, purpose="PATRQT", role="citizen", actor="Patient/p")
RELATIVE = Assignment(number=2, kind=Holder.RELATIVE, purpose="FAMRQT", role="relative", actor="RelatedPerson/r")
SYSTEM = Assignment(number=3, kind=Holder.SYSTEM, purpose="HSYSADMIN")
LIMIT = frozenset({CHANGE_LIMIT})


def staff(role, party="centre"):
    return Assignment(number=4, kind=Holder.STAFF, purpose="TREAT", role=role, party=party)


# What each may write, stated again by hand: create, update.
THERAPIST = ("Communication ServiceRequest Task", "Communication Task")
DOCTOR = ("Communication Goal ServiceRequest Task", "Communication Goal Task")
MAY = {
    "telemedicine-nurse": ("Communication Observation QuestionnaireResponse ServiceRequest Task", "Communication Task"),
    "home-care-nurse": ("Communication Observation QuestionnaireResponse", "Communication Task"),
    "home-care-worker": ("Communication", "Communication Task"),
    "general-practitioner": DOCTOR,
    "hospital-doctor": DOCTOR,
    "coordinator": ("CarePlan Communication Goal Task", "CarePlan Communication Goal Task"),
    "needs-assessor": ("", "Task"),
    "physiotherapist": THERAPIST,
    "occupational-therapist": THERAPIST,
}


def allowed(assignment, rights=frozenset()):
    return {
        action: " ".join(
            type_
            for type_ in sorted(DOMAIN_OF_TYPE)
            if may_write(assignment, type_, action, rights).verdict is not Verdict.DENY
        )
        for action in ACTIONS
    }


def test_each_role_writes_what_it_is_for(roles):
    for role in roles | {"", "jester"}:
        create, update = MAY.get(role, ("", ""))
        assert allowed(staff(role)) == {"create": create, "update": update, "delete": ""}, role


def test_the_citizen_reports_and_asks_and_a_relative_writes_nothing():
    assert allowed(CITIZEN)["create"] == "Communication Consent Observation QuestionnaireResponse Task"
    assert (allowed(CITIZEN)["update"], allowed(CITIZEN)["delete"]) == (
        "CarePlan Communication Consent RelatedPerson",
        "",
    )
    assert set(allowed(RELATIVE).values()) == {""}


def test_the_system_writes_everything():
    assert allowed(SYSTEM) == dict.fromkeys(ACTIONS, " ".join(sorted(DOMAIN_OF_TYPE)))
    assert may_write(SYSTEM, "Persona", "create").verdict is Verdict.DENY
    assert may_write(SYSTEM, "Patient", "destroy").verdict is Verdict.DENY


def test_a_limit_is_changed_where_the_service_gives_the_right():
    nurse = staff("telemedicine-nurse")
    refused = may_write(nurse, "Goal", "update")
    assert (refused.verdict, refused.rules) == (Verdict.DENY, ("W05-telemedicine-nurse-limit",))
    assert refused.reasons[0].text == "The service has not given this role the right."
    assert may_write(nurse, "Goal", "update", LIMIT).obligations == ("a_limit",)
    assert may_write(nurse, "Goal", "create", LIMIT).verdict is Verdict.DENY
    assert may_write(staff("home-care-nurse"), "Goal", "update", LIMIT).verdict is Verdict.DENY


def test_conditions_come_with_the_permit():
    assert may_write(CITIZEN, "Task", "create").obligations == ("about_self", "as_self")
    decision = may_write(staff("home-care-nurse"), "Task", "update")
    assert (decision.verdict, decision.obligations) == (Verdict.PERMIT_WITH, ("own_task",))
    assert may_write(staff("telemedicine-nurse"), "Task", "create").permitted


def test_no_two_rows_speak_of_the_same():
    rules = {rule.id: rule for rule in WRITE_RULES.values()}
    stated = sum(
        len(rule.roles or ("",)) * len(DOMAIN_OF_TYPE if rule.types == ("*",) else rule.types) * len(rule.may)
        for rule in rules.values()
    )
    assert stated == len(WRITE_RULES)
    assert {type_ for _, _, type_, _ in WRITE_RULES} == set(DOMAIN_OF_TYPE)


def reference(to):
    return {"reference": to}


OWN = {"resourceType": "Observation", "subject": reference("Patient/p"), "performer": [reference("Patient/p")]}
ASKED = {"resourceType": "Task", "for": reference("Patient/p"), "requester": reference("Patient/p")}
SELF = ("about_self", "as_self")


def keys(found):
    return [each.key.removeprefix("access.write.") for each in found]


@pytest.mark.parametrize(
    ("resource", "missing"),
    [
        (OWN, []),
        (OWN | {"performer": []}, []),
        (ASKED, []),
        ({"resourceType": "Communication", "subject": reference("Patient/p"), "sender": reference("Patient/p")}, []),
        (OWN | {"subject": reference("Patient/q")}, ["about_self"]),
        (OWN | {"subject": reference("https://x.example/Patient/p")}, ["about_self"]),
        ({"resourceType": "Observation"}, ["about_self"]),
        (OWN | {"performer": [reference("Patient/p"), reference("Practitioner/n")]}, ["as_self"]),
        (ASKED | {"requester": reference("Organization/centre")}, ["as_self"]),
        (ASKED | {"for": reference("Patient/q")}, ["about_self"]),
        ({"resourceType": "QuestionnaireResponse", "author": reference("RelatedPerson/r")}, SELF),
    ],
)
def test_citizens_write_about_themselves_in_their_own_name(resource, missing):
    assert keys(unmet(SELF, CITIZEN, None, resource)) == list(missing)
    assert keys(unmet(SELF, replace(CITIZEN, actor=None), None, resource)) == list(SELF)


def test_a_task_is_worked_on_by_those_who_hold_it():
    home = staff("home-care-nurse", "home-care")
    held = {"resourceType": "Task", "owner": reference("Organization/home-care")}
    sent = {"resourceType": "Task", "requester": reference("Organization/home-care")}
    sent_for = [{"url": codes.SENT_FOR, "valueReference": reference("Organization/home-care")}]
    behalf = {"resourceType": "Task", "requester": reference("Practitioner/n"), "extension": sent_for}
    other = {"resourceType": "Task", "owner": reference("Organization/other")}
    assert keys(unmet(("own_task",), home, held, held)) == []
    assert keys(unmet(("own_or_sent_task",), home, sent, held)) == []
    assert keys(unmet(("own_or_sent_task",), home, behalf, behalf)) == []
    assert keys(unmet(("own_task",), home, behalf, behalf)) == ["own_task"]
    for before, after in ((other, held), (held, other), (sent, sent), ({"resourceType": "Task"}, held)):
        assert keys(unmet(("own_task",), home, before, after)) == ["own_task"]
    assert keys(unmet(("own_or_sent_task",), home, other, held)) == ["own_or_sent_task"]
    nobody = staff("home-care-nurse", "")
    empty = {"resourceType": "Task", "owner": reference("Organization/"), "requester": reference("Organization/")}
    assert keys(unmet(("own_or_sent_task",), nobody, empty, empty)) == ["own_or_sent_task"]
    assert keys(unmet(("own_task",), nobody, empty, empty)) == ["own_task"]


def test_only_limits_are_changed_by_that_right():
    nurse = staff("telemedicine-nurse")
    limit = {"resourceType": "Goal", "category": [codes.concept(codes.GOAL, "limit")]}
    wish = {"resourceType": "Goal", "category": [codes.concept(codes.GOAL, "personal"), {"text": "limit"}]}
    assert keys(unmet(("a_limit",), nurse, limit, limit)) == []
    for before, after in ((limit, wish), (wish, limit), (wish, wish), ({"resourceType": "Goal"}, limit)):
        assert keys(unmet(("a_limit",), nurse, before, after)) == ["a_limit"]


def plan(answer=None, **fields):
    kept = [{"url": codes.SECTOR, "valueCode": "health"}]
    extension = kept + ([{"url": codes.CITIZEN_ANSWER, "valueCode": answer}] if answer else [])
    item = {"detail": {"status": "in-progress"}, "extension": extension}
    return {"resourceType": "CarePlan", "subject": reference("Patient/p"), "activity": [item, {}], **fields}


@pytest.mark.parametrize(
    ("after", "missing"),
    [
        (plan("wants"), []),
        (plan("does-not-want", meta={"versionId": "2"}), []),
        (plan(), []),
        (plan("wants", status="revoked"), ["own_answer"]),
        (plan("wants", meta={"source": "urn:elsewhere"}), ["own_answer"]),
        (plan("wants") | {"activity": plan("wants")["activity"][:1]}, ["own_answer"]),
        (plan("wants") | {"activity": [{"detail": {"status": "cancelled"}}, {}]}, ["own_answer"]),
        (plan("wants") | {"subject": reference("Patient/q")}, ["about_self", "own_answer"]),
    ],
)
def test_citizens_answer_their_plan_and_change_nothing_else(after, missing):
    conditions = may_write(CITIZEN, "CarePlan", "update").obligations
    assert keys(unmet(conditions, CITIZEN, plan("not-asked", meta={"versionId": "1"}), after)) == missing
    assert keys(unmet(("own_answer",), CITIZEN, None, after)) == ["own_answer"]


def test_no_update_moves_data_to_those_who_may_read_another_kind():
    system_of = {"system": codes.CATEGORY, "code": "home-monitoring"}
    health = {"resourceType": "Observation"}
    reading = {"resourceType": "Observation", "category": [{"coding": [system_of]}]}
    nurse = staff("telemedicine-nurse")
    assert keys(unmet((), nurse, health, reading)) == keys(unmet((), nurse, reading, health)) == ["same_kind"]
    assert unmet((), nurse, reading, reading | {"status": "final"}) == ()
    assert unmet((), nurse, None, reading) == unmet((), nurse, reading, None) == ()


def test_a_condition_about_nothing_is_not_met():
    assert keys(unmet(("own_task",), staff("home-care-nurse"), None, None)) == ["own_task"]
    assert unmet((), CITIZEN, None, None) == ()


def message(**fields):
    return {
        "resourceType": "Communication",
        "subject": reference("Patient/p"),
        "recipient": [reference("Patient/p")],
        "sender": reference("Practitioner/n"),
        "payload": [{"contentString": "Hello"}],
        **fields,
    }


def test_a_receiver_opens_a_message_once_and_changes_nothing_else():
    conditions = may_write(CITIZEN, "Communication", "update").obligations
    opened = message(received="2026-11-20T10:00:00Z")
    assert unmet(conditions, CITIZEN, message(), opened) == ()
    for before, after in (
        (opened, message(received="2026-11-21T10:00:00Z")),
        (message(), message(received="2026-11-20T10:00:00Z", payload=[{"contentString": "Other"}])),
        (message(), message()),
        (message(recipient=[reference("Organization/centre")]), opened),
    ):
        assert unmet(conditions, CITIZEN, before, after) != ()
    unit = staff("telemedicine-nurse")
    to_unit = message(recipient=[reference("Organization/centre")])
    conditions = may_write(unit, "Communication", "update").obligations
    assert unmet(conditions, unit, to_unit, to_unit | {"received": "2026-11-20T10:00:00Z"}) == ()
    assert unmet(conditions, unit, message(), opened) != ()


def related(*scopes, code="DAUC", **more):
    role = {"system": "http://terminology.hl7.org/CodeSystem/v3-RoleCode", "code": code}
    return {
        "resourceType": "RelatedPerson",
        "id": "r",
        "patient": {"reference": CITIZEN.actor},
        "relationship": [{"coding": [role]}],
        "extension": [{"url": "urn:saman:scope", "valueCode": one} for one in scopes],
        "period": {"start": "2026-01-01"},
        **more,
    }


OTHER = {"reference": "Patient/other"}
ENDED = {"start": "2026-01-01", "end": "2026-11-22"}


@pytest.mark.parametrize(
    ("before", "after", "kept"),
    [
        (related(), related("plan", "messages"), True),
        (related("plan"), related("readings", period=ENDED), True),
        (related(period=ENDED), related("plan"), True),
        (related("other"), related("other", "plan"), True),
        (related("plan", code="GUARD"), related("readings", code="GUARD"), True),
        (related(), related("record"), False),
        (related("record"), related(), False),
        (related(), related("plan", period={"start": "2020-01-01"}), False),
        (related(code="GUARD"), related(code="GUARD", period=ENDED), False),
        (related(code="DAUC"), related(code="GUARD"), False),
        (related(code="GUARD"), related(code="DAUC"), False),
        (related("plan", code="POWATT"), related(code="POWATT"), False),
        (related(code="POWATT"), related(code="DAUC"), False),
        (related(), related("plan", name=[{"text": "Somebody else"}]), False),
        (related(), related("plan", identifier=[{"system": "x", "value": "y"}]), False),
        (related(), related(extension=[{"url": codes.SAME_ADDRESS, "valueBoolean": True}]), False),
        (related(), related(extension=[{"url": "urn:saman:scope", "valueCode": "plan", "id": "x"}]), False),
        (related(), related(meta={"security": [{"system": codes.CATEGORY, "code": "protected-address"}]}), False),
        (
            related(patient={"reference": "Patient/other"}),
            related("plan", patient={"reference": "Patient/other"}),
            False,
        ),
        (related(), related("plan", patient=OTHER), False),
    ],
)
def test_a_citizen_changes_nothing_of_somebody_close_but_what_is_shared(before, after, kept):
    decision = may_write(CITIZEN, "RelatedPerson", "update")
    assert decision.obligations == ("about_self", "own_sharing")
    assert (unmet(decision.obligations, CITIZEN, before, after) == ()) is kept
    assert may_write(CITIZEN, "RelatedPerson", "create").verdict is Verdict.DENY
