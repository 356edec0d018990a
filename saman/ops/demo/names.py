"""Plain names by sex and time of birth, and slugs made of them."""

from __future__ import annotations

from bisect import bisect_right
from random import Random

import msgspec

from saman.ops.demo.packaged import read


class _Names(msgspec.Struct, forbid_unknown_fields=True):
    female: dict[int, str]
    male: dict[int, str]
    family: str
    streets: str


_NAMES = msgspec.yaml.decode(read("names.yaml"), type=_Names)
_FAMILY = _NAMES.family.split()
STREETS = _NAMES.streets.split()
"""Streets that do not exist."""

_PLAIN = str.maketrans({"å": "a", "ø": "o", "æ": "ae", "é": "e", " ": "-", ".": ""})


def draw_name(rng: Random, sex: str, year: int) -> tuple[str, str]:
    """Given and family name that fit `sex` (`female`, `male`) and year of birth."""
    table = _NAMES.female if sex == "female" else _NAMES.male
    since = list(table)
    names = table[since[max(bisect_right(since, year) - 1, 0)]]
    return rng.choice(names.split()), draw_family(rng)


def draw_family(rng: Random) -> str:
    """A family name."""
    return rng.choice(_FAMILY)


def slug(name: str) -> str:
    """`name` as an id: lower case, å→a, ø→o, æ→ae, hyphens: `Ragnhild Bø-Christensen` → `ragnhild-bo-christensen`."""
    return name.lower().translate(_PLAIN)


def human_name(name: str, use: str = "official") -> dict[str, object]:
    """A HumanName of a full name whose last word is the family name."""
    *given, family = name.split(" ")
    return {"use": use, "text": name, "family": family, "given": given}
