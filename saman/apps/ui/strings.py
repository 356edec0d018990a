"""Keeps the catalogues in step with templates and code, and lets translators work in one table.

`python -m saman.apps.ui.strings update [APP …]` adds new strings to the catalogues, empty and unreviewed, and drops
those no longer used. `… export APP` writes a table (tab separated: source, plural, one column a language) and
`… fill APP FILE` takes one back; what it changes becomes unreviewed. A string that the shared catalogue (`ui`) has is
not repeated in an app's. The region's app also holds what the rows of access say in words.
"""

from __future__ import annotations

import csv
import sys
from collections.abc import Iterable, Iterator
from io import BytesIO, StringIO
from pathlib import Path
from typing import Final

import yaml
from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract
from babel.messages.pofile import write_po

from saman.apps.ui.catalogue import APPS, LANGUAGES, SOURCE_LANGUAGE, UNREVIEWED, read

KEYWORDS: Final = {
    **dict.fromkeys(("_", "advice", "gettext", "mark", "phrase")),
    **dict.fromkeys(("n_", "ngettext", "mark_plural"), (1, 2)),
}
SHARED: Final = "ui"
RULES: Final = "region"
"""The app whose catalogues hold the words of the rows of access."""

BESIDES: Final = {"papers": "model/care/papers"}
"""Where apps find strings of theirs outside their own folder: papers are worded where they are drafted."""

REGIONS: Final = APPS.parent.parent / "regions"
Source = tuple[str, str]
"""A source string and its plural (empty when it has none)."""


def apps(root: Path = APPS) -> list[str]:
    """Every app that has templates, the shared one first."""
    found = sorted(path.parent.name for path in root.glob("*/templates"))
    return sorted(found, key=lambda name: name != SHARED)


def used(app: str, root: Path = APPS) -> dict[Source, list[str]]:
    """The strings an app's templates and code use, with the files that use them."""
    found: dict[Source, list[str]] = {}
    besides = root.parent / BESIDES[app] if app in BESIDES else root / app
    for path in sorted({*(root / app).rglob("*.html"), *(root / app).rglob("*.py"), *besides.rglob("*.py")}):
        for source in _extracted(path):
            places = found.setdefault(source, [])
            if (place := str(path.relative_to(root if path.is_relative_to(root) else root.parent))) not in places:
                places.append(place)
    return found | (
        {} if app != RULES else {source: places for source, places in of_rules().items() if source not in found}
    )


def of_rules(regions: Path = REGIONS) -> dict[Source, list[str]]:
    """What the rows of access of all countries and of the regions here say in words, with the files that say it."""
    found: dict[Source, list[str]] = {}
    for path in sorted([*regions.glob("countries/*.access.yaml"), *regions.glob("*/access.yaml")]):
        for row in yaml.safe_load(path.read_text(encoding="utf-8"))["rows"]:
            said = (
                row.get("value"),
                row.get("note"),
                row.get("says"),
                *(rule["says"] for rule in row.get("rules", ())),
            )
            for text in filter(None, said):
                places = found.setdefault((text, ""), [])
                if (place := str(path.relative_to(regions.parent))) not in places:
                    places.append(place)
    return found


def own(app: str, root: Path = APPS) -> dict[Source, list[str]]:
    """The strings that belong into an app's own catalogues."""
    if app == SHARED:
        return used(app, root)
    shared = used(SHARED, root)
    return {source: places for source, places in used(app, root).items() if source not in shared}


def _extracted(path: Path) -> Iterator[Source]:
    method = "jinja2.ext:babel_extract" if path.suffix == ".html" else "python"
    options = {"trimmed": "true", "silent": "false"} if path.suffix == ".html" else {}
    for _, message, _, _ in extract(method, BytesIO(path.read_bytes()), keywords=KEYWORDS, options=options):
        yield (message, "") if isinstance(message, str) else (message[0], message[1])


def po_path(app: str, language: str, root: Path = APPS) -> Path:
    """Where an app keeps one language."""
    return root / app / "locales" / language / "LC_MESSAGES" / "saman.po"


def current(app: str, language: str, root: Path = APPS) -> Catalog:
    """An app's catalogue of one language, empty when there is none yet."""
    path = po_path(app, language, root)
    return read(path, language) if path.exists() else Catalog(locale=language)


