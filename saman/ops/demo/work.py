"""Tasks: reports read and unread, visits asked for, reports that did not come, and what citizens ask for."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta

from saman.flows.monitoring.missing import missing_key
from saman.ops.demo.bundle import post, urn
from saman.ops.demo.follow_up import Follow, episode_id, limit_id
from saman.ops.demo.hours import iso
from saman.ops.demo.local import CENTRE
from saman.ops.demo.marks import (
    ACTIVITY_SYSTEM,
    CLAIMED_BY,
    HAND_MADE,
    INPUT_SYSTEM,
    OUTPUT_SYSTEM,
    SENT_FOR,
    SIMULATED,
    TASK_SYSTEM,
    Resource,
    coding,
    concept,
    mark,
    reference,
    words,
)
from saman.ops.demo.plan import SCHEDULES
from saman.ops.demo.profile import Person, Words
from saman.ops.demo.readings import SentReport
from saman.ops.demo.setting import Setting
from saman.ops.demo.staff import on_duty, roster

_READERS = ("silje-haugen", "hanne-dahl", "jon-bakke")


def task(code: str, person: Person, authored: datetime, due: datetime, text: Words | None = None) -> Resource:
    """An order to a party about a person, to be answered by `due`."""
    codings = [coding(TASK_SYSTEM, code)]
    if code == "home-visit":
        codings.append(coding(ACTIVITY_SYSTEM, code))
    return {
        "resourceType": "Task",
        "status": "requested",
        "intent": "order",
        "priority": "routine",
        "code": {"coding": codings},
        **(words("description", text) if text else {}),
        "for": reference(person.patient, person.name),
        "authoredOn": iso(authored),
        "lastModified": iso(authored),
        "owner": reference(f"Organization/{CENTRE}"),
        "restriction": {"period": {"end": iso(due)}},
    }


def entry(resource: Resource, name: str, tag: str = HAND_MADE) -> Resource:
    """The task, marked, as an entry that gets its id from the server."""
    return post(mark(resource, tag), urn(f"task {name}"))


def read_report(follow: Follow, sent: SentReport) -> Resource:
    """The task of reading one report: done when its time was over, unless it is the one left unread."""
    report, setting = sent.report, follow.setting
    due = setting.hours.due(report.sent)
    waits = due > setting.now or (report.last and (follow.enrolled.unread or follow.enrolled.claimed_by))
    made = task("read-report", follow.person, report.sent, due)
    made |= {"focus": reference(sent.full_url), "requester": reference(follow.person.patient)}
    if not waits:
        made |= _read(follow, report.sent, due)
    elif report.last and follow.enrolled.claimed_by and setting.hours.opening(report.sent) <= setting.now:
        made |= _claimed(follow.enrolled.claimed_by, report.sent, setting)
    return post(mark(made, SIMULATED), urn(f"task {sent.full_url}"))


def _read(follow: Follow, received: datetime, due: datetime) -> Resource:
    rng = follow.setting.chance(f"read {follow.person.id} {received.isoformat()}")
    reader = roster()[rng.choice(_READERS)]
    start = follow.setting.hours.opening(received)
    left = max(int((min(due, follow.setting.now) - start).total_seconds()), 60)
    done = start + timedelta(seconds=rng.randint(left // 20, left * 9 // 10))
    return {
        "status": "completed",
        "lastModified": iso(done),
        "executionPeriod": {"start": iso(start), "end": iso(done)},
        "output": [
            {
                "type": concept(OUTPUT_SYSTEM, "acknowledged-by"),
                "valueReference": reference(reader.practitioner_role, reader.name),
            }
        ],
    }


def _claimed(by: str, received: datetime, setting: Setting) -> Resource:
    worker = roster()[by]
    when = min(setting.hours.opening(received) + timedelta(minutes=6), setting.now)
    return {
        "extension": [{"url": CLAIMED_BY, "valueReference": reference(worker.practitioner_role, worker.name)}],
        "status": "in-progress",
        "lastModified": iso(when),
        "executionPeriod": {"start": iso(when)},
    }


def limit_told(follow: Follow) -> Iterator[Resource]:
    """The general practitioner is told of every limit that somebody else changed."""
    for limit in follow.enrolled.limits:
        if not limit.was or limit.by == "gp":
            continue
        setter, day = follow.setter(limit.by), follow.setting.at(limit.day, "13:20")
        text = {"en": f"A limit was changed: {limit.reason['en']}", "nb": f"En grense er endret: {limit.reason['nb']}"}
        made = task("limit-changed", follow.person, day, day + timedelta(days=7), text)
        made |= {
            "extension": [_sent_for()],
            "status": "completed",
            "lastModified": iso(day + timedelta(days=1, hours=2)),
            "owner": reference(f"Organization/{follow.gp.organization}"),
            "requester": reference(setter.practitioner_role, setter.name),
            "focus": reference(f"Goal/{limit_id(follow.person, limit.measure)}"),
        }
        yield entry(made, f"{follow.person.id} limit {limit.measure}")


def _sent_for() -> Resource:
    """Says that the centre asked, so that both ends see it when nobody answers."""
    return {"url": SENT_FOR, "valueReference": reference(f"Organization/{CENTRE}")}


def missing_report(follow: Follow, last: datetime) -> Resource:
    """Somebody who should have reported has not: the centre is to find out how they are."""
    setting = follow.setting
    noticed = setting.at_work(-3, "12:00")
    asked = {
        "en": f"No report since {last:%d.%m}. Called once, no answer.",
        "nb": f"Ingen rapport siden {last:%d.%m}. Ringt én gang, ikke svar.",
    }
    made = task("missing-report", follow.person, noticed, setting.at_work(-3, "15:30"), asked)
    made["requester"] = reference(f"Organization/{CENTRE}")
    day = _agreed_before(follow, noticed).isoformat()
    made |= {
        "identifier": [missing_key(episode_id(follow.person), day)],
        "focus": reference(f"EpisodeOfCare/{episode_id(follow.person)}"),
        "input": [{"type": concept(INPUT_SYSTEM, "asked-for"), "valueDate": day}],
    }
    return entry(made, f"{follow.person.id} missing")


def _agreed_before(follow: Follow, noticed: datetime) -> date:
    """The last day before on which a report was agreed."""
    weekdays, _ = SCHEDULES[follow.enrolled.schedule]
    days = (noticed.date() - timedelta(days=back) for back in range(1, 8))
    return next(day for day in days if day.weekday() in weekdays)


def contact_wish(person: Person, mode: str, said: Words, received: datetime, setting: Setting) -> Resource:
    """The citizen asks for a call or a video visit."""
    made = task("contact-wish", person, received, setting.hours.due(received), said)
    made |= {
        "requester": reference(person.patient),
        "input": [{"type": concept(INPUT_SYSTEM, "mode"), "valueCode": mode}],
    }
    return entry(made, f"{person.id} contact")


def home_visit(person: Person, authored: datetime, due: datetime, wanted: datetime, text: Words) -> Resource:
    """The centre asks home care in the citizen's own municipality for a visit before `wanted`."""
    nurse = roster()["silje-haugen"]
    made = task("home-visit", person, authored, due, text)
    return made | {
        "extension": [_sent_for()],
        "requester": reference(nurse.practitioner_role, nurse.name),
        "owner": reference(f"Organization/homecare-{person.place.slug}"),
        "input": [{"type": concept(INPUT_SYSTEM, "visit-before"), "valueDateTime": iso(wanted)}],
    }


