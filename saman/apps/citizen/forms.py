"""Reads what a citizen posted: pure, from fields to an answer, a question back, or an error summary with its mend."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Final, Literal

import msgspec

from saman.apps.citizen.views import Answer, Draft, Part, Question, Range
from saman.apps.ui.locales import mark
from saman.kernel.outcome import Issue, Kind, Refusal

MOST_COMMENT: Final = 1000
MOST_MESSAGE: Final = 2000
_NUMBER: Final = re.compile(r"[0-9]{1,6}(?:[.,][0-9]{1,3})?")


class Unsure(msgspec.Struct, frozen=True):
    """Numbers that ask for a second look: `impossible` for any body, or `unusual` for this person."""

    values: tuple[Decimal, ...]
    doubt: Literal["impossible", "unusual"]
    usual: Range


def parse_number(text: str) -> Decimal | None:
    """A number as people type it, with a comma or a point before its decimals; None when it is none."""
    plain = text.strip().replace("\N{NO-BREAK SPACE}", "")
    return Decimal(plain.replace(",", ".")) if _NUMBER.fullmatch(plain) else None


def parse_answer(question: Question, fields: Mapping[str, str]) -> Answer | Unsure | Refusal:
    """The answer to one question.

    Fields: one by each part's id, or `choice`; `not_today` when it cannot be done; `confirmed` after a second look,
    which counts only for the numbers it was given for (see `confirmation`).
    """
    if fields.get("not_today"):
        return Answer(not_today=True)
    if question.options:
        return _choice(question, fields.get("choice", ""))
    values = [_value(part, fields.get(part.id, "")) for part in question.parts]
    issues = tuple(value for value in values if isinstance(value, Issue))
    if issues:
        return Refusal(Kind.UNPROCESSABLE, issues)
    numbers = tuple(value for value in values if isinstance(value, Decimal))
    return _order(question, numbers) or _doubt(question, numbers, fields.get("confirmed", ""))


def _choice(question: Question, code: str) -> Answer | Refusal:
    if code in dict(question.options):
        return Answer(choice=code)
    text = "Choose one of the answers"
    return Refusal(Kind.UNPROCESSABLE, (Issue("required", text, "choice", key=mark("Choose one of the answers")),))


def _value(part: Part, text: str) -> Decimal | Issue:
    named = (("name", part.label), ("example", part.example))
    if not text.strip():
        missing = mark("%(name)s: write the number, for example %(example)s")
        return Issue("required", f"Write a number in {part.id}", part.id, key=missing, args=named)
    value = parse_number(text)
    if value is None:
        wrong = mark("%(name)s: use digits only, for example %(example)s")
        return Issue("value", f"Write {part.id} with digits only", part.id, key=wrong, args=named)
    if not part.accepted.holds(value):
        beyond = mark("%(name)s: check the number. It looks like this: %(example)s")
        return Issue("value", f"{part.id} is beyond what can be stored", part.id, key=beyond, args=named)
    return value


def _order(question: Question, values: tuple[Decimal, ...]) -> Refusal | None:
    """Blood pressure: the first number is the higher one."""
    if len(values) < 2 or values[0] > values[1]:
        return None
    key = mark("The upper number is higher than the lower one. Check that they did not change places.")
    return Refusal(
        Kind.UNPROCESSABLE, (Issue("value", "The first number must be the higher", question.parts[0].id, key=key),)
    )


def _doubt(question: Question, values: tuple[Decimal, ...], confirmed: str) -> Answer | Unsure:
    pairs = list(zip(question.parts, values, strict=True))
    impossible = any(not part.possible.holds(value) for part, value in pairs)
    unusual = any(not part.usual.holds(value) for part, value in pairs)
    if not impossible and not unusual:
        return Answer(values=values)
    if confirmed == confirmation(values):
        return Answer(values=values, confirmed=True)
    return Unsure(values, "impossible" if impossible else "unusual", question.parts[0].usual)


def confirmation(values: Iterable[Decimal]) -> str:
    """What the button of a second look sends, so that it confirms these numbers and no others."""
    return " ".join(str(value) for value in values)


def parse_kept(draft: Draft, fields: Mapping[str, str]) -> dict[str, Answer | Unsure | Refusal]:
    """Answers kept on a device while the network was lost: fields named `question.field`."""
    return {
        question.id: parse_answer(question, own)
        for question in draft.questions
        if (own := _fields_of(question.id, fields))
    }


def _fields_of(question: str, fields: Mapping[str, str]) -> dict[str, str]:
    prefix = f"{question}."
    return {name.removeprefix(prefix): value for name, value in fields.items() if name.startswith(prefix)}


def parse_text(fields: Mapping[str, str], name: str, most: int, required: bool) -> str | Refusal:
    """Free text without surrounding blanks; a Refusal when it is missing or longer than `most` characters."""
    text = fields.get(name, "").strip()
    if required and not text:
        empty = mark("Write something first")
        return Refusal(Kind.UNPROCESSABLE, (Issue("required", "Write something first", name, key=empty),))
    if len(text) > most:
        long = mark("Write at most %(most)s characters. This has %(count)s.")
        args = (("most", str(most)), ("count", str(len(text))))
        return Refusal(
            Kind.UNPROCESSABLE, (Issue("too-long", f"At most {most} characters", name, key=long, args=args),)
        )
    return text
