"""Packages of regions to begin from, and the regions that stand here: whose, on which sources, from whom, under which
licence.
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec
from babel import Locale

from saman.apps.region.facts import Said
from saman.apps.region.shelf import Made, Packed, Unread
from saman.apps.ui.locales import Words
from saman.model.care.basis import Mark, Text, said
from saman.model.care.caremodel import CareModel
from saman.model.care.region import RegionFile

LICENCE = "CC0-1.0"
"""Of a region that names none, as its package has it."""


class Card(msgspec.Struct, frozen=True):
    """A region in the gallery; `file` and `sha256` are empty where no package was made of it."""

    id: str
    name: Said
    version: str
    country: str
    description: Said
    sources: tuple[tuple[str, int], ...]
    licence: str
    ancestors: tuple[tuple[str, str, str], ...]
    file: str
    sha256: str
    size: int = 0


class GalleryPage(msgspec.Struct, frozen=True):
    """The region that runs here with its package, packages in the folder, regions that stand beside it, faults."""

    own: Card
    packages: tuple[Card, ...]
    beside: tuple[Card, ...]
    unread: tuple[Unread, ...]


def gallery_page(
    words: Words, own: CareModel, made: Made, packages: Iterable[Packed | Unread], beside: Iterable[CareModel]
) -> GalleryPage:
    """The gallery in the reader's language, by name."""
    found = tuple(packages)
    cards = (_card(words, one.region, one.licence, one.file, one.sha256) for one in found if isinstance(one, Packed))
    return GalleryPage(
        own=msgspec.structs.replace(_card(words, own.region, "", made.file, made.sha256), size=len(made.data)),
        packages=tuple(sorted(cards, key=_by_name)),
        beside=tuple(sorted((_card(words, one.region) for one in beside), key=_by_name)),
        unread=tuple(one for one in found if isinstance(one, Unread)),
    )


def _by_name(card: Card) -> tuple[str, str]:
    return card.name.text.casefold(), card.version


def _card(words: Words, region: RegionFile, licence: str = "", file: str = "", sha256: str = "") -> Card:
    return Card(
        id=region.id,
        name=_said(words, region.name),
        version=region.version,
        country=_country(words, region.country),
        description=_said(words, region.statement),
        sources=tuple((mark.value, sum(one.mark is mark for one in region.sources)) for mark in Mark),
        licence=licence or region.licence or LICENCE,
        ancestors=tuple((one.id, one.version, one.sha256) for one in region.ancestors),
        file=file,
        sha256=sha256,
    )


def _said(words: Words, text: Text) -> Said:
    found = said(text, words.language)
    language = next((language for language, one in text.items() if one == found), "")
    return Said(found, "" if words.language in text else language)


def _country(words: Words, code: str) -> str:
    """The country's name in the reader's language, else its code."""
    name = Locale.parse(words.shape.locale).territories.get(code.upper())
    return str(name or code)
