"""The English words of a journey in any language: looked up in the catalogues and in the texts of the region."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from itertools import product
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

import yaml

from saman.apps.ui.locales import Words

ROOT: Final = Path(__file__).parents[3]
ZONE: Final = ZoneInfo("Europe/Oslo")
BEGINS: Final = " *"


class Lexicon:
    """What stands on a page in one language, as alternatives where one English text has several translations."""

    def __init__(self, language: str, now: datetime, zone: ZoneInfo = ZONE) -> None:
        self._words = Words(language, zone, now)

    def said(self, text: Any) -> list[str]:
        """Every way in which `text` of a journey may stand on a page."""
        if isinstance(text, Mapping):
            return [self._words.short_moment(text["short"])] if "short" in text else self._filled(dict(text))
        if isinstance(text, list):
            return [" ".join(parts) for parts in product(*(self.said(part) for part in text))]
        if isinstance(text, datetime):
            return [self._words.moment(text)]
        if isinstance(text, date):
            return [self._words.day_month(text)]
        if isinstance(text, int | float):
            return [self._words.number(Decimal(str(text)))]
        return self._looked_up(text)

    def _looked_up(self, text: str) -> list[str]:
        language = self._words.language
        told = self._words.gettext(text).unescape() if "%(" not in text else text
        if "%(count)s" in told:  # one of something, where this language writes the number
            told = self._words.gettext(text, count=self._words.number(1)).unescape()
        modelled = [one[language] for one in region_texts().get(text, ()) if language in one]
        return list(dict.fromkeys([*modelled, told]))

    def _filled(self, text: dict[str, Any]) -> list[str]:
        message = text.pop("say")
        choices = [[(name, said) for said in self.said(value)] for name, value in text.items()]
        return [str(self._words.gettext(message, **dict(values)).unescape()) for values in product(*choices)]

    def pattern(self, text: Any, *, whole: bool) -> re.Pattern[str]:
        """Matches `text` on a page in any of its ways; `whole` asks for nothing before or after it."""
        begins = whole and isinstance(text, str) and text.endswith(BEGINS)
        ways = self.said(text.removesuffix(BEGINS) if begins else text)
        either = "|".join(r"\s+".join(re.escape(word) for word in way.split()) for way in ways)
        after = r"(?:\W|$)" if begins else r"\s*$"
        return re.compile(rf"^\s*(?:{either}){after}" if whole else f"(?:{either})", re.IGNORECASE)


@cache
def region_texts() -> dict[str, tuple[dict[str, str], ...]]:
    """Texts of regions and demo that are written in several languages, by their English."""
    found: dict[str, list[dict[str, str]]] = {}
    demo = ROOT / "saman" / "ops" / "demo" / "data"
    for path in sorted([*(ROOT / "regions").rglob("*.yaml"), *demo.glob("*.yaml")]):
        for text in _texts(yaml.safe_load(path.read_text(encoding="utf-8"))):
            found.setdefault(text["en"], []).append(text)
    return {english: tuple(texts) for english, texts in found.items()}


def _texts(node: Any) -> Iterator[dict[str, str]]:
    if isinstance(node, dict):
        if isinstance(node.get("en"), str):
            yield node
        for value in node.values():
            yield from _texts(value)
    elif isinstance(node, list):
        for value in node:
            yield from _texts(value)