def accepted(visit: Resource, person: Person, start: datetime, answered: datetime) -> Resource:
    """Home care has said when it comes."""
    nurse = on_duty("home-care-nurse", person.place.slug)
    return visit | {
        "status": "accepted",
        "lastModified": iso(answered),
        "executionPeriod": {"start": iso(start)},
        "extension": [
            _sent_for(),
            {"url": CLAIMED_BY, "valueReference": reference(nurse.practitioner_role, nurse.name)},
        ],
    }


def declined(visit: Resource, reason: Words, answered: datetime) -> Resource:
    """Home care has said no and why, as it may with a request."""
    return visit | {
        "status": "rejected",
        "lastModified": iso(answered),
        "statusReason": words("text", reason),
    }


def visited(visit: Resource, person: Person, start: datetime, reported: Words) -> Resource:
    """The visit is done and home care has reported back."""
    nurse = on_duty("home-care-nurse", person.place.slug)
    end = start + timedelta(minutes=35)
    return visit | {
        "status": "completed",
        "lastModified": iso(end),
        "executionPeriod": {"start": iso(start), "end": iso(end)},
        "output": [
            {"type": concept(OUTPUT_SYSTEM, "report-back"), **words("valueString", reported)},
            {
                "type": concept(OUTPUT_SYSTEM, "done-by"),
                "valueReference": reference(nurse.practitioner_role, nurse.name),
            },
        ],
    }
