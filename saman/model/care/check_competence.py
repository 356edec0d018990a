"""Checks of competences: known professions, a giver and a longest time for what may be delegated, ids that exist."""

from __future__ import annotations

from collections.abc import Iterator

from saman.kernel.outcome import Issue
from saman.model.care.check_parties import missing
from saman.model.care.competence import Competence
from saman.model.care.load import COMPETENCES, Loaded, beside
from saman.model.care.yamltree import Path, finding


def issues(loaded: Loaded) -> Iterator[Issue]:
    """What is wrong with competences, and with the activities that require them."""
    file = beside(loaded.folder, COMPETENCES)
    professions = {role.profession for role in loaded.model.roles if role.profession}
    for index, one in enumerate(loaded.model.competences):
        path: Path = ("competences", index)
        yield from missing(loaded, file, (*path, "held_by"), "profession", one.held_by, professions)
        yield from _delegation(loaded, file, path, one)
        if not one.held_by:
            wrong = f"Nobody holds `{one.id}` by their licence."
            yield finding(loaded.at(file, *path, "held_by"), "nobody", wrong, "Name a profession of `roles.yaml`.")
    known = {one.id for one in loaded.model.competences}
    for service in loaded.model.services:
        name = f"services/{service.id}.yaml"
        for index, activity in enumerate(service.activities):
            at: Path = ("activities", index, "requires")
            yield from missing(loaded, name, at, "competence", activity.requires, known)


def _delegation(loaded: Loaded, file: str, path: Path, one: Competence) -> Iterator[Issue]:
    said = bool(one.delegated_by) or one.longest_days is not None
    if one.may_delegate and (not one.delegated_by or one.longest_days is None):
        wrong = f"`{one.id}` may be delegated, but not by whom and for how long at most."
        mend = "Add `delegated_by` and `longest_days`, or take `may_delegate` out."
        yield finding(loaded.at(file, *path), "required", wrong, mend)
    if said and not one.may_delegate:
        wrong = f"It is said who delegates `{one.id}`, but not that it may be delegated."
        yield finding(loaded.at(file, *path), "value", wrong, "Add `may_delegate: true`, or take the rest out.")
    for profession in one.delegated_by:
        if profession not in one.held_by:
            wrong = f"`{profession}` delegates `{one.id}` without holding it."
            mend = "Add it to `held_by`, or take it out of `delegated_by`."
            yield finding(loaded.at(file, *path, "delegated_by"), "value", wrong, mend)