def updated(app: str, language: str, root: Path = APPS) -> Catalog:
    """The catalogue with exactly the strings in use; translations that exist are kept with their flags."""
    before, after = current(app, language, root), _new(app, language)
    for (one, many), places in sorted(own(app, root).items()):
        old = before.get(one)
        after[one] = _message(one, many, language, [(place, None) for place in places], old)
    return after


def _new(app: str, language: str) -> Catalog:
    return Catalog(
        locale=language,
        project="Saman",
        header_comment=f"# What the pages of `{app}` say. Source strings are English.\n"
        f"# `{UNREVIEWED}` marks a phrase that no native speaker has read yet; take it away when you have.",
        creation_date=None,
        revision_date=None,
        last_translator="",
        language_team="",
        fuzzy=False,
    )


def _message(one: str, many: str, language: str, places: Iterable[tuple[str, None]], old: Message | None) -> Message:
    identity: str | tuple[str, str] = (one, many) if many else one
    locations = list(places)
    if language == SOURCE_LANGUAGE:
        return Message(identity, identity, locations=locations)  # type: ignore[arg-type]
    if old is not None and old.string:
        return Message(identity, old.string, locations=locations, flags=set(old.flags) - {"python-format"})  # type: ignore[arg-type]
    empty: str | tuple[str, str] = ("", "") if many else ""
    return Message(identity, empty, locations=locations, flags={UNREVIEWED})  # type: ignore[arg-type]


def write(catalog: Catalog, path: Path) -> None:
    """One catalogue file, without the dates and tool names that make every change a difference."""
    buffer = BytesIO()
    write_po(buffer, catalog, width=0, omit_header=False, sort_output=True)
    unwanted = (
        b'"POT-Creation-Date',
        b'"PO-Revision-Date',
        b'"Last-Translator',
        b'"Generated-By',
        b'"Report-Msgid',
        b'"Language-Team',
    )
    lines = [line for line in buffer.getvalue().splitlines() if not line.startswith(unwanted)]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"\n".join(lines) + b"\n")


def update(chosen: Iterable[str] = (), root: Path = APPS) -> None:
    """Brings the catalogues of the chosen apps (all, when none is named) in step."""
    for app in chosen or apps(root):
        for language in LANGUAGES:
            write(updated(app, language, root), po_path(app, language, root))


def source_of(message: Message) -> str:
    """The source string of a message (its singular)."""
    return str(message.id if isinstance(message.id, str) else message.id[0])


def export(app: str, root: Path = APPS) -> str:
    """One table of all strings of an app; plural forms are joined by ` | `."""
    catalogs = {language: updated(app, language, root) for language in LANGUAGES}
    table = StringIO()
    writer = csv.writer(table, delimiter="\t", lineterminator="\n")
    writer.writerow(("source", "plural", *LANGUAGES))
    for one, many in sorted(own(app, root)):
        writer.writerow((one, many, *(_joined(catalogs[language].get(one)) for language in LANGUAGES)))
    return table.getvalue()


def fill(app: str, table: str, root: Path = APPS) -> list[str]:
    """Takes translations from a table; returns source strings of the table that the app does not use."""
    rows = list(csv.DictReader(StringIO(table), delimiter="\t"))
    for language in LANGUAGES:
        catalog = updated(app, language, root)
        for row in rows:
            _take(catalog.get(row["source"]), row.get(language) or "", language)
        write(catalog, po_path(app, language, root))
    known = {one for one, _ in own(app, root)}
    return [row["source"] for row in rows if row["source"] not in known]


def _take(message: Message | None, text: str, language: str) -> None:
    if message is None or not text or language == SOURCE_LANGUAGE or text == _joined(message):
        return
    message.string = tuple(part.strip() for part in text.split("|")) if message.pluralizable else text
    message.flags.add(UNREVIEWED)


def _joined(message: Message | None) -> str:
    if message is None or not message.string:
        return ""
    return message.string if isinstance(message.string, str) else " | ".join(form for form in message.string if form)


def main(arguments: list[str]) -> int:
    """Runs `update [APP …]`, `export APP` or `fill APP FILE`; 2 for any other words."""
    match arguments:
        case ["update", *chosen]:
            update(chosen)
        case ["export", app]:
            sys.stdout.write(export(app))
        case ["fill", app, file]:
            unknown = fill(app, Path(file).read_text(encoding="utf-8"))
            sys.stderr.writelines(f"not used by {app}: {source}\n" for source in unknown)
        case _:
            sys.stderr.write(f"{__doc__}\n")
            return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
