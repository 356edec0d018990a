"""docs/cli.md speaks of every command and option that there is, and of no other."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from cyclopts import App

from saman.ops import cli

PAGE = (Path(__file__).parents[3] / "docs" / "cli.md").read_text("utf-8")
SECTIONS = dict(re.findall(r"^## saman (\S+)\n(.*?)(?=^## |\Z)", PAGE, re.DOTALL | re.MULTILINE))
COMMANDS = sorted(name for name in cli.app() if not name.startswith("-"))


def options(name: str) -> set[str]:
    """A command's own options."""
    command = cli.app()[name]
    assert isinstance(command, App)
    return own(command)


def own(command: App) -> set[str]:
    """Options of the command itself; one that only holds others has none."""
    if command.default_command is None:
        return set()
    found = {word for one in command.assemble_argument_collection() for word in one.names if word.startswith("--")}
    return found - {"--help", "--version"}


def below(name: str) -> set[str]:
    """The options of a command's own commands."""
    command = cli.app()[name]
    assert isinstance(command, App)
    return {option for word in command if not word.startswith("-") for option in own(command[word])}


def test_every_command_has_its_section() -> None:
    assert sorted(SECTIONS) == COMMANDS


@pytest.mark.parametrize("name", [name for name in COMMANDS if name not in ("model", "plan")])
def test_every_option_is_explained_and_every_explained_one_is_there(name: str) -> None:
    assert set(re.findall(r"--[a-z][a-z-]*", SECTIONS[name])) == options(name) | below(name)


@pytest.mark.parametrize("name", COMMANDS)
def test_help_speaks_of_every_option(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main([name, "--help"]) == 0
    told = capsys.readouterr().out
    assert f"Usage: saman {name}" in told
    assert all(option in told for option in options(name))
