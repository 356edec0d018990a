"""Papers as people read them: in every language of their region, as pages and as tagged PDF, whatever they say."""

from __future__ import annotations

import asyncio
import re
import sys
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from zoneinfo import ZoneInfo

import msgspec
import pytest

from saman.apps.papers.frame import Made
from saman.apps.papers.page import page
from saman.apps.papers.pdf import NONE, PAPER, is_whole, pdf, tagged_aside
from saman.apps.papers.telling import Run, Told, told
from saman.apps.ui.catalogue import LANGUAGES
from saman.apps.ui.locales import Words
from saman.kernel.outcome import Refusal
from saman.model.care.papers.drafts import drafts
from saman.model.care.papers.paper import Entry, Paper, Section, Sentence, alone, phrase
from saman.model.care.timing import Counted, Span
from saman.ops.papers import in_language, material, write_papers
from saman.ops.region import Region, open_region
from tests.pdf_text import pages_of, pdf_text, pdf_title

REGIONS = Path(__file__).parents[4] / "regions"
NAMES = ("no-agder", "se-norrtalje", "dk", "fi-paijat-hame", "is-fjallabyggd", "template")
DAY = date(2026, 11, 23)
MADE = Made(region="somewhere", version="0.1.0", digest="0" * 64, on=DAY)
HOSTILE = (
    '#panic("a")', '#read("/etc/hostname")', "$x_1^2$", "*b* _i_ `r` ```t```", "<label> @nobody", "] ) } [ ( {",
    "// no comment", "/* nor this", "\\u{41} \\n \\", "= Heading", "- list", "https://saman.example/#x",
    "</dd><script>alert(1)</script>", '" onload="x', "{{ paper.id }} {% if %}", "w" * 5000, "%(what)s %% %s",
    "\N{ZERO WIDTH SPACE}\N{LINE SEPARATOR}", "\N{RIGHT-TO-LEFT OVERRIDE}abc", "\N{SOFT HYPHEN}",
    "tab\tand\nline", "\x01\x7f\x85\x9f", "å ä ö æ ø ð þ ý Å Ä Ö Æ Ø Ð Þ š ŋ đ", "\u1e9e e\u0301 \u0414\u0430 \u20ac",
    "\u0378 \u03a2 \u1f16 \u209f", "\u02f7\u0488 \u22c1\u0483 \u034f\u0301 e\u0301\u0331",
    "\N{GRINNING FACE} \u6c34 \u0633\u0644\u0627\u0645",
)  # fmt: skip


@cache
def opened(name: str) -> tuple[Region, tuple[Paper, ...]]:
    region = open_region(REGIONS / name, DAY)
    assert isinstance(region, Region)
    return region, drafts(material(region, DAY))


def papers(name: str, language: str) -> list[Told]:
    region, drafted = opened(name)
    return [in_language(one, region, language, MADE) for one in drafted]


