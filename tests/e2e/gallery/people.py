"""A citizen's desk with made-up content, for pictures and for tests of the pages alone."""

from __future__ import annotations

import random
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from saman.apps.citizen import questions, report, views
from saman.apps.citizen.questions import Bounds
from saman.apps.citizen.views import Answer, Range
from saman.apps.ui.locales import Words
from saman.apps.ui.readings import Limit, Note, Point, Series
from saman.apps.ui.views import Contact, Help, PhoneNumber, Reader, Step
from saman.kernel.outcome import Kind, Refusal, refused

NOW = datetime(2026, 11, 20, 14, 40, tzinfo=UTC)
MONDAY = datetime(2026, 11, 23, 7, 0, tzinfo=UTC)
READER = Reader("Sykepleier ved telemedisinsk sentral", MONDAY, MONDAY + timedelta(hours=4), open_now=False)
HELP = Help(
    PhoneNumber("113", "113"),
    PhoneNumber("116117", "116 117"),
    Contact("Marte Olsen", "+4700000000", "00 00 00 00", "Hverdager 08–15."),
)
D = Decimal


def _range(low: str | None, high: str | None) -> Range:
    return Range(low=D(low) if low else None, high=D(high) if high else None)


BOUNDS = {
    "spo2": Bounds(_range("0", "100"), _range("50", "100"), _range("85", "100")),
    "pulse": Bounds(_range("10", "400"), _range("20", "260"), _range("50", "120")),
    "weight": Bounds(_range("2", "400"), _range("20", "350"), _range("69", "74")),
    "systolic": Bounds(_range("20", "400"), _range("50", "300"), _range("100", "180")),
    "diastolic": Bounds(_range("10", "300"), _range("30", "200"), _range("50", "110")),
}
CODES = ("spo2", "pulse", "weight", "blood-pressure", "breathing", "phlegm", "swelling")
MARTE = views.PersonAround(
    name="Marte Olsen",
    initials="MO",
    what="Koordinatoren din, Grimstad kommune.",
    side="social",
    dial="+4700000000",
    hours="Hverdager 08–15.",
)
STEPS = (
    Step("done", "Du sendte rapporten", "", NOW - timedelta(days=4)),
    Step(
        "done",
        "Lest av sykepleier",
        "Silje Haugen, telemedisinsk sentral",
        NOW - timedelta(days=4) + timedelta(hours=2),
    ),
    Step(
        "done", "Bedt om hjemmebesøk", "Hjemmesykepleien i Grimstad skal svare innen klokka 12", NOW - timedelta(days=3)
    ),
    Step("at", "Hjemmesykepleien kommer", "Mellom 08:30 og 09:30", NOW + timedelta(days=1)),
    Step("todo", "Svar til deg"),
)


ANSWERED = {
    "spo2": Answer(values=(D(78),), confirmed=True),
    "pulse": Answer(values=(D(96),)),
    "weight": Answer(values=(D("71.8"),)),
    "blood-pressure": Answer(not_today=True),
    "breathing": Answer(choice="little-worse"),
    "phlegm": Answer(choice="usual"),
    "swelling": Answer(choice="usual"),
}
SENT = views.Receipt(report="r1", sent=NOW, reader=READER, self_treatment=True)


class Person:
    """What one made-up citizen has; kept between requests so that a test can report and look again."""

    def __init__(self) -> None:
        self.answers: dict[str, Answer] = {}
        self.number = 1
        self.sent: dict[str, views.Receipt] = {}
        self.comment = ""
        self.messages: dict[str, str] = {}
        self.item_answers: dict[str, views.OwnAnswer] = {}
        self.reminded = False
        self.empty = False
        self.broken = False

    @property
    def draft_id(self) -> str:
        return f"draft-{self.number}"


class FrontFixture:
    """The demo's people."""

    async def people(self, query: str) -> views.SignIn:
        everyone = {
            "Innbyggere": [
                ("Ingrid Aasen", "78 år, Grimstad"),
                ("Olav Tveit", "85 år, Froland"),
                ("Åse Bakken", "71 år, Risør"),
            ],
            "Telemedisinsk sentral": [("Silje Haugen", "Sykepleier, Kristiansand")],
            "Hjemmesykepleie": [("Nils Moen", "Sykepleier, Grimstad")],
            "Fastlege": [("Per Nilsen", "Fastlege, Grimstad")],
        }
        groups = []
        for role, people in everyone.items():
            found = [one for one in people if query.lower() in f"{one[0]} {one[1]} {role}".lower()]
            if found:
                shown = tuple(
                    views.DemoPerson(id=name.replace(" ", "-").lower(), name=name, detail=detail)
                    for name, detail in found
                )
                groups.append(views.PersonGroup(role=role, people=shown))
        return views.SignIn(
            groups=tuple(groups), query=query, total=sum(len(one.people) for one in groups) + (0 if query else 212)
        )


