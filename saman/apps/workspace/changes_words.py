"""What flows of governance answer, as sentences that the catalogues translate."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import msgspec

from saman.apps.ui.locales import mark
from saman.apps.workspace import meetings_words, words
from saman.flows.governance.changes import State
from saman.flows.governance.sight import AGREEMENTS, PARTIES, PATHWAYS, RULES, SERVICES, UNREAD
from saman.kernel.outcome import Issue, Refusal

SENTENCES: Mapping[str, str] = MappingProxyType(
    {
        "changes.name": mark(
            "A file of a region is called such as agreements.yaml or services/safety-alarm.yaml, in small letters."
        ),
        "changes.too-long": mark("%(place)s: the file or this line is too long. Nothing was kept."),
        "changes.strange": mark("%(place)s: there is a sign here that no text may hold. Nothing was kept."),
        "changes.too-deep": mark("%(place)s: too many levels within each other. Nothing was kept."),
        "changes.too-many": mark("One proposal changes at most twenty files. Make another one."),
        "changes.subject": mark("Say in a few words what the proposal is about."),
        "changes.reason": mark("Say why."),
        "changes.words": mark("This is too long. Write less."),
        "changes.closed": mark("This proposal is closed. Make a new one."),
        "changes.clash": mark("Both changed the same lines. Open the file, and put them together by hand."),
        "changes.not-applied": mark("Only what was applied can be undone."),
        "changes.comment": mark("Write a comment of at most 2000 letters."),
        "changes.comments": mark("No more can be said here. Talk to each other."),
        "changes.own": mark("Somebody else has to approve this: you wrote it."),
        "changes.unready": mark("Something is wrong with the files, or they have changed since. Put that right first."),
        "changes.turn": mark("Another proposal is being applied. Try again when that is done."),
        "changes.second": mark("This touches who may see what: a second person has to approve it first."),
    }
)
"""Sentence of each key; a key that is not here keeps its English text."""

STATES: Mapping[State, tuple[str, str]] = MappingProxyType(
    {
        State.OPEN: ("waiting", mark("not decided yet")),
        State.WITHDRAWN: ("todo", mark("withdrawn")),
        State.APPLYING: ("overdue", mark("begun and broken off: apply it again")),
        State.APPLIED: ("done", mark("applied")),
    }
)
"""Shape and words of how far a proposal has come."""

SIGHT: Mapping[str, str] = MappingProxyType(
    {
        RULES: mark("the rules of access themselves"),
        AGREEMENTS: mark("agreements: who takes part, which services, who may do what, on which legal ground"),
        PARTIES: mark("which unit belongs to which organisation, and which roles its people hold"),
        SERVICES: mark("what roles do in a service, and which data goes from whom to whom"),
        PATHWAYS: mark("who takes part in a pathway, and which data goes from whom to whom"),
        UNREAD: mark("the files cannot be read as they are, so it cannot be told"),
    }
)

PARTS: Mapping[str, str] = MappingProxyType(
    {
        "Region": mark("Region"),
        "Party": mark("Party"),
        "Agreement": mark("Agreement"),
        "Body": mark("Body"),
        "Shared goal": mark("Shared goal"),
        "Service": mark("Service"),
        "Pathway": mark("Pathway"),
        "Questionnaire": mark("Questionnaire"),
        "Indicator": mark("Indicator"),
        "Project": mark("Project"),
        "Lesson": mark("Lesson"),
    }
)

HOLDS: Mapping[str, str] = MappingProxyType(
    {
        "access": mark("What agreements add to who may see what"),
        "agreements": mark("Agreements: who signed, which services, mandates, from when to when"),
        "governance": mark("Bodies that decide together, and shared goals"),
        "indicators": mark("What is counted, over what, from where"),
        "parties": mark("Organisations and units with their places, roles and hours"),
        "portfolio": mark("Projects and lessons"),
        "region": mark("The region itself: languages, places, facts and sources"),
        "services": mark("A service"),
        "pathways": mark("A pathway"),
        "questionnaires": mark("Questions that are asked"),
    }
)
"""What a file holds, by its name or folder."""


def worded(refusal: Refusal) -> Refusal:
    """The refusal with sentences in the place of keys."""
    return Refusal(refusal.kind, tuple(_worded(issue) for issue in refusal.issues))


def _worded(issue: Issue) -> Issue:
    if " " in issue.key:
        return issue
    if issue.key == "meetings.required":
        return msgspec.structs.replace(issue, key=words.EMPTY.get(issue.path, ""))
    known = {**words.SENTENCES, **SENTENCES, **meetings_words.SENTENCES}
    return msgspec.structs.replace(issue, key=known.get(issue.key, ""))
