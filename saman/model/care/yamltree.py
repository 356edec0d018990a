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
MAX_CHARACTERS = 1_000_000
"""Some twenty times the longest file of the regions here."""

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
    if len(text) > MAX_CHARACTERS:
        wrong = f"The file has more than {MAX_CHARACTERS} characters."
        return Tree(file, None, {}), [finding(f"{file}:1", "too-long", wrong, "Write what it holds in several files.")]
    try:
        node = _composed(text)
    except yaml.YAMLError as error:
        return Tree(file, None, {}), [_broken(file, error)]
    builder = _Builder(file)
    value = builder.build(node, ()) if node is not None else None
    return Tree(file, value, builder.lines), builder.issues


class _Node(msgspec.Struct):
    """One value as it is written: the line it begins at, and a text, its items, or its names and values."""

    line: int
    text: str = ""
    is_plain: bool = False
    items: list[_Node] | None = None
    pairs: list[tuple[_Node, _Node]] | None = None
    key: _Node | None = None
    """The name that waits for its value."""

    def take(self, one: _Node) -> None:
        """Adds what comes next within this."""
        if self.items is not None:
            self.items.append(one)
        elif self.key is None:
            self.key = one
        elif self.pairs is not None:
            self.pairs.append((self.key, one))
            self.key = None


def _composed(text: str) -> _Node | None:
    """The only document of a text, read event by event: what nests deeper than a file may is not read to its end.

    PyYAML's own composer calls itself for each level and falls off the stack of the process.
    """
    root = _Node(1, items=[])
    within, anchors = [root], dict[str, _Node]()
    for event in yaml.parse(text, Loader=_LOADER):
        if isinstance(event, yaml.NodeEvent):
            node = _begun(event, anchors)
            within[-1].take(node)
            if isinstance(event, yaml.CollectionStartEvent):
                within.append(node)
        elif isinstance(event, yaml.CollectionEndEvent):
            within.pop()
        if len(within) > MAX_DEPTH + 2:
            break
    assert root.items is not None
    if len(root.items) > 1:
        raise _Unfit("the file holds a second document", root.items[1].line)
    return root.items[0] if root.items else None


class _Unfit(yaml.YAMLError):
    """What YAML allows event by event and not as a whole."""

    def __init__(self, problem: str, line: int) -> None:
        super().__init__(problem)
        self.problem = problem
        self.line = line


def _begun(event: Any, anchors: dict[str, _Node]) -> _Node:
    line = event.start_mark.line + 1
    if isinstance(event, yaml.AliasEvent):
        if event.anchor not in anchors:
            raise _Unfit(f"there is no `&{event.anchor}`", line)
        return anchors[event.anchor]
    if isinstance(event, yaml.ScalarEvent):
        node = _Node(line, event.value, not event.style)
    elif isinstance(event, yaml.SequenceStartEvent):
        node = _Node(line, items=[])
    else:
        node = _Node(line, pairs=[])
    if event.anchor is not None:
        anchors[event.anchor] = node
    return node


def _broken(file: str, error: yaml.YAMLError) -> Issue:
    mark = getattr(error, "problem_mark", None)
    line = error.line if isinstance(error, _Unfit) else mark.line + 1 if mark is not None else 1
    problem = getattr(error, "problem", None) or "the text breaks off"
    mend = "Check the indentation, and put texts with a colon or a quotation mark in quotes."
    return finding(f"{file}:{line}", "structure", f"This is not well-formed YAML: {problem}.", mend)


class _Builder:
    def __init__(self, file: str) -> None:
        self.file = file
        self.lines: dict[Path, int] = {}
        self.issues: list[Issue] = []
        self.nodes = 0

    def build(self, node: _Node, path: Path) -> Any:
        self.nodes += 1
        if len(path) > MAX_DEPTH or self.nodes > MAX_NODES:
            self._too_large(node)
            return None
        self.lines.setdefault(path, node.line)
        if node.pairs is not None:
            return self._mapping(node.pairs, path)
        if node.items is not None:
            return [self.build(item, (*path, index)) for index, item in enumerate(node.items)]
        return _scalar(node)

    def _mapping(self, pairs: list[tuple[_Node, _Node]], path: Path) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for name, value in pairs:
            key = name.text
            if name.items is not None or name.pairs is not None:
                wrong, mend = "A list or a map stands where a name must stand.", "Write `name: value`."
                self.issues.append(finding(f"{self.file}:{name.line}", "structure", wrong, mend))
            elif key in found:
                mend = f"Remove one of the two `{key}`, or give it another name."
                self.issues.append(finding(f"{self.file}:{name.line}", "duplicate", f"`{key}` is written twice.", mend))
            self.lines[(*path, key)] = name.line
            found[key] = self.build(value, (*path, key))
        return found

    def _too_large(self, node: _Node) -> None:
        if not any(issue.code == "too-long" for issue in self.issues):
            place = f"{self.file}:{node.line}"
            wrong = f"The file is nested deeper than {MAX_DEPTH} levels or has more than {MAX_NODES} values."
            self.issues.append(finding(place, "too-long", wrong, "Write out what an alias (`*name`) repeats."))


def _scalar(node: _Node) -> Any:
    text = node.text
    if not node.is_plain:
        return text
    if text in _WORDS:
        return _WORDS[text]
    if _INTEGER.fullmatch(text):
        return int(text)
    return Decimal(text) if _DECIMAL.fullmatch(text) else text
