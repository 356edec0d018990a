"""What one persona may see at a moment, and what is wrong with an answer to them."""

from __future__ import annotations

import re
from base64 import b64decode
from collections import Counter
from collections.abc import Callable, Generator, Iterable
from datetime import datetime
from random import Random
from typing import Any

from saman.kernel import json

from .oracle import Thing
from .people import Persona
from .resources import TOKEN
from .world import Answer, Call, World

Script = Generator[Call, Answer, None]
"""Asks one thing after another, and tells the view what is wrong with the answers."""
Maker = Callable[[str], Call]

CURSOR = re.compile(rb"(?<=_cursor=)[\w-]+|(?<=_page=)[\w-]+")
FROM_LOG = frozenset({"AuditEvent", "Provenance"})
"""Types whose searches also show what is made from the log of what everybody here asks: nobody counts those."""
QUERY = re.compile(rb'(?<="query":")[A-Za-z0-9+/=]+')
"""What somebody searched with, as the log keeps it; by chance its letters look like a canary."""
MINTED = re.compile(rb"(?<=/)[a-z2-7]{26}(?![a-z0-9])")
"""An id that the server made; by chance its letters look like those of a world."""
ABSENT, UNSUNG = "zx0f00d", "zx0f00dx"
"""An id that nothing has, and a canary that nowhere sings; both as long as the others."""


class View:
    """One persona at one moment of a world."""

    def __init__(self, world: World, who: Persona, at: datetime, pick: Random) -> None:
        self.world, self.who, self.at, self.pick = world, who, at, pick
        self.faults: list[str] = []
        self.count: Counter[str] = Counter()
        seen = world.oracle.visible(who, at)
        self.seen = frozenset(seen)
        self.of: dict[str, list[Thing]] = {}
        for one in seen:
            self.of.setdefault(one.type, []).append(one)
        closed = [one for one in world.things if world.oracle.keeps_back(who, one, at)]
        mentioned = frozenset(token for one in seen for token in one.mentions)
        shut = {name for one in closed for name in one.names}
        self.allowed = (mentioned - shut) | self._logged(seen)
        about = {one.person for one in seen}
        self.strangers = [one for one in world.town.people if one.id not in about]

    def _logged(self, seen: Iterable[Thing]) -> frozenset[bytes]:
        """Ids that the log about a person names to whoever sees that log: of what was asked for, and of who asked.

        A write that was refused is in the log of the person it speaks of, with the id it asked for, also of a thing
        that is about nobody.
        """
        books = {one.person for one in seen if one.type == "AuditEvent"}
        ids = [one.id for one in self.world.things if books and one.person in {*books, "-"}]
        ids += [one.actor for one in self.world.town.personas] if books else []
        return frozenset(token for id in ids for token in TOKEN.findall(id.encode()))

    def some(self, kind: str) -> Thing:
        """Any thing of a type: half of the time one that is to be seen, if there is one."""
        seen = self.of.get(kind, ())
        if seen and self.pick.random() < 0.5:
            return self.pick.choice(seen)
        return self.pick.choice(self.world.of[kind])

    def hidden(self, kind: str) -> Thing | None:
        """A thing of a type that is not to be seen."""
        there = [one for one in self.world.of[kind] if one not in self.seen]
        return self.pick.choice(there) if there else None

    def current(self, kind: str) -> list[Thing]:
        """What is there of a type, to be seen and not deleted."""
        return [one for one in self.of.get(kind, ()) if not one.deleted]

    @property
    def is_narrow(self) -> bool:
        """Whether an app asks."""
        return self.who.types is not None

    def lets(self, kind: str) -> bool:
        """Whether an app's scopes speak of a type; always for those who ask themselves."""
        return self.who.types is None or kind in self.who.types

    def fault(self, call: Call, answer: Answer, text: str) -> None:
        """Note what is wrong."""
        where = f"{self.world.country} {self.who.name} {self.at:%d %H:%M}: {call.method} {call.path[:160]}"
        self.faults.append(f"{where} {answer.status}: {text}")

    def look(self, call: Call, answer: Answer) -> None:
        """Hold an answer against all that may be seen, and count it."""
        told = _readable(answer.all)
        found = frozenset(TOKEN.findall(told))
        extra = found - self.allowed - frozenset(TOKEN.findall(call.sent))
        if extra:
            self.count["leaks"] += 1
            self.fault(call, answer, f"told of {self._named(extra, told)}")
        if answer.status >= 500:
            self.fault(call, answer, "broke")
        self.count["requests"] += 1
        self.count[_outcome(answer)] += 1

    def _named(self, tokens: Iterable[bytes], told: bytes) -> str:
        known = {name: one for one in self.world.things for name in one.names}
        words = {f"{one.type} ({one.kind} of {one.person})" for token in tokens if (one := known.get(token))}
        words |= {f"unknown {_around(token, told)!r}" for token in tokens if token not in known}
        return ", ".join(sorted(words)[:4])

    def status(self, call: Call, answer: Answer, *right: int) -> bool:
        """Whether the status is one of those; says so when it is not, unless the log has become too long to count."""
        if answer.status not in right and not (_is_log(call) and b'"code":"too-costly"' in answer.body):
            self.fault(call, answer, f"should be {right}: {answer.body[:200]!r}")
        return answer.status in right

    def same(self, make: Maker, there: str, nobody: str) -> Script:
        """Asked about something hidden and about what is not there, the answers are the same.

        Both are asked for by as many letters, since an answer that says what was asked for is as long as that.
        """
        nobody = (nobody * len(there))[: len(there)]
        calls = make(there), make(nobody)
        hidden = yield calls[0]
        absent = yield calls[1]
        if _is_log(calls[0]):
            self.status(calls[1], absent, hidden.status)
        elif learned(hidden, there, nobody) != learned(absent, there, nobody):
            self.count["leaks"] += 1
            told = f"{_plain(hidden, there, nobody)[:240]!r} is not {_plain(absent, there, nobody)[:240]!r}"
            self.fault(calls[0], hidden, told)

    def listed(self, call: Call, answer: Answer, right: Iterable[Thing]) -> None:
        """The matches of a search are these, and so is the total; what else the log shows is not counted."""
        bundle = decoded(answer)
        shown = [f"{one['resourceType']}/{one['id']}" for mode, one in entries(bundle) if mode == "match"]
        wanted = {f"{one.type}/{one.id}" for one in right}
        if _is_log(call):
            return
        extra, missing = set(shown) - wanted, wanted - set(shown)
        if extra or missing or len(shown) != len(set(shown)):
            self.count["leaks"] += bool(extra)
            self.fault(call, answer, f"shows {sorted(extra)} too many, {sorted(missing)} too few of {len(wanted)}")
        if bundle.get("total", len(wanted)) != len(wanted):
            self.count["leaks"] += 1
            self.fault(call, answer, f"says {bundle['total']} and {len(wanted)} may be seen")


