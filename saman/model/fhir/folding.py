"""Text folded for search: case, accents and Nordic letters do not matter (https://hl7.org/fhir/R4/search.html#string)."""

from __future__ import annotations

import unicodedata

_LETTERS = str.maketrans({
    "ø": "o", "æ": "ae", "œ": "oe", "ð": "d", "đ": "d", "þ": "th", "ß": "ss", "ł": "l", "ħ": "h", "ŋ": "n", "ŧ": "t",
    "ı": "i",
})  # fmt: skip


def fold(text: str) -> str:
    """`text` in lower case, without accents, with single spaces; folding twice changes nothing more.

    å→a, ä→a, ö→o and other accented letters lose their accent; ø→o, æ→ae, ð→d, þ→th, ß→ss, œ→oe, đ→d, ł→l, ŋ→n, ŧ→t.
    """
    if text.isascii():
        return " ".join(text.lower().split())
    folded = _folded_once(text)
    while folded != text:
        text, folded = folded, _folded_once(folded)
    return folded


def _folded_once(text: str) -> str:
    plain = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
    letters = "".join(one for one in plain if not unicodedata.combining(one)).translate(_LETTERS)
    return " ".join(letters.split())
