"""How words are written when they are compared: in lower case and composed, without marks between them."""

from __future__ import annotations

import re
import unicodedata

_WORD = re.compile(r"[^\W_]+")
_UNSEEN = re.compile("[\u00ad\u200b-\u200d\u2060\ufeff]")
"""Characters that nobody sees: where a word may be broken, and where it may not."""


def spelled(text: str) -> str:
    """The letters and digits of a text, word by word, each between spaces: ` blodtrykk 120 80 `; empty without any.

    Å is å, and not a: words keep their accents.
    """
    if text.isascii():
        plain = text.lower()
    else:
        plain = unicodedata.normalize("NFC", unicodedata.normalize("NFC", _UNSEEN.sub("", text)).casefold())
    found = " ".join(_WORD.findall(plain))
    return f" {found} " if found else ""
