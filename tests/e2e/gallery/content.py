"""What the gallery's pages tell of: made up, in Norwegian as a region's own texts are."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from saman.apps.citizen import log_views, views
from saman.apps.citizen.questions import Bounds
from saman.apps.citizen.views import Answer, Range
from saman.apps.ui.views import Contact, Help, PhoneNumber, Reader, Step

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
CONTACTS = (
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
)
LETTERS = (
    views.MessageLine(
        sender="Silje Haugen",
        initials="SH",
        excerpt="«Takk for tallene på onsdag. Vekten er stabil. Hvordan er anklene nå?»",
    ),
)
AROUND = (
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
)
PLAN_ROWS = (
    ("p1", "health", "Digital hjemmeoppfølging", "Telemedisinsk sentral", "mandag, onsdag og fredag", "wants"),
    ("p2", "social", "Hjelp til dusj", "Hjemmetjenesten, Grimstad", "to ganger i uka", "wants"),
    ("p3", "health", "Egenbehandlingsplan for kols", "Per Nilsen, fastlege", "", "could-not-say"),
    ("p4", "social", "Dagsenter", "Grimstad frivilligsentral", "torsdager", "not-asked"),
)
GOALS = (
    views.Goal(words="Jeg vil gå til brygga og tilbake uten å stoppe.", since=date(2026, 6, 4)),
    views.Goal(words="Jeg vil bo hjemme.", since=date(2026, 6, 4)),
)
SELF_TREATMENT = views.SelfTreatment(
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
SAID = (
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
        read_by="Telemedisinsk sentral",
    ),
)
GROUNDS = (
    "Du er med i digital hjemmeoppfølging, og sa ja 3. september.",
    "Sentralen skal lese rapportene dine. Det står i avtalen med kommunen.",
    "Loven gir innsyn når det trengs for å hjelpe deg.",
)
ENTRIES = (
    log_views.LogEntry(
        id="a1",
        who="Silje Haugen, sykepleier",
        initials="SH",
        side="health",
        unit="Telemedisinsk sentral",
        start=NOW - timedelta(hours=6),
        end=NOW - timedelta(hours=5, minutes=52),
        what="Leste rapporten din fra fredag, kurvene dine og egenbehandlingsplanen.",
        at=NOW.isoformat(),
        steps=(
            log_views.LookStep(when=NOW - timedelta(hours=6), what="navn og adresse"),
            log_views.LookStep(when=NOW - timedelta(hours=5, minutes=52), what="målinger", shown=False),
        ),
        grounds=GROUNDS,
    ),
    log_views.LogEntry(
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
URGENT = log_views.LogEntry(
    id="a3",
    who="Lege på vakt",
    initials="LV",
    side="health",
    unit="Legevakten i Arendal",
    start=NOW - timedelta(hours=36),
    end=NOW - timedelta(hours=35, minutes=52),
    what="Leste sammendraget ditt.",
    emergency=True,
    question="q1",
    state="late",
    reason="Ringte om tung pust. Trengte medisinlisten.",
    review="Slike åpninger blir alltid kontrollert. I orden.",
)
QUESTION = log_views.LogQuestion(
    line=log_views.QuestionLine(
        id="q1", who="Lege på vakt", looked=NOW - timedelta(hours=36), state="late", due=NOW - timedelta(days=1)
    ),
    unit="Legevakten i Arendal",
    owner="Arendal kommune",
    phone="00 00 42 00",
    words="Jeg var ikke på legevakten denne kvelden.",
    asked=NOW - timedelta(days=15),
    days=10,
    with_officer=True,
)
ANSWERED_QUESTION = log_views.LogQuestion(
    line=log_views.QuestionLine(
        id="q2", who="Silje Haugen, sykepleier", looked=NOW - timedelta(days=9), state="answered", due=NOW
    ),
    unit="Telemedisinsk sentral",
    owner="Telemedisinsk sentral",
    phone="",
    words="",
    asked=NOW - timedelta(days=8),
    days=10,
    answer="Hun leste rapporten du sendte samme kveld. Det er arbeidet hennes.",
    answered=NOW - timedelta(days=7),
)
GROUPED = (
    log_views.ListReads(unit="Hjemmesykepleien, Grimstad", lists=3),
    log_views.ListReads(unit="Telemedisinsk sentral", lists=1),
)
MACHINE = (
    log_views.MachineAct(what="Navnet ditt ble slått opp for en innlogging.", times=1),
    log_views.MachineAct(what="Saman så etter om de avtalte målingene var kommet.", times=12),
    log_views.MachineAct(
        what="Datasystemet Laboratoriesvar leste opplysningene dine.", times=3, unit="Sørlandet sykehus HF"
    ),
)
REPLY = views.Reply(
    sender="Silje Haugen, sykepleier",
    when=NOW - timedelta(days=3),
    text="Takk for rapporten. Jeg har bedt hjemmesykepleien komme innom deg.",
)
