"""From a view or a refusal to a professional page, and from a form to its fields."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping

from starlette.requests import Request
from starlette.responses import Response

from saman.apps.team.desk import Desk
from saman.apps.team.opening.through import note_of
from saman.apps.team.texts import worded
from saman.apps.team.views import Undoable
from saman.apps.ui.locales import Words, mark
from saman.apps.ui.pages import render, see, words_of
from saman.kernel.ids import is_fhir_id
from saman.kernel.outcome import Kind, Refusal

DeskFor = Callable[[Request], Desk]
Handler = Callable[[Request], Awaitable[Response]]
TeamHandler = Callable[[Request, Desk], Awaitable[Response]]

DONE = {
    "claim": mark("Claimed."),
    "release": mark("Released."),
    "acknowledge": mark("Acknowledged."),
    "receive": mark("Received."),
    "accept": mark("Accepted."),
    "decline": mark("Declined."),
    "delay": mark("Put off."),
    "dispute": mark("Disputed."),
    "start": mark("Begun."),
    "report-back": mark("Reported back."),
    "cancel": mark("Cancelled."),
    "remind": mark("Reminded."),
}
"""What is said once an act is done."""


def show(request: Request, template: str, view: object, status: int = 200, **more: object) -> Response:
    """The page `template` shows for `view`, or the page of a refusal."""
    if isinstance(view, Refusal):
        return refusal_page(request, view)
    known = {"undoable": undoable(request), "back": request.url.path, "opening": note_of(request)}
    return render(request, template, view, status, **(known | more))


def refusal_page(request: Request, refusal: Refusal) -> Response:
    """A refusal within the professional frame; what is hidden looks like what does not exist."""
    hidden = refusal.kind in (Kind.NOT_FOUND, Kind.GONE)
    kind = Kind.NOT_FOUND if hidden else refusal.kind
    return render(
        request, "team/refusal.html", worded(Refusal(kind, refusal.issues)), kind.status, opening=note_of(request)
    )


def undoable(request: Request) -> Undoable | None:
    """What the address says was just done: `?done=<act>.<task>.<version>`."""
    act, _, rest = request.query_params.get("done", "").partition(".")
    task, _, version = rest.partition(".")
    return done_note(words_of(request), act, task, version)


def done_note(words: Words, act: str, task: str, version: str) -> Undoable | None:
    """The note of a thing done, None when an address was made up."""
    if act not in DONE or not is_fhir_id(task) or not version.isdigit():
        return None
    return Undoable(words.gettext(DONE[act]).unescape(), task, int(version))


def see_done(back: str, act: str, task: str, version: int) -> Response:
    """On to a page that says what was done and offers to undo it."""
    return see(f"{back}{'&' if '?' in back else '?'}done={act}.{task}.{version}")


def back_of(fields: Mapping[str, str]) -> str:
    """Where a form wants to go on to: a professional page of ours, else the worklist."""
    wanted = fields.get("back", "")
    return wanted if wanted == "/team" or wanted.startswith(("/team/", "/team?")) else "/team"


def is_part(request: Request) -> bool:
    """Whether htmx asks for a part of a page."""
    return request.headers.get("hx-request") == "true"
