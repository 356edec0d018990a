"""Reporting measurements: one question a page, a draft on the server, check, send, and what a device kept offline."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from saman.apps.citizen.desk import CitizenDesk
from saman.apps.citizen.forms import MOST_COMMENT, Unsure, confirmation, parse_answer, parse_kept, parse_text
from saman.apps.citizen.pictures import answer_text
from saman.apps.citizen.show import refusal_page, show
from saman.apps.citizen.views import Answer, Draft, Question
from saman.apps.ui.locales import Words, mark
from saman.apps.ui.pages import see, words_of
from saman.apps.ui.security import posted
from saman.kernel import json
from saman.kernel.outcome import Issue, Kind, Refusal, refused

WORKER: Final = (Path(__file__).parent / "worker.js").read_bytes()
CHECK: Final = "/citizen/report/check"


class AskPage(msgspec.Struct, frozen=True, kw_only=True):
    """One question: its place among all, what was typed, what is wrong or doubtful, and where it leads."""

    draft: Draft
    question: Question
    number: int
    total: int
    typed: Mapping[str, str]
    back: str
    onward: str
    last_text: str
    errors: Refusal | None = None
    unsure: Unsure | None = None
    unsure_text: str = ""
    confirmation: str = ""


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """One line of what will be sent; `text` is empty where nothing was answered."""

    question: Question
    text: str
    confirmed: bool


class CheckPage(msgspec.Struct, frozen=True, kw_only=True):
    """Everything answered, before it is sent."""

    draft: Draft
    rows: tuple[Row, ...]
    errors: Refusal | None
    comment: str

    @property
    def missing(self) -> str:
        """The first question without an answer, or empty."""
        step = self.draft.open_step()
        return "" if step == "check" else step


async def worker(request: Request) -> Response:
    """The service worker, which keeps answers while the network is lost; it may serve all of `/citizen`."""
    headers = {"content-type": "text/javascript; charset=utf-8", "cache-control": "no-cache"}
    return Response(WORKER, headers={**headers, "service-worker-allowed": "/citizen"})


async def begin(request: Request, desk: CitizenDesk) -> Response:
    """Goes to the first question that has no answer."""
    draft = await desk.draft()
    if isinstance(draft, Refusal):
        return await refusal_page(request, desk, draft)
    return see(f"/citizen/report/{draft.open_step()}")


async def ask(request: Request, desk: CitizenDesk) -> Response:
    """One question."""
    found = await _draft_and_question(request, desk)
    if isinstance(found, Refusal):
        return await refusal_page(request, desk, found)
    draft, question = found
    words = words_of(request)
    typed = _typed(question, draft.answers.get(question.id), words)
    return await _show_question(request, desk, _ask_page(draft, question, typed, words))


async def answer(request: Request, desk: CitizenDesk) -> Response:
    """Keeps an answer in the draft and goes on; or asks again."""
    fields = await posted(request)
    if isinstance(fields, Refusal):
        return await refusal_page(request, desk, fields)
    found = await _draft_and_question(request, desk)
    if isinstance(found, Refusal):
        return await refusal_page(request, desk, found)
    draft, question = found
    parsed = parse_answer(question, fields)
    page = _ask_page(draft, question, fields, words_of(request))
    if not isinstance(parsed, Answer):
        return await _ask_again(request, desk, page, parsed)
    done = await desk.keep(draft.id, {question.id: parsed})
    onward = CHECK if fields.get("then") == "check" else page.onward
    return see(onward) if done is None else await refusal_page(request, desk, done)


async def _ask_again(request: Request, desk: CitizenDesk, page: AskPage, parsed: Unsure | Refusal) -> Response:
    if isinstance(parsed, Refusal):
        return await _show_question(request, desk, msgspec.structs.replace(page, errors=parsed), parsed.status)
    doubtful = msgspec.structs.replace(
        page,
        unsure=parsed,
        unsure_text=answer_text(page.question, Answer(values=parsed.values), words_of(request)),
        confirmation=confirmation(parsed.values),
    )
    return await _show_question(request, desk, doubtful, Kind.UNPROCESSABLE.status)


async def check(request: Request, desk: CitizenDesk) -> Response:
    """What will be sent, who reads it and when."""
    return await _show_check(request, desk, await desk.draft())


async def send(request: Request, desk: CitizenDesk) -> Response:
    """Sends the draft, once."""
    fields = await posted(request)
    if isinstance(fields, Refusal):
        return await refusal_page(request, desk, fields)
    comment = parse_text(fields, "comment", MOST_COMMENT, required=False)
    receipt = comment if isinstance(comment, Refusal) else await desk.send(fields.get("draft", ""), comment)
    if not isinstance(receipt, Refusal):
        return see("/citizen/report/sent")
    if receipt.kind is Kind.UNPROCESSABLE:
        return await _show_check(request, desk, await desk.draft(), receipt, fields.get("comment", ""))
    return await refusal_page(request, desk, receipt)


async def sent(request: Request, desk: CitizenDesk) -> Response:
    """The receipt of the latest report."""
    return await show(request, desk, "citizen/sent.html", await desk.receipt())


async def later(request: Request, desk: CitizenDesk) -> Response:
    """What a device shows when it keeps a report until the network is back."""
    return await show(request, desk, "citizen/later.html", None)


async def kept(request: Request, desk: CitizenDesk) -> Response:
    """Takes what a device kept offline, keeps it in the draft, and sends it when asked to.

    Answers in JSON with `state`: `sent` (also when it had been sent before), `kept`, `look` when a person has to look
    at something first, `stale` when the draft was sent or replaced meanwhile, else `refused`.
    """
    fields = await posted(request)
    if isinstance(fields, Refusal):
        return _state("refused", fields.status)
    draft = await desk.draft()
    if isinstance(draft, Refusal):
        return _state("refused", draft.status)
    if fields.get("draft") != draft.id:
        return await _send_kept(desk, fields) if fields.get("send") else _state("stale", 200)
    parsed = parse_kept(draft, fields)
    fine = {name: value for name, value in parsed.items() if isinstance(value, Answer)}
    stored = await desk.keep(draft.id, fine) if fine else None
    if stored is not None:
        return _state("refused", stored.status)
    if len(fine) < len(parsed):
        return _state("look", 200)
    return await _send_kept(desk, fields) if fields.get("send") else _state("kept", 200)


async def _send_kept(desk: CitizenDesk, fields: Mapping[str, str]) -> Response:
    """Sends by the device's own draft; one that was sent before answers with its first receipt."""
    comment = fields.get("comment", "").strip()[:MOST_COMMENT]
    receipt = await desk.send(fields.get("draft", ""), comment)
    if not isinstance(receipt, Refusal):
        return _state("sent", 200)
    return _state("look", 200) if receipt.kind is Kind.UNPROCESSABLE else _state("refused", receipt.status)


