"""Checks of the self-assessment: every component under every factor, sources and roles that exist, few for citizens."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

from saman.kernel.outcome import Issue
from saman.model.care.assessment import MOST_FOR_CITIZENS, STEPS, AssessmentFile, Audience, Statement
from saman.model.care.check_parties import missing
from saman.model.care.load import ASSESSMENT, Loaded, beside
from saman.model.care.yamltree import Path, finding

TOPICS = ("components", "factors", "successes")


def issues(loaded: Loaded) -> Iterator[Issue]:
    """What is wrong with the self-assessment, where there is one."""
    asked = loaded.model.assessment
    if asked is None:
        return
    file = beside(loaded.folder, ASSESSMENT)
    sources = {one.id for one in asked.sources}
    for kind in TOPICS:
        for index, topic in enumerate(getattr(asked, kind)):
            yield from missing(loaded, file, (kind, index, "source"), "source", topic.source, sources)
    yield from missing(loaded, file, ("leaders",), "role", asked.leaders, {one.id for one in loaded.model.roles})
    for index, statement in enumerate(asked.statements):
        yield from _place(loaded, file, index, asked, statement)
    yield from _whole(loaded, file, asked)
    yield from _for_citizens(loaded, file, asked)


def _place(loaded: Loaded, file: str, index: int, asked: AssessmentFile, statement: Statement) -> Iterator[Issue]:
    at: Path = ("statements", index)
    said = (statement.component, statement.factor, statement.success)
    if tuple(one is not None for one in said) not in ((True, True, False), (False, False, True)):
        wrong = f"`{statement.id}` is about neither a component under a factor nor a success factor alone."
        mend = "Write `component` and `factor`, or `success`."
        yield finding(loaded.at(file, *at), "required", wrong, mend)
    names = zip(("component", "factor", "success"), said, TOPICS, strict=True)
    for field, name, kind in names:
        known = {topic.id for topic in getattr(asked, kind)}
        yield from missing(loaded, file, (*at, field), field, [name] if name else [], known)


def _whole(loaded: Loaded, file: str, asked: AssessmentFile) -> Iterator[Issue]:
    for component, factor in product(asked.components, asked.factors):
        number = len(asked.cell(component.id, factor.id))
        if number != 1:
            wrong = f"{number} statements are about `{component.id}` under `{factor.id}`, which should be one."
            yield finding(loaded.at(file, "statements"), "required", wrong, "Write one, or leave one.")
    for topic in asked.successes:
        if not any(one.success == topic.id for one in asked.statements):
            wrong = f"No statement is about `{topic.id}`."
            yield finding(loaded.at(file, "statements"), "required", wrong, "Write one.")
    if len(asked.scale) != STEPS:
        wrong = f"The scale has {len(asked.scale)} steps."
        yield finding(loaded.at(file, "scale"), "value", wrong, f"Give it {STEPS}.")


def _for_citizens(loaded: Loaded, file: str, asked: AssessmentFile) -> Iterator[Issue]:
    own = asked.asked(Audience.CITIZEN)
    at = loaded.at(file, "statements")
    if len(own) > MOST_FOR_CITIZENS:
        wrong = f"Citizens are asked {len(own)} things."
        yield finding(at, "value", wrong, f"Leave {MOST_FOR_CITIZENS} at most.")
    for field, topics in (("component", asked.components), ("factor", asked.factors)):
        for topic in topics:
            if all(getattr(one, field) != topic.id for one in own):
                wrong = f"Citizens are asked nothing about `{topic.id}`."
                yield finding(at, "required", wrong, "Write `citizen` to one of its statements.")
