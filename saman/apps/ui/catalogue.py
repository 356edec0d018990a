"""What the pages say, in six languages: gettext catalogues, one folder an app, read and checked at start.

Source strings are English. Each app keeps its own `locales/<language>/LC_MESSAGES/saman.po`; all are merged. A message
that no native speaker has read carries the flag `unreviewed`, and a page that shows one says so.
Source of the format: https://www.gnu.org/software/gettext/manual/html_node/PO-Files.html
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from gettext import c2py
from pathlib import Path
from typing import Final, NamedTuple

import msgspec
from babel.messages.catalog import Catalog
from babel.messages.plurals import get_plural
from babel.messages.pofile import read_po
from markupsafe import Markup, escape

APPS: Final = Path(__file__).parent.parent
LANGUAGES: Final = ("sv", "nb", "da", "fi", "is", "en")
SOURCE_LANGUAGE: Final = "en"
UNREVIEWED: Final = "unreviewed"


class Phrase(msgspec.Struct, frozen=True):
    """One message in one language: its forms (one, or one a plural class) and whether a native speaker has read it."""

    forms: tuple[str, ...]
    reviewed: bool


class Plain(NamedTuple):
    """A message without values: as it stands in a page, as a plain value, and whether it has been read."""

    markup: Markup
    text: str
    reviewed: bool


class Catalogue:
    """All messages of one language."""

    def __init__(self, language: str, phrases: dict[str, Phrase]) -> None:
        self.language = language
        self._phrases = phrases
        self._plain: dict[str, Plain] = {}
        self._plural_class = c2py(get_plural(language).plural_expr)

    def phrase(self, message: str) -> Phrase | None:
        """The phrase for a source string, or None when the catalogue lacks it."""
        return self._phrases.get(message)

    def plain(self, message: str) -> Plain | None:
        """What a source string without values says, worked out once; None when the catalogue lacks it."""
        said = self._plain.get(message)
        if said is None and (phrase := self._phrases.get(message)) is not None:
            text = phrase.forms[0].replace("%%", "%")
            said = self._plain[message] = Plain(escape(text), text, phrase.reviewed)
        return said

    def form(self, phrase: Phrase, count: int) -> str:
        """The plural form of `phrase` for `count`."""
        return phrase.forms[self._plural_class(count)]


def po_files(language: str, apps: Path = APPS) -> list[Path]:
    """Every app's catalogue file for one language, the shared one first."""
    found = sorted(apps.glob(f"*/locales/{language}/LC_MESSAGES/saman.po"))
    return sorted(found, key=lambda path: path.parts[-5] != "ui")


def read(path: Path, language: str) -> Catalog:
    """One catalogue file."""
    with path.open("rb") as file:
        return read_po(file, locale=language)


def merged(catalogs: Iterable[Catalog]) -> dict[str, Phrase]:
    """Phrases of several catalogues; the first that holds a message wins. Empty translations are left out."""
    phrases: dict[str, Phrase] = {}
    for catalog in catalogs:
        for message in catalog:
            source = message.id if isinstance(message.id, str) else message.id[0]
            forms = (message.string,) if isinstance(message.string, str) else tuple(message.string or ())
            if source and forms and all(forms):
                phrases.setdefault(source, Phrase(forms, UNREVIEWED not in message.flags))
    return phrases


@cache
def load(language: str) -> Catalogue:
    """The merged catalogue of a language, read once a process."""
    return Catalogue(language, merged(read(path, language) for path in po_files(language)))
