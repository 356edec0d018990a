"""A paper as PDF/UA-1 by Typst: tagged, in its language, with the same bytes for the same paper.

What a paper says reaches Typst as JSON and is shown as plain text: nothing in it is ever read as Typst's own markup.
Source: https://typst.app/docs/reference/pdf/
"""

from __future__ import annotations

import re
import unicodedata
from datetime import UTC, date, datetime, time
from functools import cache
from pathlib import Path
from typing import Any, Final

import msgspec
import typst

from saman.apps.papers.telling import Told

SET: Final = Path(__file__).parent / "templates" / "paper.typ"
KEPT: Final = ("lang", "digest")
"""Parts that stay letter for letter, so that they can be taken over."""

LONGEST_WORD: Final = 30
"""Letters after which a word may be broken anywhere, so that none leaves the page."""

_LONG = re.compile(rf"\S{{{LONGEST_WORD}}}(?=\S)")
MISSING: Final = "\N{REPLACEMENT CHARACTER}"
BREAK: Final = "\N{ZERO WIDTH SPACE}"
_HIDDEN: Final = frozenset({"Cc", "Cf"})
"""Categories of characters that are not seen; Typst takes none of them alone for text in PDF/UA."""

_UNSHOWN = re.compile(
    "[^ -~\u00a0-\u00ac\u00ae-\u024f\u02b0-\u0484\u0487-\u04ff\u1e00-\u1fff"
    "\u2010-\u2027\u2030-\u2040\u2044-\u2052\u2054-\u205e\u2070-\u20bf\u2100-\u211e\u2122\u2126\u2190-\u22ff\u25a0-\u25ff\ufffd]"
)
"""What the letters that come with Typst do not have, so that PDF/UA refuses it."""


def pdf(told: Told, on: date) -> bytes:
    """The file's bytes; `on` stands in it as the day it was made."""
    made = typst.compile(
        _set(),
        format="pdf",
        sys_inputs={"paper": msgspec.json.encode(_shown(msgspec.to_builtins(told))).decode()},
        pdf_standards=["ua-1"],
        timestamp=datetime.combine(on, time(), UTC),
        ignore_system_fonts=True,
    )
    return made if isinstance(made, bytes) else b"".join(made or ())


@cache
def _set() -> bytes:
    return SET.read_bytes()


def _shown(value: Any) -> Any:
    """The same as Typst can set it: see `_text`."""
    if isinstance(value, dict):
        return {name: one if name in KEPT else _shown(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [_shown(one) for one in value]
    return _text(value) if isinstance(value, str) else value


def _text(text: str) -> str:
    """Without what is not seen, a mark for letters that there are none of, and places to break long words."""
    if _UNSHOWN.search(text):
        spaced = re.sub(r"\s", " ", text)
        seen = "".join(one for one in spaced if unicodedata.category(one) not in _HIDDEN)
        text = _UNSHOWN.sub(MISSING, seen) if seen.strip() else MISSING
    return _LONG.sub(lambda found: found[0] + BREAK, text)
