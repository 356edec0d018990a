"""Writes the papers of a region as files: each as a page (HTML) and as a tagged PDF, in the languages asked for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, time
from pathlib import Path
from zoneinfo import ZoneInfo

from saman.apps.papers.frame import Made
from saman.apps.papers.page import page
from saman.apps.papers.pdf import pdf
from saman.apps.papers.telling import Told, told
from saman.apps.ui.locales import Words
from saman.kernel.outcome import Kind, Refusal, refused
from saman.model.care.papers.desk import Material
from saman.model.care.papers.drafts import drafts
from saman.model.care.papers.paper import Paper
from saman.ops.packing import fingerprint
from saman.ops.region import Region


def material(region: Region, on: date) -> Material:
    """What the papers of a region are made from on a day."""
    return Material(loaded=region.loaded, policy=region.policy, rulebook=region.rulebook, on=on)


def languages_of(region: Region, asked: Sequence[str]) -> tuple[str, ...] | Refusal:
    """The languages asked for, without any the country's own; refused when the region does not write in one."""
    known = region.model.region.languages
    own = region.model.country.language
    wanted = tuple(dict.fromkeys(asked)) or ((own,) if own in known else known[:1])
    if unknown := [one for one in wanted if one not in known]:
        text = f"{region.folder.name} is not written in {', '.join(unknown)}. It is in {', '.join(known)}."
        return refused(Kind.INVALID, "value", text, "--language")
    return wanted


def write_papers(region: Region, languages: Sequence[str], on: date, folder: Path) -> Iterator[Path | Refusal]:
    """Write every paper into `folder` and tell each file; the same files, day and languages give the same bytes.

    Where no PDF can be made, that is told in its place.
    """
    folder.mkdir(parents=True, exist_ok=True)
    made = Made(
        region=region.model.region.id,
        version=region.model.region.version,
        digest=fingerprint(region.files),
        on=on,
    )
    for paper in drafts(material(region, on)):
        for language in languages:
            said = in_language(paper, region, language, made)
            target = folder / f"{paper.id}.{language}.html"
            target.write_text(page(said), encoding="utf-8")
            yield target
            tagged = pdf(said, on)
            if isinstance(tagged, Refusal):
                yield tagged
                continue
            target = target.with_suffix(".pdf")
            target.write_bytes(tagged)
            yield target


def in_language(paper: Paper, region: Region, language: str, made: Made) -> Told:
    """One paper in one language."""
    noon = datetime.combine(made.on, time(12), UTC)
    return told(paper, region.model, Words(language, ZoneInfo(region.model.country.time_zone), noon), made)
