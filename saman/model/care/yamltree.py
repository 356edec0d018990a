"""YAML as plain values that remember their lines.

Scalars follow the YAML 1.2 core schema, so `no` is a text and not false, and decimals keep their digits.
Source: https://yaml.org/spec/1.2.2/#103-core-schema
"""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

import msgspec
import yaml

from saman.kernel.outcome import Issue

Path = tuple[str | int, ...]

MAX_DEPTH = 40
MAX_NODES = 200_000

_LOADER: Any = getattr(yaml, "CBaseLoader", yaml.BaseLoader)
_INTEGER = re.compile(r"[-+]?(0|[1-9][0-9]{0,17})")
_DECIMAL = re.compile(r"[-+]?[0-9]{1,17}\.[0-9]{1,17}")
_WORDS: dict[str, Any] = {"true": True, "false": False, "null": None, "~": None, "": None}


class Tree(msgspec.Struct, frozen=True):
    """The value of one file, and the line (from 1) of every key and item by its path."""

    file: str
    value: Any
    lines: dict[Path, int]

    def line(self, *path: str | int) -> int:
        """The line of `path`, or of its nearest parent that has one."""
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path, 1)


def finding(place: str, code: str, wrong: str, mend: str) -> Issue:
    """An issue of a care model: where (`file:line`), what is wrong, and how to mend it."""
    args = (("wrong", wrong), ("mend", mend))
    return Issue(code, f"{wrong} {mend}", place, key=f"care.{code}", args=args)


def parse(file: str, text: str) -> tuple[Tree, list[Issue]]:
    """One YAML text as a tree; issues say at which line it breaks off or a key is written twice."""
    try:
        node = yaml.compose(text, Loader=_LOADER)
    except yaml.YAMLError as error:
        return Tree(file, None, {}), [_broken(file, error)]
    builder = _Builder(file)
    value = builder.build(node, ()) if node is not None else None
    return Tree(file, value, builder.lines), builder.issues


def _broken(file: str, error: yaml.YAMLError) -> Issue:
    mark = getattr(error, "problem_mark", None)
    line = mark.line + 1 if mark is not None else 1
    problem = getattr(error, "problem", None) or "the text breaks off"
    mend = "Check the indentation, and put texts with a colon or a quotation mark in quotes."
    return finding(f"{file}:{line}", "structure", f"This is not well-formed YAML: {problem}.", mend)


class _Builder:
    def __init__(self, file: str) -> None:
        self.file = file
        self.lines: dict[Path, int] = {}
        self.issues: list[Issue] = []
        self.nodes = 0

    def build(self, node: Any, path: Path) -> Any:
        self.nodes += 1
        if len(path) > MAX_DEPTH or self.nodes > MAX_NODES:
            self._too_large(node)
            return None
        self.lines.setdefault(path, node.start_mark.line + 1)
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, path)
        if isinstance(node, yaml.SequenceNode):
            return [self.build(item, (*path, index)) for index, item in enumerate(node.value)]
        return _scalar(node)

    def _mapping(self, node: Any, path: Path) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for key_node, value_node in node.value:
            key = str(key_node.value)
            line = key_node.start_mark.line + 1
            if key in found:
                mend = f"Remove one of the two `{key}`, or give it another name."
                self.issues.append(finding(f"{self.file}:{line}", "duplicate", f"`{key}` is written twice.", mend))
            self.lines[(*path, key)] = line
            found[key] = self.build(value_node, (*path, key))
        return found

    def _too_large(self, node: Any) -> None:
        if not any(issue.code == "too-long" for issue in self.issues):
            place = f"{self.file}:{node.start_mark.line + 1}"
            wrong = f"The file is nested deeper than {MAX_DEPTH} levels or has more than {MAX_NODES} values."
            self.issues.append(finding(place, "too-long", wrong, "Write out what an alias (`*name`) repeats."))


def _scalar(node: Any) -> Any:
    text: str = node.value
    if node.style:
        return text
    if text in _WORDS:
        return _WORDS[text]
    if _INTEGER.fullmatch(text):
        return int(text)
    return Decimal(text) if _DECIMAL.fullmatch(text) else text
