"""Kept pieces are those that would be made, each with the reader's own secret and icons."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from jinja2 import Environment

from saman.apps.ui import fragments

NOW = datetime(2026, 11, 23, 7, 12, 5, tzinfo=UTC)
TEMPLATE = """{% macro row(one, csrf, now) %}{{ icon("home") }}{{ made(one) }}:{{ csrf }}:{{ now.minute }}{% endmacro %}
{{- kept(row, one, csrf, now) -}}"""


class Said:
    shown_unreviewed = False


class Page:
    def __init__(self, language: str = "sv") -> None:
        self.language = language
        self.words = Said()
        self.icons: set[str] = {"person"}


class Desk:
    """Renders rows for one reader after the other, and counts how many were made."""

    def __init__(self) -> None:
        self.page = Page()
        self.made: list[object] = []
        environment = Environment(autoescape=True)
        keeper = fragments.Keeper(lambda: self.page)
        environment.globals.update(kept=keeper.one, kept_each=keeper.each, icon=self.icon, made=self.make)
        self.template = environment.from_string(TEMPLATE)

    def icon(self, name: str) -> str:
        self.page.icons.add(name)
        return ""

    def make(self, one: object) -> object:
        self.made.append(one)
        return one

    def row(self, one: object, csrf: str = "a", now: datetime = NOW) -> str:
        return self.template.render(one=one, csrf=csrf, now=now)


def test_what_was_made_is_not_made_again_and_carries_the_readers_own_secret():
    desk = Desk()
    assert desk.row("<b>", "secret-of-one") == "&lt;b&gt;:secret-of-one:12"
    desk.page = Page()
    assert desk.row("<b>", "secret-of-another") == "&lt;b&gt;:secret-of-another:12"
    assert desk.made == ["<b>"]
    assert desk.page.icons == {"person", "home"}


def test_another_value_language_or_minute_is_made_anew():
    desk = Desk()
    desk.row("x")
    desk.row("y")
    desk.page = Page("fi")
    desk.row("x")
    assert desk.row("x", now=NOW + timedelta(minutes=1)).endswith(":13")
    assert desk.made == ["x", "y", "x", "x"]


def test_only_so_many_are_kept(monkeypatch):
    monkeypatch.setattr(fragments, "MOST", 3)
    desk = Desk()
    for one in "abcd":
        desk.row(one)
    desk.row("d")
    desk.row("a")
    assert desk.made == ["a", "b", "c", "d", "a"]


def test_several_are_what_each_would_be_one_behind_the_other():
    desk = Desk()
    apart = desk.row("<x>", "secret") + desk.row("y", "secret")
    source = TEMPLATE.replace("kept(row, one, ", "kept_each(row, ones, ")
    desk.page = Page()
    together = desk.template.environment.from_string(source).render(ones=("<x>", "y"), csrf="secret", now=NOW)
    assert together == apart
    assert desk.page.icons == {"person", "home"}
    assert desk.made == ["<x>", "y"]


def test_a_kept_piece_tells_that_nobody_has_read_what_it_says():
    desk = Desk()

    def unread(one: object) -> object:
        desk.page.words.shown_unreviewed = one == "unread"
        return one

    desk.template.environment.globals["made"] = unread
    for one in ("read", "unread"):
        for _ in range(2):
            desk.page = Page()
            desk.row(one)
            assert desk.page.words.shown_unreviewed is (one == "unread")