class DeskFixture:
    """One citizen's desk, in the reader's language where the pages have words for it."""

    def __init__(self, person: Person, words: Words) -> None:
        self.person, self.words = person, words

    async def help(self) -> Help:
        return HELP

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
            latest=views.ReportState(id="r1", sent=NOW - timedelta(days=4), answered=False, late=False),
            contacts=(
                views.ContactLine(
                    mode="video",
                    who="Silje Haugen, sykepleier",
                    start=MONDAY + timedelta(hours=2),
                    what="20 minutter. Datteren din er invitert.",
                ),
                views.ContactLine(
                    mode="home",
                    who="Hjemmesykepleien, Grimstad",
                    start=MONDAY + timedelta(hours=24),
                    until=MONDAY + timedelta(hours=25),
                    what="Hjelp til dusj og støttestrømper.",
                ),
                views.ContactLine(
                    mode="clinic",
                    who="Per Nilsen, fastlegen din",
                    start=datetime(2026, 12, 3, 12, 15, tzinfo=UTC),
                    what="Transport er bestilt.",
                ),
            ),
            messages=(
                views.MessageLine(
                    sender="Silje Haugen",
                    initials="SH",
                    excerpt="«Takk for tallene på onsdag. Vekten er stabil. Hvordan er anklene nå?»",
                ),
            ),
            people=(
                MARTE,
                views.PersonAround(
                    name="Silje Haugen",
                    initials="SH",
                    what="Sykepleier, telemedisinsk sentral. Leser rapportene dine.",
                    side="health",
                ),
                views.PersonAround(
                    name="Kari Aasen",
                    initials="KA",
                    what="Datteren din. Ser avtaler og meldinger, ikke målinger.",
                    side="kin",
                ),
            ),
        )

    async def plan(self) -> views.Plan | Refusal:
        if self.person.empty:
            return views.Plan(goals=(), items=(), coordinator=None, self_treatment=False)
        rows = (
            ("p1", "health", "Digital hjemmeoppfølging", "Telemedisinsk sentral", "mandag, onsdag og fredag", "wants"),
            ("p2", "social", "Hjelp til dusj", "Hjemmetjenesten, Grimstad", "to ganger i uka", "wants"),
            ("p3", "health", "Egenbehandlingsplan for kols", "Per Nilsen, fastlege", "", "could-not-say"),
            ("p4", "social", "Dagsenter", "Grimstad frivilligsentral", "torsdager", "not-asked"),
        )
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
            for name, side, what, who, rhythm, answer in rows
        )
        goals = (
            views.Goal(words="Jeg vil gå til brygga og tilbake uten å stoppe.", since=date(2026, 6, 4)),
            views.Goal(words="Jeg vil bo hjemme.", since=date(2026, 6, 4)),
        )
        return views.Plan(
            goals=goals,
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
        return views.SelfTreatment(
            title="Egenbehandlingsplan for kols",
            made_with="Per Nilsen, fastlege",
            made_on=date(2026, 9, 3),
            version="3",
            zones=(
                views.Zone(
                    level="usual",
                    title="Som vanlig",
                    signs=("Jeg puster som jeg pleier", "Jeg sover godt"),
                    actions=("Tar de faste medisinene", "Går en tur hver dag"),
                ),
                views.Zone(
                    level="worse",
                    title="Dårligere",
                    signs=("Tyngre pust enn vanlig i to dager", "Mer eller gult slim"),
                    actions=(
                        "Tar to ekstra drag av hurtigmedisin",
                        "Sender en rapport",
                        "Ringer fastlegen på en hverdag",
                    ),
                ),
                views.Zone(
                    level="emergency",
                    title="Mye dårligere",
                    signs=("Klarer ikke å snakke i hele setninger", "Blå lepper"),
                    actions=("Ringer med en gang",),
                ),
            ),
        )

    async def thread(self) -> views.Thread | Refusal:
        said = (
            ()
            if self.person.empty
            else (
                views.Message(
                    sender="Silje Haugen",
                    initials="SH",
                    mine=False,
                    when=NOW - timedelta(days=2),
                    text="Takk for tallene på onsdag. Vekten er stabil.\nHvordan er anklene nå?",
                ),
                views.Message(
                    sender="Ingrid Aasen",
                    initials="IA",
                    mine=True,
                    when=NOW - timedelta(days=1),
                    text="Litt hovne om kvelden.",
                    read=NOW - timedelta(hours=20),
                ),
            )
        )
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

    async def access_log(self, period: int) -> views.AccessLog | Refusal:
        if self.person.empty:
            return views.AccessLog(days=(), period=period)
        grounds = (
            "Du er med i digital hjemmeoppfølging, og sa ja 3. september.",
            "Sentralen skal lese rapportene dine. Det står i avtalen med kommunen.",
            "Loven gir innsyn når det trengs for å hjelpe deg.",
        )
        entries = (
            views.LogEntry(
                id="a1",
                who="Silje Haugen, sykepleier",
                initials="SH",
                side="health",
                unit="Telemedisinsk sentral",
                start=NOW - timedelta(hours=6),
                end=NOW - timedelta(hours=5, minutes=52),
                what="Leste rapporten din fra fredag, kurvene dine og egenbehandlingsplanen.",
                grounds=grounds,
            ),
            views.LogEntry(
                id="a2",
                who="Hjemmesykepleien, vakt",
                initials="HS",
                side="social",
                unit="Grimstad kommune",
                start=NOW - timedelta(hours=5),
                end=None,
                what="Åpnet forespørselen om hjemmebesøk og adressen din. Så ikke kurvene.",
                grounds=("De fikk en forespørsel om deg klokka 08:22.",),
            ),
        )
        urgent = views.LogEntry(
            id="a3",
            who="Lege på vakt",
            initials="LV",
            side="health",
            unit="Legevakten i Arendal",
            start=NOW - timedelta(hours=36),
            end=NOW - timedelta(hours=35, minutes=52),
            what="Leste sammendraget ditt.",
            emergency=True,
            reason="Ringte om tung pust. Trengte medisinlisten.",
            review="Slike åpninger blir alltid kontrollert. I orden.",
        )
        grouped = (
            views.ListReads(unit="Hjemmesykepleien, Grimstad", lists=3),
            views.ListReads(unit="Telemedisinsk sentral", lists=1, sendings=1),
        )
        days = (
            views.LogDay(day=date(2026, 11, 20), entries=entries, grouped=grouped),
            views.LogDay(day=date(2026, 11, 19), entries=(urgent,)),
        )
        return views.AccessLog(days=days, period=period)

    async def happened(self, report: str | None) -> views.Happened | Refusal:
        if self.person.empty:
            return refused(Kind.NOT_FOUND, "not-found", "No report was sent")
        late = report == "late"
        rows = tuple(
            (one.name, value)
            for one, value in zip(self._questions(), ("88 %", "96", "71,8 kg", "138/82 mmHg"), strict=False)
        )
        reply = views.Reply(
            sender="Silje Haugen, sykepleier",
            when=NOW - timedelta(days=3),
            text="Takk for rapporten. Jeg har bedt hjemmesykepleien komme innom deg.",
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
            reply=None if late else reply,
            late=late,
            reminded=self.person.reminded,
            earlier=earlier,
        )

    async def not_heard_back(self, report: str) -> Refusal | None:
        self.person.reminded = True
        return None


def simulated(measure: str, first: date, last: date) -> tuple[Series, ...]:
    """Ninety days of made-up readings by a stated rule: steady, a week away, worse in the last five days."""
    rng = random.Random(f"gallery {measure}")
    levels = {
        "spo2": ((93, 1, -1.2),),
        "pulse": ((76, 4, 4.5),),
        "weight": ((70, 0.3, 0.4),),
        "blood-pressure": ((132, 6, 1.0), (80, 4, 0.5)),
    }[measure]
    limits = {
        "spo2": ((Limit(low=D(90)),),),
        "pulse": ((Limit(high=D(100)),),),
        "weight": ((Limit(high=D("71.5")),),),
        "blood-pressure": ((Limit(high=D(150)),), ()),
    }[measure]
    series = []
    for (level, spread, drift), own in zip(levels, limits, strict=True):
        points = []
        for number in range((last - first).days + 1):
            day = first + timedelta(number)
            away = date(2026, 10, 1) <= day <= date(2026, 10, 7)
            if away or rng.random() < 0.06:
                continue
            value = rng.gauss(level, spread) + max(0, number - 84) * drift
            digits = D("0.1") if measure == "weight" else D(1)
            points.append(Point(datetime(day.year, day.month, day.day, 8, tzinfo=UTC), D(value).quantize(digits)))
        series.append(Series(tuple(points), own))
    return tuple(series)