def _around(token: bytes, told: bytes) -> bytes:
    at = told.index(token)
    return told[max(at - 60, 0) : at + 60]


def _is_log(call: Call) -> bool:
    """Whether the answer comes from the log as well, and so is another with each request."""
    return call.path.partition("?")[0].partition("/")[0] in FROM_LOG


def _readable(told: bytes) -> bytes:
    """What is told, with searches of the log in plain text and without what is made by chance."""
    return MINTED.sub(b"", CURSOR.sub(b"", QUERY.sub(lambda found: b64decode(found[0]), told)))


def _outcome(answer: Answer) -> str:
    if answer.status >= 400:
        return "refused"
    if answer.status == 200 and b'"searchset"' in answer.body[:80] and b'"entry"' not in answer.body:
        return "permitted" if b'"total":0' not in answer.body and b'"total"' in answer.body else "empty"
    return "permitted"


def decoded(answer: Answer) -> dict[str, Any]:
    """The body as an object; empty when it is none."""
    found = json.decode(answer.body) if answer.body else {}
    return found if isinstance(found, dict) else {}


def entries(bundle: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    """Search mode and resource of each entry."""
    listed = bundle.get("entry", ())
    return [(one.get("search", {}).get("mode", ""), one["resource"]) for one in listed if "resource" in one]


def learned(answer: Answer, *ids: str) -> tuple[int, list[tuple[bytes, bytes]], bytes]:
    """All that an answer tells, apart from the ids that were asked for; cursors are sealed anew each time.

    What was asked for may stand in something else that may be seen, whoever asks for what.
    """
    return (
        answer.status,
        [(name, _without(value, ids)) for name, value in answer.headers],
        _plain(answer, *ids),
    )


def _plain(answer: Answer, *ids: str) -> bytes:
    return CURSOR.sub(b"CURSOR", _without(answer.body, ids))


def _without(told: bytes, ids: Iterable[str]) -> bytes:
    for id in ids:
        told = told.replace(id.encode(), b"ID")
    return told
