"""What tells a person what to do: never alone in words that no native speaker has read.

Beside them stands the same in a language that was read; where none was yet, in the one that it was written in first.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Self

from saman.apps.ui.catalogue import SOURCE_LANGUAGE
from saman.flows.reading import Said
from saman.model.care.basis import Text


class Advice(Said):
    """Words that tell a person what to do; `beside`: the same as it was read, None where these were."""

    beside: Said | None

    def __new__(cls, text: str, language: str = "", beside: Said | None = None) -> Self:
        """`text` in `language`."""
        made = super().__new__(cls, text, language)
        made.beside = beside
        return made


def advice(text: Text, language: str, read: Sequence[str]) -> Advice:
    """A text of the care model in `language`; `read`: the languages of the region that native speakers have read."""
    shown = next((one for one in (language, SOURCE_LANGUAGE, *text) if text.get(one)), SOURCE_LANGUAGE)
    trusted = [one for one in (*read, SOURCE_LANGUAGE) if text.get(one)]
    is_read = shown in read or trusted[:1] in ([], [shown])
    return Advice(text.get(shown, ""), shown, None if is_read else Said(text[trusted[0]], trusted[0]))


def translated(shown: Said, written: Said) -> Advice:
    """What somebody wrote for a person, as it is `shown`, and as it was `written` where that is another language."""
    return Advice(shown, shown.language, None if shown.language == written.language else written)


def beside(told: Iterable[str]) -> tuple[Said, ...]:
    """What stands beside some advice, all of a language together as sentences; plain texts have nothing beside them."""
    parts: dict[str, list[str]] = {}
    for one in told:
        if isinstance(one, Advice) and one.beside is not None:
            parts.setdefault(one.beside.language, []).append(one.beside)
    return tuple(Said(_joined(list(dict.fromkeys(each))), language) for language, each in parts.items())


def _joined(texts: Sequence[str]) -> str:
    """Several texts as sentences; one alone stays as it is."""
    if len(texts) == 1:
        return str(texts[0])
    return " ".join(text if text.endswith((".", "!", "?", ":")) else f"{text}." for text in texts)
