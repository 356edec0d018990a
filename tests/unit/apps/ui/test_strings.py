from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from saman.apps.ui import catalogue, strings
from saman.apps.ui.catalogue import LANGUAGES, UNREVIEWED
from saman.apps.ui.locales import Words

NOW = datetime(2026, 11, 20, tzinfo=UTC)
PLACEHOLDER = re.compile(r"%\(\w+\)s|%%")


@pytest.mark.parametrize("app", strings.apps())
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_string_stands_in_every_language(app: str, language: str) -> None:
    catalog = strings.current(app, language)
    missing = []
    for one, _ in strings.own(app):
        message = catalog.get(one)
        forms = (
            [message.string]
            if message and isinstance(message.string, str)
            else list(message.string or ())
            if message
            else []
        )
        if not forms or not all(forms):
            missing.append(one)
    assert missing == []


@pytest.mark.parametrize("app", strings.apps())
@pytest.mark.parametrize("language", LANGUAGES)
def test_translations_keep_placeholders_and_plural_forms(app: str, language: str) -> None:
    for message in strings.current(app, language):
        if not message.id:
            continue
        sources = [message.id] if isinstance(message.id, str) else list(message.id)
        forms = [message.string] if isinstance(message.string, str) else list(message.string or ())
        assert len(forms) == (1 if isinstance(message.id, str) else 2), message.id
        wanted = {found for source in sources for found in PLACEHOLDER.findall(source)}
        for form in forms:
            found = set(PLACEHOLDER.findall(form))
            assert found <= wanted, (message.id, form)
            assert wanted - found <= {"%(count)s"}, (message.id, form)
            assert "%" not in PLACEHOLDER.sub("", form), (message.id, form)


@pytest.mark.parametrize("app", strings.apps())
def test_catalogues_hold_nothing_that_is_not_used(app: str) -> None:
    used = {one for one, _ in strings.own(app)}
    held = {strings.source_of(message) for message in strings.current(app, "nb") if message.id}
    assert held - used == set()


def test_an_app_does_not_repeat_what_all_share() -> None:
    shared = set(strings.own("ui"))
    for app in strings.apps()[1:]:
        assert shared.isdisjoint(strings.own(app))


@pytest.mark.parametrize("language", LANGUAGES)
def test_pages_say_rows_of_access_in_each_language(language: str) -> None:
    words = Words(language, ZoneInfo("Europe/Oslo"), NOW)
    texts = [one for one, _ in strings.of_rules()]
    assert len(texts) > 200
    assert [one for one in texts if words.ruled(one).language != language] == []


def test_what_no_catalogue_has_stays_english_and_is_marked_so() -> None:
    said = Words("nb", ZoneInfo("Europe/Oslo"), NOW).ruled("A row that somebody wrote yesterday.")
    assert (said, said.language) == ("A row that somebody wrote yesterday.", "en")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    templates = tmp_path / "birds" / "templates"
    templates.mkdir(parents=True)
    (templates / "a.html").write_text(
        '{{ _("One bird") }} {{ n_("%(count)s egg", "%(count)s eggs", 2) }}', encoding="utf-8"
    )
    (tmp_path / "ui" / "templates").mkdir(parents=True)
    (tmp_path / "birds" / "code.py").write_text('mark("A nest")\n', encoding="utf-8")
    return tmp_path


def test_new_strings_come_empty_and_unreviewed_and_old_ones_go(root: Path) -> None:
    strings.update(root=root)
    message = catalogue.read(strings.po_path("birds", "nb", root), "nb")["A nest"]
    assert (message.string, UNREVIEWED in message.flags) == ("", True)
    (root / "birds" / "code.py").unlink()
    strings.update(root=root)
    assert "A nest" not in catalogue.read(strings.po_path("birds", "nb", root), "nb")


def test_a_table_goes_out_and_comes_back(root: Path) -> None:
    rows = (
        "One bird\t\tEn fugl",
        "%(count)s egg\t%(count)s eggs\t%(count)s egg | %(count)s mange egg",
        "Gone\t\tBorte",
    )
    table = "\n".join(("source\tplural\tnb", *rows))
    assert strings.fill("birds", table, root) == ["Gone"]
    assert "One bird\t\t\tEn fugl\t" in strings.export("birds", root)
    phrases = catalogue.merged([catalogue.read(strings.po_path("birds", "nb", root), "nb")])
    assert phrases["%(count)s egg"].forms == ("%(count)s egg", "%(count)s mange egg")
    assert not phrases["One bird"].reviewed


def test_a_read_string_loses_its_mark_until_it_is_changed_again(root: Path) -> None:
    strings.fill("birds", "source\tplural\tnb\nOne bird\t\tEn fugl\n", root)
    path = strings.po_path("birds", "nb", root)
    text = path.read_text(encoding="utf-8").replace('#, unreviewed\nmsgid "One bird"', 'msgid "One bird"')
    path.write_text(text, encoding="utf-8")
    strings.update(root=root)
    assert UNREVIEWED not in catalogue.read(path, "nb")["One bird"].flags
    strings.fill("birds", "source\tplural\tnb\nOne bird\t\tEin fugl\n", root)
    assert UNREVIEWED in catalogue.read(path, "nb")["One bird"].flags


def test_wrong_words_on_the_command_line_are_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert strings.main(["paint"]) == 2
    assert "update" in capsys.readouterr().err