def _state(state: str, status: int) -> Response:
    return Response(json.encode({"state": state}), status, {"content-type": "application/json"})


async def _draft_and_question(request: Request, desk: CitizenDesk) -> tuple[Draft, Question] | Refusal:
    draft = await desk.draft()
    if isinstance(draft, Refusal):
        return draft
    question = draft.question(request.path_params["step"])
    return (draft, question) if question else refused(Kind.NOT_FOUND, "not-found", "There is no such question")


def _ask_page(draft: Draft, question: Question, typed: Mapping[str, str], words: Words) -> AskPage:
    names = [one.id for one in draft.questions]
    place = names.index(question.id)
    return AskPage(
        draft=draft,
        question=question,
        number=place + 1,
        total=len(names),
        typed=typed,
        back=f"/citizen/report/{names[place - 1]}" if place else "",
        onward=f"/citizen/report/{names[place + 1]}" if place + 1 < len(names) else CHECK,
        last_text=answer_text(question, question.last, words) if question.last else "",
    )


def _typed(question: Question, given: Answer | None, words: Words) -> dict[str, str]:
    """What stands in the fields of a question that was answered before."""
    if given is None:
        return {}
    numbers = {part.id: words.number(value) for part, value in zip(question.parts, given.values, strict=False)}
    return {**numbers, "choice": given.choice}


async def _show_question(request: Request, desk: CitizenDesk, page: AskPage, status: int = 200) -> Response:
    then = "check" if request.query_params.get("then") == "check" else ""
    return await show(request, desk, "citizen/ask.html", page, status, then=page.typed.get("then", then))


async def _show_check(
    request: Request, desk: CitizenDesk, draft: Draft | Refusal, errors: Refusal | None = None, comment: str = ""
) -> Response:
    if isinstance(draft, Refusal):
        return await refusal_page(request, desk, draft)
    words = words_of(request)
    rows = tuple(_row(question, draft.answers.get(question.id), words) for question in draft.questions)
    page = CheckPage(draft=draft, rows=rows, errors=errors, comment=comment or draft.comment)
    return await show(request, desk, "citizen/check.html", page, errors.status if errors else 200)


def _row(question: Question, given: Answer | None, words: Words) -> Row:
    text = answer_text(question, given, words) if given else ""
    return Row(question=question, text=text, confirmed=bool(given and given.confirmed))


def unanswered(question: str) -> Refusal:
    """What a desk answers when a report is sent before every question has an answer."""
    key = mark("Answer this question too, or say that you cannot today")
    return Refusal(Kind.UNPROCESSABLE, (Issue("required", "A question has no answer", f"q-{question}", key=key),))
