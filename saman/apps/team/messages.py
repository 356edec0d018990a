"""Messages between a person and those who follow them, from the professionals' side."""

from __future__ import annotations

from collections.abc import Mapping

from starlette.requests import Request
from starlette.responses import Response

from saman.apps.team.desk import Desk
from saman.apps.team.loop import kind_of
from saman.apps.team.person import Held, banner_of, held, may_message
from saman.apps.team.show import refusal_page, show
from saman.apps.team.shown import is_dead, new_key
from saman.apps.team.texts import worded
from saman.apps.team.views import Bubble, ThreadPage
from saman.apps.ui.locales import mark
from saman.apps.ui.pages import see
from saman.apps.ui.security import posted
from saman.flows import tasks
from saman.flows.directory import Named, name_of
from saman.flows.message.thread import Letter, Message, open_all, thread_of, write
from saman.kernel.outcome import Kind, Refusal
from saman.model.care import codes
from saman.model.care.work import OPEN

FOR = mark("%(relative)s, for %(person)s")
SOMEBODY = mark("Somebody close")


async def thread_page(desk: Desk, found: Held, key: str) -> ThreadPage | Refusal:
    """The thread, oldest first, with the open tasks that an answer closes. It opens what was sent to the unit."""
    thread = await thread_of(desk.record, found.id, desk.language)
    if isinstance(thread, Refusal):
        return thread
    await open_all(desk.record, thread, {desk.unit, desk.record.context.actor})
    names = await desk.names({one.sender for one in thread})
    waiting = tuple((one.id, one.version) for one in found.tasks if _waits(desk, one.resource()))
    return ThreadPage(
        person=found.id,
        banner=banner_of(desk, found),
        messages=tuple(
            Bubble(
                sender=_sender(desk, found, one, names),
                initials=names[one.sender].initials if one.sender in names else "",
                ours=_ours(found, one),
                when=one.sent,
                text=one.text,
                read=one.read,
            )
            for one in thread
        ),
        waiting=waiting,
        key=key,
        may_write=not is_dead(found.person) and may_message(desk, found),
    )


def _sender(desk: Desk, found: Held, message: Message, names: Mapping[str, Named]) -> str:
    """Who wrote; of somebody close also for whom."""
    name = names[message.sender].name if message.sender in names else ""
    if not message.sender.startswith("RelatedPerson/"):
        return name
    return desk.t(FOR, relative=name or desk.t(SOMEBODY), person=name_of(found.person))


def _ours(found: Held, message: Message) -> bool:
    return not message.sender.startswith(("Patient/", "RelatedPerson/"))


def _waits(desk: Desk, task: dict[str, object]) -> bool:
    owner = task.get("owner")
    ours = isinstance(owner, dict) and owner.get("reference") == desk.unit
    return ours and task["status"] in OPEN and kind_of(task) in (codes.MESSAGE, codes.NO_ANSWER)


async def thread(request: Request, desk: Desk) -> Response:
    """The thread with an empty field."""
    found = await held(desk, request.path_params["person"])
    view = found if isinstance(found, Refusal) else await thread_page(desk, found, new_key())
    return show(request, "team/messages.html", view, errors=None, typed="")


async def send(request: Request, desk: Desk) -> Response:
    """An answer, stored once for its key; it closes the tasks of answering that were shown with it."""
    fields = await posted(request)
    if isinstance(fields, Refusal):
        return refusal_page(request, fields)
    found = await held(desk, request.path_params["person"])
    if isinstance(found, Refusal):
        return refusal_page(request, found)
    text, key = fields.get("text", ""), fields.get("key", "")[:80] or new_key()
    letter = Letter(person=found.id, recipient=f"Patient/{found.id}", text=text, key=f"team-{key}")
    done = await write(desk.record, letter)
    if not isinstance(done, Refusal):
        await _close(desk, fields)
        return see(f"/team/messages/{found.id}#last")
    if done.kind is not Kind.UNPROCESSABLE:
        return refusal_page(request, done)
    view = await thread_page(desk, found, key)
    return show(request, "team/messages.html", view, done.status, errors=worded(done), typed=text)


async def _close(desk: Desk, fields: Mapping[str, str]) -> None:
    """Acknowledge what the answer answers; what somebody else has changed meanwhile stays open for them."""
    for one in fields.get("closes", "").split(","):
        task, _, version = one.partition(".")
        if version.isdigit():
            await tasks.acknowledge(desk.record, task, int(version))
