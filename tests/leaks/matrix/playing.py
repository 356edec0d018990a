"""Plays every interaction with every type in everybody's name, one by one and in batches, and says what came of it."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Iterator
from itertools import cycle, islice
from random import Random
from typing import NamedTuple

from . import filtering, operating, reading, searching, speaking, taking, writing
from .people import MOMENTS
from .resources import templates
from .view import Script, View
from .world import Answer, Call, World
from .writing import apart, plain, together

Interaction = Callable[[View, str], Script]

ONE: tuple[Interaction, ...] = (
    reading.head, reading.vread, reading.history, reading.history_of_type, reading.history_of_all, reading.spans,
    reading.conditional, reading.content, reading.operation, searching.posted, searching.count, searching.pages,
    searching.compartment, searching.several, filtering.inside,
    writing.update, writing.delete, writing.patch, writing.conditioned,
    writing.create, writing.transaction, writing.batch,
    operating.everything, operating.latest, operating.terms, operating.tables,
    operating.document, operating.summary, operating.matching,
    operating.populate, operating.extract, operating.apply,
    taking.export, taking.importing, taking.validate, taking.validate_sent,
)  # fmt: skip
"""Those that need a request of their own."""
MANY: tuple[Interaction, ...] = (
    reading.read, reading.part, searching.whole, searching.about, searching.about_strangers, searching.ids,
    searching.tag, searching.include, searching.pointing, searching.reverse,
    searching.chained, searching.referred, searching.leading,
    filtering.filtered, filtering.negated, filtering.along, filtering.members, filtering.parts,
    filtering.numbered, filtering.meant, speaking.spoken,
)  # fmt: skip
"""Those that can stand in a batch too."""
EVERY = (*ONE, *MANY)
AT_ONCE = 24
"""How many scripts go side by side in one batch."""
ALONE = 0.08
"""The share of MANY that are asked one by one all the same."""


class Told(NamedTuple):
    """What came of it: figures, and everything that was wrong."""

    count: Counter[str]
    faults: list[str]


async def play(world: World, least: int, pick: Random, of: tuple[Interaction, ...] = EVERY) -> Told:
    """At least so many requests, dealt evenly to everybody at every moment; of some interactions, until a leak."""
    deck, to_the_first = _deck(pick, of), of != EVERY
    told = Told(Counter(), [])
    turns = [(at, who) for at in MOMENTS for who in world.town.personas]
    if to_the_first:
        pick.shuffle(turns)
    for number, (at, who) in enumerate(turns, 1):
        await world.enter(who, at)
        view = View(world, who, at, pick)
        while told.count["requests"] + view.count["requests"] < least * number / len(turns):
            await _round(view, islice(deck, 2 * AT_ONCE))
            told.count["dealt"] += 2 * AT_ONCE
        told.count.update(view.count)
        told.faults.extend(view.faults)
        if to_the_first and told.count["leaks"]:
            break
    return told


def _deck(pick: Random, of: tuple[Interaction, ...]) -> Iterator[tuple[Interaction, str]]:
    """Every interaction with every type, shuffled, over and over."""
    cards = [(interaction, kind) for interaction in of for kind in templates()]
    pick.shuffle(cards)
    return cycle(cards)


async def _round(view: View, cards: Iterator[tuple[Interaction, str]]) -> None:
    alone, beside = [], []
    for interaction, kind in cards:
        is_alone = interaction in ONE or view.pick.random() < ALONE
        (alone if is_alone else beside).append(interaction(view, kind))
    await asyncio.gather(_in_batches(view, beside), _one_by_one(view, alone))


async def _one_by_one(view: View, scripts: list[Script]) -> None:
    for script in scripts:
        call = next(script, None)
        while call is not None:
            call = _answered(view, script, call, await view.world.ask(view.who, call))


async def _in_batches(view: View, scripts: list[Script]) -> None:
    """All scripts side by side: what they ask next is one batch."""
    waiting = [(script, call) for script in scripts if (call := next(script, None)) is not None]
    while waiting:
        now, rest = [one for one in waiting if plain(one[1])], [one for one in waiting if not plain(one[1])]
        answers: list[Answer] = []
        if now:
            bundle = together([call for _, call in now])
            answer = await view.world.ask(view.who, bundle)
            assert answer.status == 200, answer.body[:500]
            answers = apart(answer)
        answers += [await view.world.ask(view.who, call) for _, call in rest]
        pairs = zip([*now, *rest], answers, strict=True)
        after = [(script, _answered(view, script, call, answer)) for (script, call), answer in pairs]
        waiting = [(script, call) for script, call in after if call is not None]


def _answered(view: View, script: Script, call: Call, answer: Answer) -> Call | None:
    """Look at an answer, hand it to the script, and say what it asks next."""
    view.look(call, answer)
    try:
        return script.send(answer)
    except StopIteration:
        return None
