"""Units of measure: enough of UCUM (https://ucum.org/ucum) to compare what is measured in the usual units of care.

A unit is worked out as a factor and the base units it stands for. What a whole UCUM library knows beyond this table
comes in through `Outside.unit`, which has the same form as `measured`.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from fractions import Fraction
from functools import lru_cache
from typing import NamedTuple


class Measured(NamedTuple):
    """What one of a unit is: `factor` times the product of base units, each with its power, in alphabetical order."""

    factor: Fraction
    base: tuple[tuple[str, int], ...]


Measure = Callable[[str], Measured | None]
"""From a UCUM code to what it is; None for a code that is not known, or that is no plain multiple (`Cel`)."""

MAX_UNIT = 60
_MAX_POWER = 9
_PREFIXES = {
    "Y": 24, "Z": 21, "E": 18, "P": 15, "T": 12, "G": 9, "M": 6, "k": 3, "h": 2, "da": 1,
    "d": -1, "c": -2, "m": -3, "u": -6, "n": -9, "p": -12, "f": -15, "a": -18, "z": -21, "y": -24,
}  # fmt: skip
_METRIC: dict[str, tuple[str, str]] = {
    "m": ("1", "m"),
    "s": ("1", "s"),
    "g": ("1", "g"),
    "K": ("1", "K"),
    "A": ("1", "A"),
    "cd": ("1", "cd"),
    "mol": ("6.0221367e23", "1"),
    "eq": ("6.0221367e23", "1"),
    "osm": ("6.0221367e23", "1"),
    "L": ("0.001", "m3"),
    "l": ("0.001", "m3"),
    "Hz": ("1", "s-1"),
    "N": ("1000", "g.m.s-2"),
    "Pa": ("1000", "g.m-1.s-2"),
    "J": ("1000", "g.m2.s-2"),
    "W": ("1000", "g.m2.s-3"),
    "cal": ("4184", "g.m2.s-2"),
    "bar": ("100000000", "g.m-1.s-2"),
    "m[Hg]": ("133322000", "g.m-1.s-2"),
    "m[H2O]": ("9806650", "g.m-1.s-2"),
    "kat": ("6.0221367e23", "s-1"),
    "U": ("1.00368945e16", "s-1"),
    "[iU]": ("1", "[iU]"),
    "[IU]": ("1", "[iU]"),
    "t": ("1000000", "g"),
}
_OTHER: dict[str, tuple[str, str]] = {
    "min": ("60", "s"),
    "h": ("3600", "s"),
    "d": ("86400", "s"),
    "wk": ("604800", "s"),
    "mo": ("2629800", "s"),
    "a": ("31557600", "s"),
    "%": ("0.01", "1"),
    "[ppth]": ("0.001", "1"),
    "[ppm]": ("0.000001", "1"),
    "[in_i]": ("0.0254", "m"),
    "[ft_i]": ("0.3048", "m"),
    "[lb_av]": ("453.59237", "g"),
    "[oz_av]": ("28.349523125", "g"),
    "[degF]": ("1", "[degF]"),
    "Cel": ("1", "Cel"),
    "[pH]": ("1", "[pH]"),
    "[arb'U]": ("1", "[arb'U]"),
}


@lru_cache(maxsize=1024)
def measured(code: str) -> Measured | None:
    """What one of the unit `code` is; None for what this table does not know."""
    if not code or len(code) > MAX_UNIT:
        return None
    reader = _Reader(re.sub(r"\{[^{}\s]*\}", "", code) or "1")
    found = reader.product()
    return found if found and reader.at_end else None


class _Reader:
    """Reads a product such as `mg/(kg.d)` from left to right."""

    def __init__(self, text: str) -> None:
        self._parts = re.findall(r"[./()]|[^./()]+", text)
        self._next = 0

    @property
    def at_end(self) -> bool:
        return self._next == len(self._parts)

    def _take(self) -> str:
        part = self._sees()
        self._next += part != ""
        return part

    def _sees(self) -> str:
        return "" if self.at_end else self._parts[self._next]

    def product(self) -> Measured | None:
        """Terms with `.` and `/` between them, up to a closing bracket or the end."""
        found: Measured | None = Measured(Fraction(1), ())
        sign = 1
        if self._sees() == "/":
            self._next, sign = self._next + 1, -1
        while found:
            term = self._term()
            found = combined(found, term, sign) if term else None
            if self._sees() in ("", ")"):
                break
            sign = {".": 1, "/": -1}.get(self._take(), 0)
            found = found if sign else None
        return found

    def _term(self) -> Measured | None:
        part = self._take()
        if part != "(":
            return _powered(part)
        inner = self.product()
        return inner if self._take() == ")" else None


def combined(one: Measured, other: Measured, sign: int) -> Measured:
    """The product of two units (`sign` 1) or their quotient (-1)."""
    powers = dict(one.base)
    for name, power in other.base:
        powers[name] = powers.get(name, 0) + sign * power
    factor = one.factor * other.factor if sign == 1 else one.factor / other.factor
    return Measured(factor, tuple(sorted((name, power) for name, power in powers.items() if power)))


def _powered(text: str) -> Measured | None:
    found = re.fullmatch(r"(10[*^]|.*?[^0-9+\-]|(?=[0-9]+$))([+-]?[0-9]+)?", text)
    if found is None:
        return None
    if not found[1]:
        return Measured(Fraction(text), ()) if int(text) else None
    power = int(found[2] or 1)
    if found[1] in ("10*", "10^"):
        return Measured(Fraction(10) ** power, ()) if abs(power) <= 3 * _MAX_POWER else None
    unit = _atom(found[1])
    if unit is None or abs(power) > _MAX_POWER:
        return None
    return Measured(unit.factor**power, tuple((name, of * power) for name, of in unit.base if power))


def _atom(name: str) -> Measured | None:
    """A unit of the table, with or without a prefix."""
    if name in _OTHER:
        return _entry(*_OTHER[name])
    if name in _METRIC:
        return _entry(*_METRIC[name])
    for length in (1, 2):
        if name[:length] in _PREFIXES and name[length:] in _METRIC:
            factor, base = _entry(*_METRIC[name[length:]])
            return Measured(factor * Fraction(10) ** _PREFIXES[name[:length]], base)
    return None


def _entry(factor: str, base: str) -> Measured:
    powers = (re.fullmatch(r"(.*?)(-?[0-9]+)?", one) for one in base.split(".") if base != "1")
    return Measured(Fraction(factor), tuple(sorted((one[1], int(one[2] or 1)) for one in powers if one)))
