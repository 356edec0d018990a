"""Plain names by country, sex and time of birth, and slugs made of them."""

from __future__ import annotations

from bisect import bisect_right
from functools import cache
from random import Random

import msgspec

from saman.ops.demo.packaged import read, there_is


class Names(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Names of a country with the year from which they fit, its streets that do not exist, and its calling code.

    `family` goes by sex where a country's family names do; `numbers` are published test numbers.
    """

    calling_code: str
    female: dict[int, str]
    male: dict[int, str]
    family: str | dict[str, str]
    streets: str
    numbers: str = ""

    def families(self, sex: str) -> list[str]:
        """The family names that somebody of a sex can have."""
        return (self.family if isinstance(self.family, str) else self.family[sex]).split()


@cache
def names_of(country: str) -> Names:
    """The names of a country by its code (`SE`); Norwegian ones where there is no list."""
    own = f"countries/{country.lower()}.yaml"
    return msgspec.yaml.decode(read(own if there_is(own) else "countries/no.yaml"), type=Names)


NORWAY = names_of("NO")
STREETS = NORWAY.streets.split()
"""Streets that do not exist."""

_PLAIN = str.maketrans(
    {"å": "a", "ø": "o", "æ": "ae", "é": "e", " ": "-", ".": ""}
    | dict(zip("äöáíóúýð", "aoaiouyd", strict=True))
    | {"þ": "th"}
)


def draw_name(rng: Random, sex: str, year: int, names: Names = NORWAY) -> tuple[str, str]:
    """Given and family name that fit `sex` (`female`, `male`) and year of birth."""
    table = names.female if sex == "female" else names.male
    since = list(table)
    given = table[since[max(bisect_right(since, year) - 1, 0)]]
    return rng.choice(given.split()), draw_family(rng, sex, names)


def draw_family(rng: Random, sex: str = "female", names: Names = NORWAY) -> str:
    """A family name."""
    return rng.choice(names.families(sex))


def slug(name: str) -> str:
    """`name` as an id: lower case, å→a, ø→o, æ→ae, hyphens: `Ragnhild Bø-Christensen` → `ragnhild-bo-christensen`."""
    return name.lower().translate(_PLAIN)


def human_name(name: str, use: str = "official") -> dict[str, object]:
    """A HumanName of a full name whose last word is the family name."""
    *given, family = name.split(" ")
    return {"use": use, "text": name, "family": family, "given": given}
