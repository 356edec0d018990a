"""Questions with fixed answers, written by us and free to use; licensed instruments are not shipped."""

from __future__ import annotations

import msgspec

from saman.model.care.basis import Grounded, Node, Slug, Text


class Answer(Node, frozen=True, kw_only=True):
    """One answer a person can tap; none is chosen beforehand."""

    id: Slug
    text: Text


class Question(Node, frozen=True, kw_only=True):
    """One question with one answer; `short` is how a worklist names it."""

    id: Slug
    text: Text
    short: Text
    hint: Text = msgspec.field(default_factory=dict)
    answers: tuple[Answer, ...]


class Questionnaire(Grounded, frozen=True, kw_only=True):
    """`questionnaires/<id>.yaml`: a few questions, asked one a page."""

    schema: int
    id: Slug
    version: str
    title: Text
    licence: str
    author: str
    questions: tuple[Question, ...]
