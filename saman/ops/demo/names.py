"""Plain Norwegian names by sex and time of birth, our own compilation, and slugs made of them."""

from __future__ import annotations

from bisect import bisect_right
from random import Random

_FEMALE = (
    (1900, "Astrid Borghild Signe Ragna Gudrun Dagny Solveig Ingeborg Margit Aslaug Klara Hjørdis"),
    (1930, "Gerd Bjørg Inger Ruth Åse Turid Kari Randi Else Berit Torbjørg Liv"),
    (1950, "Anne Marit Bente Wenche Sissel Unni Tove Grethe Eva Astri Hilde Torill"),
    (1970, "Monica Heidi Nina Trine Line Mona Linda Stine Siv Lene Hege Gry"),
    (1990, "Ida Silje Julie Karoline Marte Camilla Maria Ingvild Thea Sara Malin Andrea"),
    (2005, "Nora Emma Sofie Olivia Ella Maja Ingrid Sofia Jenny Frida Tuva Selma"),
)
_MALE = (
    (1900, "Olav Arne Trygve Sverre Torleif Gunnar Alf Reidar Magnus Håkon Tarald Salve"),
    (1930, "Kåre Odd Leif Arvid Per Knut Svein Kjell Einar Harald Sigurd Torbjørn"),
    (1950, "Jan Terje Øyvind Helge Rune Tor Bjørn Geir Oddvar Steinar Roald Dag"),
    (1970, "Frode Morten Stian Kenneth Espen Trond Rolf Jarle Øystein Håvard Vidar Tommy"),
    (1990, "Kristian Andreas Jonas Sondre Eirik Mathias Henrik Tobias Simen Vegard Magne Even"),
    (2005, "Jakob Emil Noah Oskar Filip Lukas Aksel Isak Theodor Johannes Ludvig Mikkel"),
)
_FAMILY = (
    "Aamodt Birkeland Bakken Dalen Eikeland Fjelland Gundersen Haugen Ivarson Jakobsen Knutsen Lien Moen Nilsen "
    "Olsen Pedersen Rasmussen Solberg Tangen Ugland Vik Østebø Åsen Torvik Strømme Skåland Røinås Nesheim Myhre "
    "Lunden Kvåle Jensen Homme Grimsby Flaten Eriksen Drange Christensen Breivik Abrahamsen Tveiten Svensen"
)

_PLAIN = str.maketrans({"å": "a", "ø": "o", "æ": "ae", "é": "e", " ": "-", ".": ""})


def draw_name(rng: Random, sex: str, year: int) -> tuple[str, str]:
    """Given and family name that fit `sex` (`female`, `male`) and year of birth."""
    table = _FEMALE if sex == "female" else _MALE
    decade = max(bisect_right([since for since, _ in table], year) - 1, 0)
    return rng.choice(table[decade][1].split()), rng.choice(_FAMILY.split())


def draw_family(rng: Random) -> str:
    """A family name."""
    return rng.choice(_FAMILY.split())


def slug(name: str) -> str:
    """`name` as an id: lower case, å→a, ø→o, æ→ae, hyphens: `Ragnhild Bø-Christensen` → `ragnhild-bo-christensen`."""
    return name.lower().translate(_PLAIN)


def human_name(name: str, use: str = "official") -> dict[str, object]:
    """A HumanName of a full name whose last word is the family name."""
    *given, family = name.split(" ")
    return {"use": use, "text": name, "family": family, "given": given}
