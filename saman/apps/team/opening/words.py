"""What the pages of openings say of ties, of ways that would open something, of grounds and of refusals."""

from __future__ import annotations

from types import MappingProxyType

from saman.apps.ui.locales import mark
from saman.model.access import RelationKind

TIES = MappingProxyType(
    {
        RelationKind.CONSENT: mark("The person has consented to it."),
        RelationKind.OPENING: mark("You opened it, and gave a reason."),
    }
)
"""Ties beside those that a person's page tells of."""
TIE = mark("Your unit has a part in the person's care.")

ASK_PERSON = mark(
    "It opens when the person asks your unit, is referred to it, or takes it into the care team. "
    "The coordinator can do that with them."
)
ASK_CONSENT = mark("It opens when the person consents. Ask them; they can say it on their own page.")
ASK_OTHERS = mark("Nothing opens it to your role. Ask somebody whose task it is, and who sees it.")
ASK_AGREEMENT = mark("It opens when the organisations agree in writing. Ask your leader.")
NOT_BY_CARE = mark("It stays closed whatever the tie. An emergency does not open it either.")

WAYS = MappingProxyType(
    {
        "access.why_not.role": ASK_OTHERS,
        "access.why_not.purpose": ASK_OTHERS,
        "access.why_not.domain": ASK_OTHERS,
        "access.why_not.in_force": ASK_OTHERS,
        "access.why_not.tie": ASK_PERSON,
        "access.why_not.time": ASK_PERSON,
        "access.why_not.age": ASK_OTHERS,
        "access.why_not.also": ASK_CONSENT,
        "access.why_not.agreement": ASK_AGREEMENT,
    }
)
"""What would lawfully open something, by the reason for which it is closed."""

HIDDEN = mark(
    "Whether the person has restricted anything cannot be seen here. It looks the same as if nothing was there."
)
NOTHING = mark("The person has restricted nothing that your unit would see otherwise.")
SOMETHING = mark("The person has restricted something that your unit would see otherwise.")

GROUNDS = MappingProxyType(
    {
        "consent": mark("The person has agreed, here and now"),
        "incapable_and_needed": mark("The person cannot decide, and it is absolutely needed for their care"),
        "weighty_reasons": mark("There are weighty reasons"),
        "overriding_interest": mark("An interest of the person or of others weighs more"),
        "statutory_right": mark("A law gives me the right to know it"),
        "needed_for_treatment": mark("It is necessary for the treatment"),
        "vital_interests": mark("Life or health is in danger"),
    }
)
"""The grounds of the country's rows (R08), as the one who opens says them."""

TO_US = mark("closed to your own unit")
TO_UNITS = mark("closed to other units of your own organisation")
TO_OTHERS = mark("closed to other organisations")
ONLY_OF = mark("Only what %(unit)s holds")
ALL_OF_IT = mark("All that the person has restricted")

LOGGED = mark("It is written in the log, with your name, the ground and your reason. The person can read it.")
REVIEWED = mark("A log reviewer at %(unit)s goes through it by %(moment)s, never you yourself.")
INFORMED = mark("The person is told at once, on their own first page.")
NOT_INFORMED = mark("No notice is sent to the person, unless they have asked to be told.")
NATIONAL = mark("The law asks for it to be shown in the national log as well. That is not done from here.")
ALONE = mark("It opens for you alone, not for your unit.")

EMERGENCY_NOTICE = mark("A professional opened your information in an emergency. Your log says who, when and why.")
"""What the person is told of an emergency, as `saman.flows.opening.emergency` has it."""

NOTICE = mark(
    "Information about you that you have restricted was opened by a professional. Your log says who, when and why."
)
"""What the person is told, as `saman.flows.opening.opening` has it."""

SENTENCES = MappingProxyType(
    {
        "opening.ground": mark("Choose the ground."),
        "opening.reason": mark("Write why, in a sentence of at least 10 and at most 1000 letters."),
        "opening.until": mark("Choose for how long. It cannot be longer than the list says."),
        "emergency.number": mark("Write the whole identity number, as it stands on a card or in the register."),
        "emergency.nobody": mark(
            "Nobody was opened by that number. Check it. If it is right, the person is not in this record or cannot be "
            "opened from here: call the unit that follows them, or your own duty number."
        ),
        "emergency.again": mark("The first step was too long ago or about something else. Say it again."),
        "opening.holder": mark("Choose whose data to open, among those that the first step named."),
        "opening.step": mark("The first step was not taken, or more than an hour ago. Take it again."),
        "opening.often": mark("You have opened five times within an hour. Call whoever is responsible at your unit."),
        "opening.nothing": mark("The person has restricted nothing that your unit would see otherwise."),
        "opening.never": mark("What is restricted cannot be opened here."),
        "opening.not-yours": mark("Only professionals open what is restricted."),
    }
)
"""Sentences of refusals by their keys."""