class Read(HTMLParser):
    """Ids, links and languages of a page, its headings, and its text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.ids: list[str] = []
        self.links: list[str] = []
        self.languages: list[str] = []
        self.tags: list[str] = []
        self.classes: list[str] = []
        self.text = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        self.tags.append(tag)
        self.ids += [found["id"] or ""] if "id" in found else []
        self.links += [found["href"] or ""] if "href" in found else []
        self.classes += [found["class"] or ""] if "class" in found else []
        self.languages += [found["lang"] or ""] if "lang" in found else []

    def handle_data(self, data: str) -> None:
        self.text += data


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", NAMES)
def test_every_paper_is_a_page_in_every_language(name: str, language: str) -> None:
    for one in papers(name, language):
        read = Read(page(one))
        assert read.languages[0] == language
        assert set(read.languages) <= {*LANGUAGES}
        assert len(read.ids) == len(set(read.ids))
        assert read.links
        assert {link.removeprefix("#") for link in read.links} <= set(read.ids)
        assert read.tags.count("h1") == 1
        assert read.tags.count("th") == 3 + len(one.rows)
        assert not re.search(r"%\(|%%|\x00|\{(emergency|out-of-hours)\}", read.text)
        assert {"script", "img", "link", "iframe"}.isdisjoint(read.tags)
        lines = [line for section in one.sections for entry in section.entries for line in entry.lines]
        assert all(line.runs and line.number for line in lines)
        assert read.classes.count("fill") == sum(line.blank for line in lines)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", NAMES)
def test_papers_are_tagged_pdf_in_every_language(name: str, language: str) -> None:
    region, _ = opened(name)
    *others, last = papers(name, language)
    for one in (*others, last) if language == region.model.country.language else (last,):
        made = pdf(one, DAY)
        assert made.startswith(b"%PDF-1.")
        assert made.rstrip().endswith(b"%%EOF")
        assert all(word in made for word in (b"/StructTreeRoot", b"/Marked true", b"pdfuaid:part", b"/Lang"))
        assert f"/Lang({language})".encode() in made
        assert b"/JavaScript" not in made


def test_the_same_paper_gives_the_same_bytes() -> None:
    one, again = papers("template", "nb")[0], papers("template", "nb")[0]
    assert (page(one), pdf(one, DAY)) == (page(again), pdf(again, DAY))
    assert b"D:20261123000000" in pdf(one, DAY)


@pytest.mark.parametrize("number", range(len(HOSTILE)))
def test_what_a_paper_says_is_never_read_as_markup(number: int) -> None:
    text = HOSTILE[number]
    one = papers("template", "is")[0]
    runs = (Run(text), Run(text, "en"))
    line = msgspec.structs.replace(one.sections[0].entries[0].lines[0], runs=runs, tag=text)
    entry = msgspec.structs.replace(one.sections[0].entries[0], label=runs, lines=(line, line))
    section = msgspec.structs.replace(one.sections[0], heading=runs, entries=(entry,))
    row = msgspec.structs.replace(one.rows[0], place=text, standing=text, sources=(text,))
    hostile = msgspec.structs.replace(one, title=runs, sections=(section,), rows=(row, *one.rows[1:]))
    read = Read(page(hostile))
    assert text in read.text
    assert "script" not in read.tags
    assert b"/StructTreeRoot" in pdf(hostile, DAY)


def test_the_same_words_are_read_back_from_page_and_pdf() -> None:
    one = papers("template", "nb")[0]
    made = pdf(one, DAY)
    assert isinstance(made, bytes)
    title = "".join(run.text for run in one.title)
    assert pdf_title(made) == title
    text = pdf_text(made)
    assert text.startswith(title)
    for section in one.sections:
        assert "".join(run.text for run in section.heading) in text
    assert f"{pages_of(made)} / {pages_of(made)}" in text


async def test_a_server_answers_others_while_it_makes_a_file() -> None:
    one = papers("no-agder", "nb")[0]
    making, turns = asyncio.create_task(tagged_aside(PAPER, one, DAY)), 0
    while not making.done():
        await asyncio.sleep(0)
        turns += 1
    assert making.result() == pdf(one, DAY)
    assert turns > 10


def test_without_typst_there_is_a_refusal_and_the_page(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setitem(sys.modules, "typst", None)
    region, drafted = opened("template")
    written = list(write_papers(region, ["nb"], DAY, tmp_path))
    refused = [one for one in written if isinstance(one, Refusal)]
    assert {one.issues[0].key for one in refused} == {NONE}
    assert len(refused) == len(drafted)
    assert len([*tmp_path.iterdir()]) == len(drafted)


@pytest.mark.parametrize(
    ("text", "whole"),
    [("å ø \u017e \u0414\u0430 – “x”\n\N{SOFT HYPHEN}", True), ("\N{GRINNING FACE}", False), ("\u6c34", False)],
    ids=["letters", "face", "water"],
)
def test_signs_that_the_letters_lack_are_known(text: str, whole: bool) -> None:
    assert is_whole(text) == whole


def test_a_text_in_another_language_says_so() -> None:
    (record, *_) = papers("no-agder", "is")
    runs = [
        run for section in record.sections for entry in section.entries for line in entry.lines for run in line.runs
    ]
    assert {"en"} <= {run.lang for run in runs}
    assert '<span lang="en">' in page(record)
    whole = " ".join(run.text for run in runs if not run.lang)
    assert "Persónuverndarfulltrúi fyllir út" in whole


def test_what_is_made_up_or_unconfirmed_says_so_beside_it() -> None:
    (record, *_) = papers("no-agder", "nb")
    tags = {line.tag for section in record.sections for entry in section.entries for line in entry.lines}
    assert tags == {"", "eksempel", "ikke bekreftet"}
    told_once = Read(page(record)).text
    assert "Utkast." in told_once
    assert "Det er ikke juridisk rådgivning" in told_once
    assert "versjon 0.1.0, slik det er 23. november 2026" in told_once
    assert MADE.digest in told_once


@pytest.mark.parametrize(
    ("hours", "counted", "said"),
    [
        ("0.05", "clock", "within 3 mins"), ("1", "clock", "within 1 hour"), ("24", "clock", "within 24 hours"),
        ("4", "opening", "within 4 opening hours"), ("0.5", "opening", "within 30 mins of opening hours"),
        ("1.5", "clock", "within 1 hr 30 mins"),
    ],
)  # fmt: skip
def test_how_soon_is_said_in_hours_or_minutes(hours: str, counted: str, said: str) -> None:
    region, (first, *_) = opened("template")
    span = Span(hours=Decimal(hours), counted=Counted(counted), sample=True)
    entry = Entry(phrase("How soon"), (Sentence(alone(span), first.sentences[0].origin),))
    timed = msgspec.structs.replace(first, sections=(Section(phrase("How soon"), (entry,)),))
    (section,) = in_language(timed, region, "en", MADE).sections
    assert section.entries[0].lines[0].runs[0].text.lower() == said


def test_numbers_to_call_are_those_of_the_country() -> None:
    texts = [Read(page(one)).text for one in papers("no-agder", "nb") if one.id.startswith("citizen")]
    assert all("113" in text for text in texts)


def test_a_page_says_when_no_native_speaker_has_read_its_words() -> None:
    region, (first, *_) = opened("template")
    noon = datetime(2026, 11, 23, 12, tzinfo=UTC)
    english = told(first, region.model, Words("en", ZoneInfo("Europe/Oslo"), noon), MADE)
    assert english.frame.unread == ""
    assert "lest av noen som har norsk" in in_language(first, region, "nb", MADE).frame.unread
