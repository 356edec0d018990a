"""How the pages ask for the common home measurements, in six languages.

A care model that words its own questions comes first; this is what a desk takes where it does not. Bounds are data of
the care model and are passed in.
"""

from __future__ import annotations

from typing import Final

import msgspec

from saman.apps.citizen.views import Part, Question, Range
from saman.apps.ui.locales import Words, mark


class Wording(msgspec.Struct, frozen=True):
    """Source strings of one question; `parts` are id, label, unit, digits and example of each number."""

    icon: str
    name: str
    text: str
    hint: str = ""
    advice: str = ""
    parts: tuple[tuple[str, str, str, int, str], ...] = ()
    options: tuple[tuple[str, str], ...] = ()


COMPARED: Final = (
    ("better", mark("Better")),
    ("usual", mark("As usual")),
    ("little-worse", mark("A little worse")),
    ("much-worse", mark("Much worse")),
)
WORDINGS: Final = {
    "spo2": Wording(
        "drop",
        mark("Oxygen in the blood"),
        mark("What does the finger meter show for oxygen?"),
        mark("The number marked SpO₂ or %%. Sit still for five minutes first."),
        mark("Cold fingers or nail varnish can give a wrong number. Warm your hand."),
        (("spo2", mark("Oxygen"), "%", 0, "94"),),
    ),
    "pulse": Wording(
        "heart",
        mark("Pulse"),
        mark("What does the meter show for pulse?"),
        mark("The number marked with a heart, PR or bpm."),
        "",
        (("pulse", mark("Pulse"), mark("beats a minute"), 0, "76"),),
    ),
    "weight": Wording(
        "scale",
        mark("Weight"),
        mark("What do you weigh this morning?"),
        mark("Before breakfast, after the toilet, in the same clothes as before."),
        "",
        (("weight", mark("Weight"), "kg", 1, "71.8"),),
    ),
    "blood-pressure": Wording(
        "cuff",
        mark("Blood pressure"),
        mark("What does the cuff show?"),
        mark("Sit for five minutes first, with your arm on the table."),
        "",
        (
            ("systolic", mark("The upper number"), "mmHg", 0, "138"),
            ("diastolic", mark("The lower number"), "mmHg", 0, "82"),
        ),
    ),
    "breathing": Wording(
        "lungs", mark("Breathing"), mark("How is your breathing today, compared with a usual day?"), options=COMPARED
    ),
    "phlegm": Wording(
        "ask",
        mark("Cough and phlegm"),
        mark("How are your cough and phlegm, compared with a usual day?"),
        options=COMPARED,
    ),
    "swelling": Wording(
        "foot",
        mark("Swelling"),
        mark("How are your legs and ankles, compared with a usual day?"),
        mark("Look for marks from socks and shoes that are tighter than before."),
        options=COMPARED,
    ),
}


class Bounds(msgspec.Struct, frozen=True):
    """What a number may be: see `saman.apps.citizen.views.Part`."""

    accepted: Range
    possible: Range = Range()
    usual: Range = Range()


def question(code: str, words: Words, bounds: dict[str, Bounds]) -> Question:
    """The question for `code` in the reader's language; `bounds` by part. KeyError for a code without wording."""
    wording = WORDINGS[code]
    said = words.gettext
    return Question(
        id=code,
        icon=wording.icon,
        name=said(wording.name),
        text=said(wording.text),
        hint=words.advice(wording.hint) if wording.hint else "",
        advice=words.advice(wording.advice) if wording.advice else "",
        parts=tuple(_part(part, words, bounds[part[0]]) for part in wording.parts),
        options=tuple((option, said(text)) for option, text in wording.options),
    )


def _part(part: tuple[str, str, str, int, str], words: Words, bounds: Bounds) -> Part:
    name, label, unit, digits, example = part
    return Part(
        id=name,
        label=words.gettext(label),
        unit=words.gettext(unit) if " " in unit else unit,
        digits=digits,
        accepted=bounds.accepted,
        possible=bounds.possible,
        usual=bounds.usual,
        example=example.replace(".", words.decimal_point),
    )
