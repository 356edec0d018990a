"""What is told as PDF/UA-1 by Typst: tagged, in its language, with the same bytes for the same words and day.

What a paper says reaches Typst as JSON and is shown as plain text: nothing in it is ever read as Typst's own markup.
Source: https://typst.app/docs/reference/pdf/
"""

from __future__ import annotations

import asyncio
import re
import unicodedata
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, time
from functools import cache
from pathlib import Path
from typing import Any, Final

import msgspec

from saman.apps.papers.telling import Told
from saman.kernel.outcome import Kind, Refusal, refused

HERE: Final = Path(__file__).parent / "templates"
SHEET, PAPER = HERE / "sheet.typ", HERE / "paper.typ"
"""How all papers look, and how those of a region are set on it."""

NONE: Final = "papers.no-pdf"
"""The key of refusals where Typst is not installed."""

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
    "[^ -~\u00a0-\u00ac\u00ae-\u024f\u02b0-\u02ff\u0370-\u0482\u048a-\u04ff\u1e00-\u1fff"
    "\u2010-\u2027\u2030-\u2040\u2044-\u2052\u2054-\u205e\u2070-\u20bf\u2100-\u211e\u2122\u2126\u2190-\u22ff\u25a0-\u25ff\ufffd]"
    "|[\u0378\u0379\u0380-\u0383\u038b\u038d\u03a2\u1f16\u1f17\u1f1e\u1f1f\u1f46\u1f47\u1f4e\u1f4f\u1f58\u1f5a\u1f5c\u1f5e"
    "\u1f7e\u1f7f\u1fb5\u1fc5\u1fd4\u1fd5\u1fdc\u1ff0\u1ff1\u1ff5\u1fff\u2072\u2073\u208f\u209d-\u209f]"
)
"""What the letters that come with Typst do not have, alone or with a mark above or below, so that PDF/UA refuses it."""


_ALONE = ThreadPoolExecutor(1, "pdf")


def pdf(told: Told, on: date) -> bytes | Refusal:
    """The file's bytes; `on` stands in it as the day it was made."""
    return tagged(PAPER, told, on)


async def tagged_aside(by: Path, told: msgspec.Struct, on: date) -> bytes | Refusal:
    """The same as `tagged` while the server answers others: one file at a time, in a thread of its own."""
    return await asyncio.get_running_loop().run_in_executor(_ALONE, tagged, by, told, on)


def tagged(by: Path, told: msgspec.Struct, on: date) -> bytes | Refusal:
    """What is told, set by a file of Typst on the sheet; refused where Typst is not installed."""
    try:
        import typst
    except ImportError:
        text = "PDF files cannot be made here: the package `typst` is not installed. Print the page instead."
        return refused(Kind.UNAVAILABLE, "not-supported", text, key=NONE)
    made = typst.compile(
        _set(by),
        format="pdf",
        sys_inputs={"told": msgspec.json.encode(_shown(msgspec.to_builtins(told))).decode()},
        pdf_standards=["ua-1"],
        timestamp=datetime.combine(on, time(), UTC),
        ignore_system_fonts=True,
    )
    return made if isinstance(made, bytes) else b"".join(made or ())


def is_whole(text: str) -> bool:
    """Whether the letters that come with Typst have every sign of a text that is seen."""
    return all(
        unicodedata.category(one) in _HIDDEN or one.isspace()
        for one in _UNSHOWN.findall(unicodedata.normalize("NFC", text))
    )


@cache
def _set(by: Path) -> bytes:
    return SHEET.read_bytes() + by.read_bytes()


def _shown(value: Any) -> Any:
    """The same as Typst can set it: see `_text`."""
    if isinstance(value, dict):
        return {name: one if name in KEPT else _shown(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [_shown(one) for one in value]
    return _text(value) if isinstance(value, str) else value


def _text(text: str) -> str:
    """Without what is not seen, a mark for letters that there are none of, and places to break long words."""
    text = unicodedata.normalize("NFC", text)
    if _UNSHOWN.search(text):
        spaced = re.sub(r"\s", " ", text)
        seen = "".join(one for one in spaced if unicodedata.category(one) not in _HIDDEN)
        text = _UNSHOWN.sub(MISSING, seen) if seen.strip() else MISSING
    return _LONG.sub(lambda found: found[0] + BREAK, text)
