"""The shared plan and messages are open to those close where somebody shares them, also where the record is not."""

import pytest

from saman.model.access import (
    Assignment,
    Domain,
    Holder,
    Question,
    Relation,
    RelationKind,
    decide,
    domain_of,
)
from saman.model.access.moment import midnight
from tests.policy.book import COUNTRIES, NOON, policy_of, rows_text

SHARED = ("CarePlan", "CareTeam", "Appointment", "Communication", "Goal")
CLOSE = "RelatedPerson/r"


def tie(kind, topic=None):
    return Relation(person="p", kind=RelationKind(kind), ground=CLOSE, actor=CLOSE, topic=topic)


@pytest.mark.parametrize("code", COUNTRIES)
@pytest.mark.parametrize("years", [0, 9, 12, 14, 16, 17, 18, 40, 90, None])
@pytest.mark.parametrize("also", ["", "guardian", "mandate"])
def test_what_is_shared_is_open_at_every_age(code, years, also):
    policy = policy_of(code, rows_text(code))
    ties = [tie("relative", "plan"), *([tie(also, "plan")] if also else [])]
    if years is not None:
        born = midnight(NOON.date().replace(year=NOON.year - years), policy.zone)
        ties.append(Relation(person="p", kind=RelationKind.BORN, ground="Patient/p", start=born))
    asker = Assignment(number=1, kind=Holder.RELATIVE, purpose="FAMRQT", actor=CLOSE)
    for domain in {domain_of({"resourceType": one}) for one in SHARED}:
        question = Question(assignment=asker, domain=domain, at=NOON, person="p", relations=ties)
        assert decide(question, policy).permitted
    if not also:
        question = Question(assignment=asker, domain=Domain.HEALTH, at=NOON, person="p", relations=ties)
        assert not decide(question, policy).permitted


def test_plan_people_appointments_and_messages_are_one_kind_of_data():
    assert {domain_of({"resourceType": one}) for one in SHARED} == {Domain.PLAN}
