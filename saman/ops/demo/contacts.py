"""What goes on around people on the day of loading: visits in every state, wishes, messages, booked contacts."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from saman.kernel.clock import instant
from saman.ops.demo.bundle import post, put, urn
from saman.ops.demo.hours import iso
from saman.ops.demo.local import CENTRE
from saman.ops.demo.marks import COMMUNICATION_SYSTEM, HAND_MADE, MODE_SYSTEM, Resource, concept, mark, reference, words
from saman.ops.demo.profile import Person, Words
from saman.ops.demo.setting import Setting
from saman.ops.demo.staff import on_duty, roster
from saman.ops.demo.work import accepted, contact_wish, declined, entry, home_visit, task, visited

People = dict[str, Person]


def story_entries(people: People, setting: Setting) -> Iterator[Resource]:
    """Everything that is going on, in the order of the functions below."""
    yield from _visits(people, setting)
    yield from _wishes(people, setting)
    yield from _messages(people, setting)
    yield from _appointments(people, setting)


def _last(setting: Setting, clock: str) -> datetime:
    """The latest time before now at which the clock showed `clock`."""
    moment = setting.at(0, clock)
    return moment if moment <= setting.now else setting.at(-1, clock)


def _waiting(setting: Setting, clock: str) -> datetime:
    """As `_last`, or half an hour ago where the time to answer that would be over: nothing starts overdue."""
    moment = _last(setting, clock)
    return moment if setting.hours.due(moment) > setting.now else setting.now - timedelta(minutes=35)


def _visits(people: People, setting: Setting) -> Iterator[Resource]:
    yield entry(_visit_without_answer(people["einar-kleivset"], setting), "einar visit")
    yield entry(_visit_just_asked(people["olav-tveit"], setting), "olav visit")
    yield entry(_visit_agreed(people["tarjei-nordbo"], setting), "tarjei visit")
    yield entry(_visit_declined(people["torbjorn-aas"], setting), "torbjorn visit")
    yield entry(_visit_done(people["ingrid-aasen"], setting), "ingrid visit")
    yield entry(_visit_done_twice_told(people["berit-sorensen"], setting), "berit visit")


def _visit_without_answer(person: Person, setting: Setting) -> Resource:
    """Asked for so long ago that the answer is overdue on every day of loading."""
    authored = setting.at_work(-2, "13:40")
    text = {"en": "Please look at the ulcer on his left leg.", "nb": "Se til såret på venstre legg."}
    return home_visit(person, authored, authored + timedelta(hours=24), authored + timedelta(hours=48), text)


def _visit_just_asked(person: Person, setting: Setting) -> Resource:
    authored, due = setting.now - timedelta(minutes=50), setting.now + timedelta(minutes=70)
    if not setting.hours.is_open(authored):
        authored = setting.at_work(-1, "15:05")
    text = {
        "en": "Pulse has risen over some days. Please count it by hand and ask how he feels.",
        "nb": "Pulsen har steget over noen dager. Tell den for hånd og hør hvordan det går.",
    }
    return home_visit(person, authored, due, due + timedelta(hours=4), text)


def _visit_agreed(person: Person, setting: Setting) -> Resource:
    asked = setting.at_work(-1, "10:05")
    visit = setting.at((setting.hours.next_workday(setting.today) - setting.today).days, "11:00")
    text = {"en": "The scale shows nothing. Please bring batteries.", "nb": "Vekta viser ingenting. Ta med batterier."}
    asked_for = home_visit(person, asked, asked + timedelta(hours=4), visit, text)
    return accepted(asked_for, person, visit, asked + timedelta(hours=1))


def _visit_declined(person: Person, setting: Setting) -> Resource:
    asked = setting.at_work(-8, "11:20")
    text = {"en": "Please check his blood sugar at home.", "nb": "Kontroller blodsukkeret hjemme."}
    why = {
        "en": "He is at the GP today and has it done there.",
        "nb": "Han er hos fastlegen i dag og får det gjort der.",
    }
    return declined(
        home_visit(person, asked, asked + timedelta(hours=4), asked + timedelta(hours=8), text),
        why,
        asked + timedelta(minutes=40),
    )


def _visit_done(person: Person, setting: Setting) -> Resource:
    asked = setting.at_work(-34, "09:10")
    text = {
        "en": "Swollen ankles for two days. Please look and measure.",
        "nb": "Hovne ankler i to dager. Se til og mål.",
    }
    told = {
        "en": "Ankles a little swollen, no pain. Stockings were too loose; new size ordered. She feels well.",
        "nb": "Litt hovne ankler, ingen smerter. Strømpene var for løse; ny størrelse bestilt. Hun har det bra.",
    }
    asked_for = home_visit(person, asked, asked + timedelta(hours=2), asked + timedelta(hours=6), text)
    return visited(asked_for, person, asked + timedelta(hours=4), told)


def _visit_done_twice_told(person: Person, setting: Setting) -> Resource:
    asked = setting.at_work(-29, "08:40")
    text = {
        "en": "Cold and more phlegm. Please see how she breathes.",
        "nb": "Forkjølet og mer slim. Se hvordan hun puster.",
    }
    told = {"en": "Breathes calmly, oxygen 92. Knows her plan.", "nb": "Puster rolig, oksygen 92. Kan planen sin."}
    asked_for = home_visit(person, asked, asked + timedelta(hours=4), asked + timedelta(hours=8), text)
    return visited(asked_for, person, asked + timedelta(hours=3), told)


def _wishes(people: People, setting: Setting) -> Iterator[Resource]:
    dose = {"en": "Unsure about the new dose", "nb": "Usikker på den nye dosen"}
    join = {"en": "Would like my son to join", "nb": "Vil gjerne ha med sønnen min"}
    yield contact_wish(people["solveig-knutsen"], "phone", dose, _waiting(setting, "20:11"), setting)
    yield contact_wish(people["torbjorn-aas"], "video", join, _waiting(setting, "07:02"), setting)


def message(person: Person, sender: str, recipient: str, text: Words, sent: datetime) -> Resource:
    """A message between a citizen and staff; whoever opens it writes when (`received`)."""
    return {
        "resourceType": "Communication",
        "status": "completed",
        "category": [concept(COMMUNICATION_SYSTEM, "message")],
        "subject": reference(person.patient),
        "sent": iso(sent),
        "recipient": [reference(recipient)],
        "sender": reference(sender),
        "payload": [words("contentString", text)],
    }


def _messages(people: People, setting: Setting) -> Iterator[Resource]:
    yield from _ingrids_letters(people["ingrid-aasen"], setting)
    olav, nurse = people["olav-tveit"], roster()["hanne-dahl"]
    text = {
        "en": "Your numbers look steady. Do you still take the tablet every morning?",
        "nb": "Tallene dine ser jevne ut. Tar du fortsatt tabletten hver morgen?",
    }
    yield _post(
        message(olav, nurse.practitioner_role, olav.patient, text, setting.at_work(-4, "09:50")), "olav unopened"
    )
    yield from _question_to_centre(people["berit-sorensen"], setting)


def _ingrids_letters(ingrid: Person, setting: Setting) -> Iterator[Resource]:
    silje = roster()["silje-haugen"].practitioner_role
    sleeps = {
        "en": "I read of bad nights and more phlegm. Follow the yellow step of your plan, and write how it goes.",
        "nb": "Jeg leste om dårlige netter og mer slim. Følg det gule trinnet i planen, og skriv hvordan det går.",
    }
    thanks = {"en": "Thank you, I will try that.", "nb": "Takk, det skal jeg prøve."}
    ankles = {
        "en": "Thank you for the numbers. How are your ankles now?",
        "nb": "Takk for tallene. Hvordan er anklene dine nå?",
    }
    first = message(ingrid, silje, ingrid.patient, sleeps, setting.at_work(-6, "09:15"))
    first["received"] = iso(setting.at_work(-6, "10:02"))
    yield _post(first, "ingrid first")
    second = message(ingrid, ingrid.patient, f"Organization/{CENTRE}", thanks, setting.at_work(-6, "10:05"))
    second["inResponseTo"] = [reference(urn("message ingrid first"))]
    second["received"] = iso(setting.at_work(-6, "10:40"))
    yield _post(second, "ingrid second")
    yield _post(message(ingrid, silje, ingrid.patient, ankles, setting.at_work(-2, "11:05")), "ingrid third")


def _question_to_centre(berit: Person, setting: Setting) -> Iterator[Resource]:
    asked = {"en": "Can I measure in the evening on choir days?", "nb": "Kan jeg måle om kvelden på kordager?"}
    sent = _waiting(setting, "19:25")
    yield _post(message(berit, berit.patient, f"Organization/{CENTRE}", asked, sent), "berit asks")
    made = task("message", berit, sent, setting.hours.due(sent))
    made |= {"focus": reference(urn("message berit asks")), "requester": reference(berit.patient)}
    yield entry(made, "berit asks")


def _post(resource: Resource, name: str) -> Resource:
    return post(mark(resource, HAND_MADE), urn(f"message {name}"))


def _appointments(people: People, setting: Setting) -> Iterator[Resource]:
    ingrid, silje = people["ingrid-aasen"], roster()["silje-haugen"]
    gp = on_duty("general-practitioner", "grimstad")
    soon = (setting.hours.next_workday(setting.today) - setting.today).days
    shower_day = next(offset for offset in range(1, 8) if setting.day(offset).weekday() in (1, 4))
    later = (setting.hours.next_workday(setting.day(9)) - setting.today).days
    video = {"en": "Video with Silje Haugen, nurse", "nb": "Video med Silje Haugen, sykepleier"}
    shower = {"en": "Help with shower and support stockings", "nb": "Hjelp til dusj og støttestrømper"}
    clinic = {
        "en": "At the clinic with Dr Per Nilsen. Transport is booked.",
        "nb": "På legekontoret hos dr. Per Nilsen. Transport er bestilt.",
    }
    people_in = [ingrid.patient, silje.practitioner_role, "RelatedPerson/kari-aasen"]
    yield _appointment("ingrid-aasen-video", "video", video, setting.at(soon, "10:00"), 20, people_in)
    nurse = on_duty("home-care-worker", "grimstad").practitioner_role
    yield _appointment(
        "ingrid-aasen-home", "home", shower, setting.at(shower_day, "08:30"), 60, [ingrid.patient, nurse]
    )
    people_in = [ingrid.patient, gp.practitioner_role]
    yield _appointment("ingrid-aasen-clinic", "clinic", clinic, setting.at(later, "13:15"), 30, people_in)
    randi, geir = people["randi-eikeland"], roster()["geir-vik"]
    coffee = {"en": "Coffee with Geir, visiting friend", "nb": "Kaffe med Geir, besøksvenn"}
    people_in = [randi.patient, geir.practitioner_role]
    yield _appointment("randi-eikeland-friend", "home", coffee, setting.at(soon, "12:00"), 90, people_in)


def _appointment(identity: str, mode: str, text: Words, start: datetime, minutes: int, actors: list[str]) -> Resource:
    resource: Resource = {
        "resourceType": "Appointment",
        "id": identity,
        "status": "booked",
        "appointmentType": concept(MODE_SYSTEM, mode),
        **words("description", text),
        "start": instant(start),
        "end": instant(start + timedelta(minutes=minutes)),
        "minutesDuration": minutes,
        "participant": [{"actor": reference(actor), "status": "accepted"} for actor in actors],
    }
    return put(mark(resource, HAND_MADE))
