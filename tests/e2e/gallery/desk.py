"""A citizen's desk with made-up content, for pictures and for tests of the pages alone."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date, timedelta

from saman.apps.citizen import log_views, questions, report, sharing_views, views
from saman.apps.citizen.views import Answer
from saman.apps.ui.locales import Words
from saman.apps.ui.readings import Note
from saman.apps.ui.views import Help
from saman.kernel.outcome import Kind, Refusal, refused
from saman.model.access import Domain

from .content import (
    ANSWERED_QUESTION,
    AROUND,
    BOUNDS,
    CODES,
    CONTACTS,
    ENTRIES,
    GOALS,
    GROUPED,
    HELP,
    LETTERS,
    MACHINE,
    MARTE,
    NOW,
    PLAN_ROWS,
    QUESTION,
    READER,
    REPLY,
    SAID,
    SELF_TREATMENT,
    STEPS,
    URGENT,
    D,
)
from .people import Person
from .sharing import CHILD, LOOKED_AT, NOBODY, OWN_LOOKS, SHARING, WITH
from .simulated import simulated


class DeskFixture:
    """One citizen's desk, in the reader's language where the pages have words for it."""

    def __init__(self, person: Person, words: Words) -> None:
        self.person, self.words = person, words

    async def help(self) -> Help:
        return HELP

    def measures(self) -> bool:
        return True

    def _broken(self) -> Refusal | None:
        return (
            refused(Kind.UNAVAILABLE, "transient", "The record cannot be reached just now")
            if self.person.broken
            else None
        )

    async def today(self) -> views.Today | Refusal:
        if self.person.broken:
            return self._broken()  # type: ignore[return-value]
        items = tuple(
            views.AskedItem(icon=one.icon, name=one.name, note="SpO₂" if one.id == "spo2" else "")
            for one in self._questions()[:4]
        )
        items += (views.AskedItem(icon="ask", name="Tre spørsmål om hvordan du har det"),)
        asked = views.Asked(
            title="Mål og svar",
            items=items,
            minutes=5,
            answered=len(self.person.answers),
            total=len(CODES),
            reader=READER,
        )
        done = bool(self.person.sent) or self.person.empty
        if self.person.empty:
            return views.Today(
                given_name="Ingrid",
                asked=None,
                next_report=date(2026, 11, 23),
                latest=None,
                contacts=(),
                messages=(),
                people=(),
            )
        return views.Today(
            given_name="Ingrid",
            asked=None if done else asked,
            next_report=date(2026, 11, 23),
            opened=(
                views.OpenedNews(
                    id="n1",
                    who="Lege på vakt",
                    unit="Legevakten i Arendal",
                    since=NOW - timedelta(hours=20),
                    until=NOW - timedelta(hours=19),
                    reason="Hun var ikke ved bevissthet, og vi måtte vite hva hun tar.",
                    look="41",
                    at="2026-11-20T12:00:00+00:00",
                ),
            ),
            news=(views.LookNews(who="Lege på vakt", unit="Legevakten i Arendal", when=NOW - timedelta(hours=36)),),
            latest=views.ReportState(id="r1", sent=NOW - timedelta(days=4), answered=False, late=False),
            contacts=CONTACTS,
            messages=LETTERS,
            people=AROUND,
        )

    async def is_asked(self) -> bool:
        return False

    async def plan(self) -> views.Plan | Refusal:
        if self.person.empty:
            return views.Plan(goals=(), items=(), coordinator=None, self_treatment=False)
        items = tuple(
            views.PlanItem(
                id=name,
                side=side,
                what=what,
                who=who,
                rhythm=rhythm,
                answer=self.person.item_answers.get(name, answer),
                answered_on=date(2026, 9, 3),  # type: ignore[arg-type]
            )
            for name, side, what, who, rhythm, answer in PLAN_ROWS
        )
        return views.Plan(
            goals=GOALS,
            items=items,
            coordinator=MARTE,
            self_treatment=True,
            plan_name="individuell plan",
            agreed_on=date(2026, 6, 4),
        )

    async def answer_item(self, item: str, answer: views.OwnAnswer) -> Refusal | None:
        self.person.item_answers[item] = answer
        return None

    def _questions(self) -> tuple[views.Question, ...]:
        asked = [questions.question(code, self.words, BOUNDS) for code in CODES]
        last = {"spo2": ("91",), "pulse": ("84",), "weight": ("71.4",), "blood-pressure": ("136", "80")}
        return tuple(
            views.Question(
                **{
                    name: getattr(one, name)
                    for name in ("id", "icon", "name", "text", "hint", "advice", "parts", "options")
                },
                last=Answer(values=tuple(map(D, last[one.id]))) if one.id in last else Answer(choice="usual"),
                last_on=date(2026, 11, 18),
            )
            for one in asked
        )

    async def draft(self) -> views.Draft | Refusal:
        return views.Draft(
            id=self.person.draft_id,
            questions=self._questions(),
            answers=dict(self.person.answers),
            reader=READER,
            receiver="telemedisinsk sentral",
            self_treatment=True,
        )

    async def keep(self, draft: str, answers: Mapping[str, Answer]) -> Refusal | None:
        if draft != self.person.draft_id:
            return refused(Kind.CONFLICT, "conflict", "The draft was sent already")
        self.person.answers.update(answers)
        return None

    async def send(self, draft: str, comment: str) -> views.Receipt | Refusal:
        before = self.person.sent.get(draft)
        if before is not None:
            return views.Receipt(
                report=before.report, sent=before.sent, reader=READER, self_treatment=True, already=True
            )
        missing = [code for code in CODES if code not in self.person.answers]
        if missing:
            return report.unanswered(missing[0])
        receipt = views.Receipt(report=f"r-{draft}", sent=NOW, reader=READER, self_treatment=True)
        self.person.sent[draft] = receipt
        self.person.comment = comment
        self.person.answers = {}
        self.person.number += 1
        return receipt

    async def receipt(self) -> views.Receipt | Refusal:
        if not self.person.sent:
            return refused(Kind.NOT_FOUND, "not-found", "Nothing was sent")
        return list(self.person.sent.values())[-1]

    async def readings(self) -> views.Readings | Refusal:
        if self.person.empty:
            return views.Readings(measures=())
        limit = views.OwnLimit(shown="90 eller høyere", set_by="Per Nilsen", set_on=date(2026, 9, 3))
        latest = {
            "spo2": views.Latest(shown="88 %", when=NOW, outside="under"),
            "pulse": views.Latest(shown="96", when=NOW),
            "weight": views.Latest(shown=f"{self.words.number(D('71.8'))} kg", when=NOW, outside="over"),
        }
        return views.Readings(
            measures=tuple(
                views.ReadingLine(
                    code=one.id,
                    icon=one.icon,
                    name=one.name,
                    latest=latest.get(one.id),
                    limit=limit if one.id == "spo2" else None,
                )
                for one in self._questions()[:4]
            )
        )

    async def trend(self, measure: str) -> views.Trend | Refusal:
        found = {one.id: one for one in self._questions()[:4]}
        if measure not in found:
            return refused(Kind.NOT_FOUND, "not-found", "There is no such measure")
        last = date(2026, 11, 20)
        first = last - timedelta(days=89)
        others = tuple((code, one.name) for code, one in found.items())
        if self.person.empty:
            return views.Trend(
                code=measure,
                name=found[measure].name,
                unit="%",
                others=others,
                latest=None,
                series=(),
                limit=None,
                first=first,
                last=last,
            )
        series = simulated(measure, first, last)
        values = "/".join(self.words.number(one.points[-1].value) for one in series)
        limit = (
            views.OwnLimit(
                shown="90 eller høyere",
                set_by="Per Nilsen",
                set_on=date(2026, 9, 3),
                reason="Du har hatt 92 til 95 på gode dager.",
            )
            if measure == "spo2"
            else None
        )
        return views.Trend(
            code=measure,
            name=found[measure].name,
            unit=found[measure].parts[0].unit,
            others=others,
            latest=views.Latest(
                shown=f"{values} {found[measure].parts[0].unit}", when=NOW, outside="under" if measure == "spo2" else ""
            ),
            series=series,
            limit=limit,
            first=first,
            last=last,
            comments=(
                views.Comment(note=Note(date(2026, 10, 4), "Hos søsteren min, måleren hjemme")),
                views.Comment(
                    note=Note(date(2026, 11, 17), "Dårlige netter, mer slim"), reply="Silje svarte 18. november."
                ),
            ),
        )

    async def self_treatment(self) -> views.SelfTreatment | Refusal:
        return SELF_TREATMENT

    async def thread(self) -> views.Thread | Refusal:
        said = () if self.person.empty else SAID
        mine = tuple(
            views.Message(sender="Ingrid Aasen", initials="IA", mine=True, when=NOW, text=text)
            for text in self.person.messages.values()
        )
        return views.Thread(
            counterpart="Telemedisinsk sentral",
            messages=said + mine,
            reader=READER,
            key=f"m{len(self.person.messages)}",
        )

    async def write(self, key: str, text: str) -> Refusal | None:
        self.person.messages.setdefault(key, text)
        return None

    async def access_log(self, asked: log_views.LogAsked) -> log_views.AccessLog | Refusal:
        if self.person.empty:
            return log_views.AccessLog(days=(), asked=asked, since=NOW - timedelta(days=1095))
        days = (
            log_views.LogDay(day=date(2026, 11, 20), entries=ENTRIES, grouped=GROUPED, machine=MACHINE),
            log_views.LogDay(day=date(2026, 11, 19), entries=(URGENT,)),
        )
        return log_views.AccessLog(
            days=days,
            asked=asked,
            since=NOW - timedelta(days=1095),
            parties=(("centre", "Telemedisinsk sentral"), ("home", "Hjemmesykepleien, Grimstad")),
            earlier=NOW - timedelta(days=30),
            with_reason=NOW - timedelta(days=4380),
            named=False,
            questions=(QUESTION.line, ANSWERED_QUESTION.line),
        )

    async def ask_about(self, entry: str, at: str, words: str) -> str | Refusal:
        return QUESTION.line.id

    async def read_notice(self, notice: str) -> Refusal | None:
        return None

    async def choose_notices(self, wish: str) -> Refusal | None:
        return None

    async def give_reason(self, reason: str) -> str | Refusal:
        return "sealed"

    async def question(self, id: str) -> log_views.LogQuestion | Refusal:
        found = {one.line.id: one for one in (QUESTION, ANSWERED_QUESTION)}
        return found.get(id) or refused(Kind.NOT_FOUND, "not-found", "There is no such question.")

    async def sharing(self) -> sharing_views.Sharing | Refusal:
        return NOBODY if self.person.empty else SHARING

    async def child_sharing(self) -> sharing_views.ChildSharing | Refusal:
        return CHILD

    async def sharing_with(self, party: str, chosen: Collection[Domain] | None) -> sharing_views.SharingWith | Refusal:
        return WITH if chosen is None else LOOKED_AT

    async def say_no(self, party: str, chosen: Collection[Domain]) -> Refusal | None:
        return None

    async def take_back(self, no: str) -> Refusal | None:
        return None

    async def acting(self) -> sharing_views.Acting | None:
        return None

    async def own_looks(self) -> sharing_views.OwnLooks | Refusal:
        return OWN_LOOKS

    async def share_with(self, id: str, version: int, scopes: Collection[str], last: date | None) -> Refusal | None:
        return None

    async def end_sharing(self, id: str, version: int) -> Refusal | None:
        return None

    async def share_again(self, id: str, version: int) -> Refusal | None:
        return None

    async def happened(self, report: str | None) -> views.Happened | Refusal:
        if self.person.empty:
            return refused(Kind.NOT_FOUND, "not-found", "No report was sent")
        late = report == "late"
        rows = tuple(
            (one.name, value)
            for one, value in zip(self._questions(), ("88 %", "96", "71,8 kg", "138/82 mmHg"), strict=False)
        )
        earlier = tuple(
            views.ReportState(id=f"r{n}", sent=NOW - timedelta(days=4 + 2 * n), answered=True, late=False)
            for n in (2, 3)
        )
        return views.Happened(
            report=report or "r1",
            sent=NOW - timedelta(days=4),
            rows=rows,
            comment="Litt tyngre å puste.",
            steps=STEPS,
            reply=None if late else REPLY,
            late=late,
            reminded=self.person.reminded,
            earlier=earlier,
        )

    async def not_heard_back(self, report: str) -> Refusal | None:
        self.person.reminded = True
        return None
