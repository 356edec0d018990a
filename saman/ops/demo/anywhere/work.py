"""What goes on in a region's demo on the day of loading: a letter, a talk booked, a call and a visit asked for."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from saman.kernel.clock import instant
from saman.model.care import codes
from saman.ops.demo.anywhere.cast import Citizen
from saman.ops.demo.anywhere.people import text
from saman.ops.demo.anywhere.plan import is_followed
from saman.ops.demo.anywhere.scene import Scene
from saman.ops.demo.bundle import post, put, urn
from saman.ops.demo.marks import HAND_MADE, Resource, concept, mark, reference, words
from saman.ops.demo.profile import Words

TALK = timedelta(minutes=20)
ASKED = timedelta(minutes=50)
"""So long ago a call and a visit were asked for."""


def work_entries(scene: Scene) -> Iterator[Resource]:
    """Everything that is going on."""
    for citizen in scene.cast.citizens.values():
        if is_followed(citizen) and not citizen.row.unread:
            yield _letter(citizen, scene)
        if citizen.row.calls:
            yield _wish(citizen, scene)
        if citizen.row.unread and (visit := _visit(citizen, scene)) is not None:
            yield visit
    yield _talk(scene.cast.citizens["first"], scene)


def _letter(citizen: Citizen, scene: Scene) -> Resource:
    """What somebody who reads wrote last week, and the citizen has opened."""
    sender = scene.cast.worker(scene.cast.reader_role)
    assert sender is not None
    sent = scene.at(-7, "10:15")
    made: Resource = {
        "resourceType": "Communication",
        "status": "completed",
        "category": [concept(codes.COMMUNICATION, codes.MESSAGE)],
        "subject": reference(citizen.patient),
        "sent": instant(sent),
        "received": instant(sent + ASKED),
        "recipient": [reference(citizen.patient)],
        "sender": reference(sender.practitioner_role),
        "payload": [words("contentString", text("ask"))],
    }
    return post(mark(made, HAND_MADE), urn(f"letter {citizen.id}"))


def _talk(citizen: Citizen, scene: Scene) -> Resource:
    """A talk on video when the unit that reads is open again after tonight."""
    worker = scene.cast.worker(scene.cast.reader_role)
    assert worker is not None
    start = scene.open_at(scene.cast.reader, scene.at(1, "10:00"))
    made: Resource = {
        "resourceType": "Appointment",
        "id": f"{citizen.id}-video",
        "status": "booked",
        "appointmentType": concept(codes.MODE, "video"),
        **words("description", text("video")),
        "start": instant(start),
        "end": instant(start + TALK),
        "minutesDuration": int(TALK.total_seconds()) // 60,
        "participant": [
            {"actor": reference(actor), "status": "accepted"}
            for actor in (citizen.patient, worker.practitioner_role)
        ],
    }  # fmt: skip
    return put(mark(made, HAND_MADE))


def _wish(citizen: Citizen, scene: Scene) -> Resource:
    cast, asked = scene.cast, scene.now - ASKED
    due = scene.due(cast.service.response.own_request_answered, cast.reader, asked)
    made = _task(codes.CONTACT_WISH, citizen, cast.reader.id, asked, due, text("call"))
    made |= {
        "requester": reference(citizen.patient),
        "input": [{"type": concept(codes.TASK_INPUT, "mode"), "valueCode": "phone"}],
    }
    return post(mark(made, HAND_MADE), urn(f"wish {citizen.id}"))


def _visit(citizen: Citizen, scene: Scene) -> Resource | None:
    """A visit that home care is asked for by the unit that reads; none where that is home care itself."""
    cast, asked = scene.cast, scene.now - ASKED
    home_care, sender = cast.party("home-care-nurse"), cast.worker(cast.reader_role)
    if home_care is None or sender is None or home_care.id == cast.reader.id:
        return None
    due = scene.due(cast.service.response.request_answered, home_care, asked)
    made = _task(codes.HOME_VISIT, citizen, home_care.id, asked, due, text("look-in"))
    made["code"]["coding"].append(codes.coding(codes.ACTIVITY, codes.HOME_VISIT))
    made |= {
        "extension": [{"url": codes.SENT_FOR, "valueReference": reference(f"Organization/{cast.reader.id}")}],
        "requester": reference(sender.practitioner_role, sender.name),
        "input": [
            {
                "type": concept(codes.TASK_INPUT, "visit-before"),
                "valueDateTime": instant(due + timedelta(hours=4)),
            }
        ],
    }
    return post(mark(made, HAND_MADE), urn(f"visit {citizen.id}"))


def _task(kind: str, citizen: Citizen, owner: str, asked: datetime, due: datetime, said: Words) -> Resource:
    return {
        "resourceType": "Task",
        "status": "requested",
        "intent": "order",
        "priority": "routine",
        "code": concept(codes.TASK, kind),
        **words("description", said),
        "for": reference(citizen.patient, citizen.name),
        "authoredOn": instant(asked),
        "lastModified": instant(asked),
        "owner": reference(f"Organization/{owner}"),
        "restriction": {"period": {"end": instant(due)}},
    }
