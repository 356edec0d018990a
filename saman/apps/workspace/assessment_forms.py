"""Reads what was sent about a round of self-assessment: a round to open, or somebody's answers."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from saman.flows.governance.assessment import Round, organisation
from saman.kernel.outcome import Issue, Kind, Refusal
from saman.model.care.assessment import AssessmentFile, Audience
from saman.model.care.caremodel import CareModel
from saman.record.assessment import Given

MOST_DIGITS = 6
_NO_DAY = Issue("value", "Write a day, such as 2027-01-31.", key="assessment.day")
_NO_NUMBER = Issue("value", "Write a whole number, or nothing.", key="assessment.number")


def round_of(fields: Mapping[str, str], model: CareModel) -> Round | Refusal:
    """The round that a form describes."""
    since, until = _day(fields, "since"), _day(fields, "until")
    invited = {one: _number(fields, f"invited-{one.value}") for one in Audience}
    wrong = [one for one in (since, until, *invited.values()) if isinstance(one, Issue)]
    if isinstance(since, Issue) or isinstance(until, Issue) or wrong:
        return Refusal(Kind.UNPROCESSABLE, tuple(wrong))
    return Round(
        name=fields.get("name", "").replace("\x00", "").strip(),
        since=since,
        until=until,
        groups=tuple(one.value for one in Audience if f"group-{one.value}" in fields),
        parties=tuple(one.id for one in model.parties if one.parent is None and f"party-{one.id}" in fields),
        invited={one.value: number for one, number in invited.items() if isinstance(number, int)},
    )


def given_of(fields: Mapping[str, str], asked: AssessmentFile, model: CareModel, party: str) -> Given:
    """What somebody at work has answered."""
    audience = Audience.LEADER if fields.get("as") == Audience.LEADER.value else Audience.STAFF
    return Given(
        audience=audience.value,
        party=organisation(model, party),
        answers=asked.understood(audience, fields),
        words=fields.get("words", ""),
    )


def _day(fields: Mapping[str, str], name: str) -> date | Issue:
    try:
        return date.fromisoformat(fields.get(name, "").strip())
    except ValueError:
        return _at(_NO_DAY, name)


def _number(fields: Mapping[str, str], name: str) -> int | Issue | None:
    text = fields.get(name, "").strip()
    if not text:
        return None
    is_number = text.isascii() and text.isdigit() and len(text) <= MOST_DIGITS
    return int(text) if is_number else _at(_NO_NUMBER, name)


def _at(issue: Issue, name: str) -> Issue:
    return Issue(issue.code, issue.text, name, key=issue.key)
