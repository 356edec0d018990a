"""Reads a country's identity file; what is wrong with it is refused, naming the row and the mend."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from typing import Any

import msgspec

from saman.kernel.outcome import Issue, Kind, Refusal
from saman.model.care.basis import Status
from saman.model.care.yamltree import Path, Tree, finding, parse
from saman.model.identity.profile import Identity, Level, Part, Provider

PAGE = "See the page on identity in the documentation for the fields and their words."


def read_identity(file: str, text: str, systems: Collection[str]) -> Identity | Refusal:
    """The identities of one `countries/xx.identity.yaml`; `systems` are the identifier URIs of the country's profile.

    Nothing is read in part: one bad row refuses the file.
    """
    tree, issues = parse(file, text)
    if not issues:
        issues = list(_rows(tree))
    if issues:
        return Refusal(Kind.UNPROCESSABLE, tuple(issues))
    try:
        identity = msgspec.convert(tree.value, Identity)
    except msgspec.ValidationError as error:
        return Refusal(Kind.UNPROCESSABLE, (_issue(tree, (), "head", "structure", f"{error}.", PAGE),))
    issues = list(_faults(tree, identity, systems))
    return Refusal(Kind.UNPROCESSABLE, tuple(issues)) if issues else identity


def _rows(tree: Tree) -> Iterator[Issue]:
    """Each provider read by itself, so that what is wrong is said with its name."""
    value = tree.value
    if not isinstance(value, dict) or not isinstance(value.get("providers"), list):
        yield _issue(tree, (), "head", "structure", "The file has no list of `providers`.", "Write `providers:`.")
        return
    for index, part in enumerate(value["providers"]):
        name = str(part.get("id") or f"number {index + 1}") if isinstance(part, dict) else f"number {index + 1}"
        wrong = _unread(part, Provider)
        if wrong:
            yield _issue(tree, ("providers", index), name, "structure", wrong, PAGE)


def _unread(part: Any, type_: type[Any]) -> str:
    try:
        msgspec.convert(part, type_)
    except msgspec.ValidationError as error:
        return f"{error}."
    return ""


def _issue(tree: Tree, path: Path, row: str, code: str, wrong: str, mend: str) -> Issue:
    return finding(f"{tree.file}:{tree.line(*path)}", code, f"Row {row}: {wrong}", mend)


def _faults(tree: Tree, identity: Identity, systems: Collection[str]) -> Iterator[Issue]:
    if identity.passkeys.level is Level.HIGH:
        mend = "Write `substantial` or `low`: an invitation does not prove who somebody is."
        yield _issue(tree, ("passkeys",), "passkeys", "value", "A passkey cannot count as high.", mend)
    for name in ("citizens", "passkeys"):
        yield from _unsourced(tree, (name,), name, getattr(identity, name))
    seen: set[str] = set()
    for index, provider in enumerate(identity.providers):
        path: Path = ("providers", index)
        if provider.id in seen or provider.id == "passkeys":
            mend = "Give each provider an id of its own."
            yield _issue(tree, path, provider.id, "duplicate", "This id is taken.", mend)
        seen.add(provider.id)
        yield from _provider(tree, path, provider, systems)


def _provider(tree: Tree, path: Path, provider: Provider, systems: Collection[str]) -> Iterator[Issue]:
    def issue(part: str, code: str, wrong: str, mend: str) -> Issue:
        return _issue(tree, (*path, part), provider.id, code, wrong, mend)

    for name in ("issuer", "client", "assurance", "national_id", "names", "protected"):
        yield from _unsourced(tree, (*path, name), f"{provider.id}, {name}", getattr(provider, name))
    if not provider.people:
        yield issue("people", "required", "It is for nobody.", "Write `people: [citizen]`, `[staff]` or both.")
    if not provider.client.methods:
        yield issue("client", "required", "It takes no proof from us.", "Write a method, best `private_key_jwt`.")
    if "openid" not in provider.client.scopes:
        yield issue("client", "required", "The scope `openid` is missing.", "Add it: without it nobody is named.")
    if not provider.assurance.levels:
        yield issue("assurance", "required", "No value means a level.", "Write each value and its level.")
    for level in sorted(set(provider.assurance.ask) - {one.value for one in Level}):
        yield issue("assurance", "value", f"`{level}` is no level.", "Use low, substantial or high.")
    if not provider.national_id.systems:
        yield issue("national_id", "required", "It is of no system.", "Write the system and the shape of its numbers.")
    for system in provider.national_id.systems:
        if system.uri not in systems:
            mend = "Write it under `identifiers` of the country's file, or correct it."
            yield issue("national_id", "reference", f"The country has no identifier system `{system.uri}`.", mend)
        if not _is_pattern(system.pattern):
            mend = "Write the shape of a whole number, such as `[0-9]{11}`."
            yield issue("national_id", "value", f"`{system.pattern}` is no pattern, or fits everything.", mend)


def _unsourced(tree: Tree, path: Path, row: str, part: Part) -> Iterator[Issue]:
    if part.status is not Status.UNCHECKED and not part.source:
        yield _issue(tree, path, row, "unsourced", "It has no source.", "Add the source that was read, or mark it U.")


def _is_pattern(text: str) -> bool:
    try:
        found = re.compile(text)
    except re.error:
        return False
    return found.fullmatch("") is None and found.fullmatch("\n any text ") is None
