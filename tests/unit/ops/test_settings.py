"""Settings: where they come from, what is refused, and that their page is current."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from saman.kernel.outcome import Refusal
from saman.ops import settings
from saman.ops.settings import Settings, load

SAFE = {"SAMAN_MODE": "production", "SAMAN_PUBLIC_URL": "https://saman.example"}


def loaded(tmp_path: Path, **environment: str) -> Settings:
    found = load(environment, tmp_path)
    assert isinstance(found, Settings), found
    return found


def texts(tmp_path: Path, **environment: str) -> list[str]:
    found = load(environment, tmp_path)
    assert isinstance(found, Refusal)
    return [issue.text for issue in found.issues]


def test_nothing_set_is_the_demo_with_its_triage_and_people(tmp_path: Path) -> None:
    found = loaded(tmp_path)
    assert (found.mode, found.demo, found.triage_manufacturer, found.port) == ("demo", "full", "demo only", 8000)
    assert found.address == "http://localhost:8000"
    assert found.processes >= 1


def test_the_environment_wins_over_the_file(tmp_path: Path) -> None:
    (tmp_path / "saman.toml").write_text('port = 8001\nregion = "regions/template"\nworkers = 3\n')
    found = loaded(tmp_path, SAMAN_PORT="8002", SAMAN_NOW="2026-11-20T14:40:00Z")
    assert (found.port, found.region, found.processes) == (8002, Path("regions/template"), 3)
    assert found.now == datetime(2026, 11, 20, 14, 40, tzinfo=UTC)


def test_an_empty_manufacturer_leaves_the_triage_module_off(tmp_path: Path) -> None:
    assert loaded(tmp_path, SAMAN_TRIAGE_MANUFACTURER="").triage_manufacturer == ""


def test_every_wrong_setting_is_named(tmp_path: Path) -> None:
    found = texts(tmp_path, SAMAN_PORT="many", SAMAN_MODE="test", SAMAN_NOW="2026-11-20T14:40:00")
    assert [text.split()[0] for text in found] == ["SAMAN_PORT", "SAMAN_MODE", "SAMAN_NOW"]


@pytest.mark.parametrize(("text", "said"), [("prot = 1", "Is port meant?"), ("port = ", "not well-formed TOML")])
def test_a_wrong_file_is_refused(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "saman.toml").write_text(text)
    assert said in texts(tmp_path)[0]


def test_a_misspelt_name_in_the_environment_is_refused(tmp_path: Path) -> None:
    assert texts(tmp_path, SAMAN_PROT="1") == ["SAMAN_PROT is not a setting; is SAMAN_PORT meant?"]
    assert loaded(tmp_path, SAMAN_TEST_POSTGRES="15").port == 8000


def test_production_starts_with_secure_settings_and_without_demo_people(tmp_path: Path) -> None:
    found = loaded(tmp_path, **SAFE)
    assert (found.demo, found.triage_manufacturer, found.demo_mode) == ("none", "", False)


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("SAMAN_PUBLIC_URL", "http://saman.example"),
        ("SAMAN_PUBLIC_URL", ""),
        ("SAMAN_DEMO", "full"),
        ("SAMAN_NOW", "2026-11-20T14:40:00Z"),
        ("SAMAN_TRIAGE_MANUFACTURER", "demo only"),
        ("SAMAN_DATABASE_URL", "postgresql://saman_app:x@db.example/saman"),
        ("SAMAN_DATABASE_URL", "postgresql://saman_app:x@/saman?host=db.example&sslmode=prefer"),
        ("SAMAN_DATABASE_ADMIN_URL", "postgresql://saman_owner:x@db.example/saman?sslmode=require"),
    ],
)
def test_production_refuses_and_names_an_insecure_setting(tmp_path: Path, setting: str, value: str) -> None:
    found = texts(tmp_path, **(SAFE | {setting: value}))
    assert [text.split()[0] for text in found] == [setting]


def test_production_refuses_one_role_for_both(tmp_path: Path) -> None:
    url = "postgresql://saman_owner:x@localhost/saman"
    found = texts(tmp_path, **SAFE, SAMAN_DATABASE_URL=url, SAMAN_DATABASE_ADMIN_URL=url)
    assert found == ["SAMAN_DATABASE_ADMIN_URL must be another role than in SAMAN_DATABASE_URL."]


def test_the_page_of_settings_is_current() -> None:
    page = Path(__file__).parents[3] / "docs" / "settings.md"
    assert page.read_text() == settings.page(), "run make docs"
