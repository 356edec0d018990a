"""What stands differently in two care models, part by part, in plain words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import groupby

import msgspec

from saman.apps.region import names
from saman.apps.region.facts import Said, Teller
from saman.model.care.compare import NEW, Difference, compare

MOST = 150
"""Of all that is listed one by one; the rest is counted."""


class DifferenceLine(msgspec.Struct, frozen=True):
    """What stands differently: in which thing, where in it, before and after."""

    of: Said
    where: str
    before: str
    after: str


class PartOfTwo(msgspec.Struct, frozen=True):
    """A part of two care models: what only one of them has, and what stands differently in both."""

    title: str
    first_only: tuple[Said, ...]
    second_only: tuple[Said, ...]
    lines: tuple[DifferenceLine, ...]
    more: int


def differences(first: Teller, second: Teller) -> Iterator[PartOfTwo]:
    """What stands differently in two regions; places and addresses are no difference in how people work."""
    titles = {part: first.gettext(words) for part, words in names.PARTS.items()}
    called = _called(second) | _called(first)
    found = [one for one in compare(first.model, second.model, first.words.language) if one.part in titles]
    left = MOST
    for part, ones in groupby(found, key=lambda one: one.part):
        group = list(ones)
        changed = [one for one in group if not _is_whole(one)]
        kept = changed[:left]
        left -= len(kept)
        yield PartOfTwo(
            titles[part],
            tuple(_title(called, one.of) for one in group if _is_whole(one) and one.before),
            tuple(_title(called, one.of) for one in group if _is_whole(one) and one.after),
            tuple(_line(first, called, one) for one in kept),
            len(changed) - len(kept),
        )


def _is_whole(one: Difference) -> bool:
    return not one.where and NEW in (one.before, one.after)


def _line(tell: Teller, called: Mapping[str, Said], one: Difference) -> DifferenceLine:
    there, not_there = tell.gettext("there"), tell.gettext("not there")
    before, after = (there if side == NEW else side or not_there for side in (one.before, one.after))
    where = ", ".join(name.replace("_", " ") for name in one.where)
    return DifferenceLine(_title(called, one.of), where, before, after)


def _title(called: Mapping[str, Said], id: str) -> Said:
    return called.get(id) or Said(id.replace("-", " "), "en")


def _called(tell: Teller) -> dict[str, Said]:
    """What the parts of a care model are called, by their ids."""
    model = tell.model
    texts = (
        *((one.id, one.name) for one in model.services),
        *((one.id, one.name) for one in model.pathways),
        *((one.id, one.name) for one in model.bodies),
        *((one.id, one.name) for one in model.indicators),
        *((one.id, one.text) for one in model.goals),
        *((one.id, one.text) for one in model.lessons),
    )
    plain = (
        *((one.id, one.name) for one in model.parties),
        *((one.id, one.name) for one in model.agreements),
        *((one.id, one.name) for one in model.projects),
    )
    return {id: Said(name) for id, name in plain} | {id: tell.said(text) for id, text in texts}
