"""Puts a drafted agreement among those that a region has, without touching a letter of what stands there."""

from __future__ import annotations

from typing import Any, Final

import yaml

AGREEMENTS: Final = "agreements"
HEAD: Final = f"schema: 0\n{AGREEMENTS}:\n"
"""What stands before the agreement in a draft; the lines above it say where the draft comes from."""

_LOADER: Any = getattr(yaml, "CBaseLoader", yaml.BaseLoader)


def with_agreement(there: str | None, draft: str) -> str | None:
    """The text of `agreements.yaml` with the draft as its last one; None where its form has no place for it."""
    if there is None:
        return draft
    said, _, item = draft.partition(HEAD)
    listed = _listed(there)
    if listed is None or not item:
        return None
    start, end = listed.start_mark, listed.end_mark
    if not listed.flow_style:
        lines = there.split("\n")
        return _put(lines, _after(lines, end.line), ["", *_indented(said + item, start.column)])
    if listed.value:
        return None
    emptied = there[: start.index].rstrip(" ") + there[end.index :]
    return _put(emptied.split("\n"), start.line + 1, _indented(said + item, 2))


def _indented(text: str, columns: int) -> list[str]:
    return [f"{' ' * columns}{line}" if line else "" for line in text.removesuffix("\n").split("\n")]


def _put(lines: list[str], at: int, added: list[str]) -> str:
    return "\n".join([*lines[:at], *added, *(lines[at:] or [""])])


def _listed(text: str) -> Any:
    """The list of agreements in a text, None where there is none."""
    try:
        root = yaml.compose(text, Loader=_LOADER)
    except yaml.YAMLError:
        return None
    pairs = root.value if isinstance(root, yaml.MappingNode) else []
    found = next((value for name, value in pairs if name.value == AGREEMENTS), None)
    return found if isinstance(found, yaml.SequenceNode) else None


def _after(lines: list[str], at: int) -> int:
    """The line after the last agreement: blank lines and remarks before the next part belong to that."""
    while at > 0 and (at >= len(lines) or not lines[at - 1].strip() or lines[at - 1].startswith("#")):
        at -= 1
    return at
