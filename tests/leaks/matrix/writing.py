"""Interactions that would write: none of them may tell what is there, and none of them changes anything."""

from __future__ import annotations

import copy
import re
from random import Random

from .oracle import Thing
from .reading import get
from .resources import CANARIES, Resource, about, kinds, templates
from .view import ABSENT, UNSUNG, Script, View, decoded
from .world import Answer, Call, sent

NEVER = (b"if-match", b'W/"999"')
"""A version that nothing has: what is allowed to be written is refused for that, and nothing changes."""


def body(kind: str, person: str, id: str = "") -> Resource:
    """A valid resource of a type about a person."""
    made = copy.deepcopy(templates()[kind])
    about(made, kinds().get(kind, ("", "-"))[1], person)
    return made | {"resourceType": kind} | ({"id": id} if id else {})


def spoken_of(view: View, thing: Thing) -> str:
    """The person whom a thing is about, or anybody where it does not say."""
    return thing.person if thing.person not in (None, "-") else view.world.town.people[0].id


def update(view: View, kind: str) -> Script:
    """A new version of what is hidden, or of what may be seen, at a version that it does not have.

    An app that may update what it does not see learns that it is there, and no more.
    """
    thing, knows = view.some(kind), kind in view.who.changes
    person = spoken_of(view, thing)
    headers = (NEVER,) if knows or thing in view.seen or view.pick.random() < 0.5 else ()
    make = lambda id: Call("PUT", f"{kind}/{id}", headers, sent(body(kind, person, id)))  # noqa: E731
    if knows or thing in view.seen:
        answer = yield make(thing.id)
        view.status(make(thing.id), answer, 403, 404, 409, 410, 412, 422)
    elif view.who.kind != "system":
        yield from view.same(make, thing.id, ABSENT)


def delete(view: View, kind: str) -> Script:
    """Removing what is hidden, or what may be seen, at a version that it does not have."""
    thing = view.some(kind)
    headers = (NEVER,) if thing in view.seen or view.pick.random() < 0.5 else ()
    if thing in view.seen:
        call = Call("DELETE", f"{kind}/{thing.id}", headers)
        answer = yield call
        view.status(call, answer, 204, 403, 409, 412) if thing.deleted else view.status(call, answer, 403, 409, 412)
    elif view.who.kind != "system":
        yield from view.same(lambda id: Call("DELETE", f"{kind}/{id}", headers), thing.id, ABSENT)


def changes(pick: Random) -> tuple[tuple[tuple[bytes, bytes], ...], bytes]:
    """A patch of one kind or the other: one that would change something, or one that asks what is there."""
    operation = pick.choice([
        {"op": "add", "path": "/language", "value": "nb"}, {"op": "test", "path": "/id", "value": "x"},
        {"op": "remove", "path": "/meta/tag/0"}, {"op": "replace", "path": "/nothing", "value": 1},
    ])  # fmt: skip
    if pick.random() < 0.7:
        return ((b"content-type", b"application/json-patch+json"),), sent([operation])
    part = [{"name": "type", "valueCode": "delete"}, {"name": "path", "valueString": "Resource.meta.tag[0]"}]
    return (), sent({"resourceType": "Parameters", "parameter": [{"name": "operation", "part": part}]})


def patch(view: View, kind: str) -> Script:
    """A patch of what is hidden, or of what may be seen, at a version that it does not have."""
    thing = view.some(kind)
    kinds_of, told = changes(view.pick)
    headers = (*kinds_of, *((NEVER,) if thing in view.seen or view.pick.random() < 0.5 else ()))
    make = lambda id: Call("PATCH", f"{kind}/{id}", headers, told)  # noqa: E731
    if thing in view.seen:
        answer = yield make(thing.id)
        view.status(make(thing.id), answer, 403, 404, 410, 412)
    elif view.who.kind != "system":
        yield from view.same(make, thing.id, ABSENT)


def conditioned(view: View, kind: str) -> Script:
    """Update, patch and delete of whatever has the canary of something hidden, about somebody who is hidden too."""
    thing = view.hidden(kind)
    if thing is None or not view.strangers or view.who.kind == "system":
        return
    stranger = view.pick.choice(view.strangers).id
    method, (headers, told) = view.pick.choice(["PUT", "PATCH", "DELETE"]), changes(view.pick)
    if method != "PATCH":
        headers, told = (), sent(body(kind, stranger)) if method == "PUT" else b""
    more = view.pick.choice([(), (NEVER,)])

    def make(canary: str) -> Call:
        return Call(method, f"{kind}?_tag={CANARIES}|{canary}", (*headers, *more), told)

    yield from view.same(make, thing.versions[-1], UNSUNG)
    call = make(UNSUNG)
    answer = yield call
    right = {"PUT": (400, 403, 404, 409, 412, 422), "PATCH": (403, 404), "DELETE": (204, 403)}
    view.status(call, answer, *right[method])


def create(view: View, kind: str) -> Script:
    """About somebody of whom nothing may be seen, on the condition that something hidden is not there."""
    thing = view.hidden(kind)
    if thing is None or not view.strangers or view.who.kind == "system":
        return
    stranger = view.pick.choice(view.strangers).id
    condition = f"_tag={CANARIES}|".encode()

    def make(canary: str) -> Call:
        return Call("POST", kind, ((b"if-none-exist", condition + canary.encode()),), sent(body(kind, stranger)))

    yield from view.same(make, thing.versions[-1], UNSUNG)
    call = make(UNSUNG)
    answer = yield call
    view.status(call, answer, 400, 403, 404, 409, 412, 422)


def transaction(view: View, kind: str) -> Script:
    """References by a condition that only something hidden fulfils, and updates on one."""
    hidden = view.hidden("Patient")
    if hidden is None or view.who.kind == "system":
        return

    def make(canary: str) -> Call:
        condition = f"Patient?_tag={CANARIES}|{canary}"
        made = body(kind, ABSENT)
        made |= {"subject": {"reference": condition}} if "subject" in made else {}
        entry = {"resource": made, "request": {"method": "POST", "url": kind}}
        other = {"request": {"method": "GET", "url": condition}}
        return Call("POST", "", (), sent({"resourceType": "Bundle", "type": "transaction", "entry": [other, entry]}))

    yield from view.same(make, hidden.versions[-1], UNSUNG)


def batch(view: View, kind: str) -> Script:
    """Several interactions with one hidden thing in one request."""
    thing = view.hidden(kind)
    if thing is None or view.who.kind == "system":
        return

    def make(id: str) -> Call:
        requests = [("GET", f"{kind}/{id}"), ("DELETE", f"{kind}/{id}"), ("GET", f"{kind}?_id={id}"),
                    ("GET", f"{kind}/{id}/_history"), ("GET", f"{kind}/{id}/_history/1"),
                    ("GET", f"{kind}/{id}?_summary=true"), ("GET", f"{kind}/{id}/_history?_since=2020"),
                    ("GET", f"{kind}?_id={id}&_summary=count"), ("GET", f"Patient/{id}/{kind}"),
                    ("DELETE", f"{kind}?_id={id}"), ("HEAD", f"{kind}/{id}")]  # fmt: skip
        entry: list[Resource] = [{"request": {"method": method, "url": url}} for method, url in requests]
        parts = {"resourceType": "Parameters"}
        entry += [{"request": {"method": "PATCH", "url": url}, "resource": parts}
                  for url in (f"{kind}/{id}", f"{kind}?_id={id}")]  # fmt: skip
        return Call("POST", "", (), sent({"resourceType": "Bundle", "type": "batch", "entry": entry}))

    yield from view.same(make, thing.id, ABSENT)


def together(calls: list[Call]) -> Call:
    """Plain reads and searches as one batch."""
    entry = [{"request": {"method": "GET", "url": call.path}} for call in calls]
    return Call("POST", "", (), sent({"resourceType": "Bundle", "type": "batch", "entry": entry}))


def apart(answer: Answer) -> list[Answer]:
    """The answers to the entries of a batch, as if each had been asked alone."""
    listed = decoded(answer).get("entry", ())
    return [_one(entry) for entry in listed]


def _one(entry: Resource) -> Answer:
    told = entry["response"]
    inside = entry.get("resource") or told.get("outcome")
    headers = tuple((name.encode(), str(told[name]).encode()) for name in ("etag", "location") if name in told)
    return Answer(int(str(told["status"])[:3]), headers, sent(inside) if inside else b"")


def plain(call: Call) -> bool:
    """Whether a call can stand in a batch."""
    known = re.fullmatch(r"(\w+)(/[\w-]+)?(\?.*)?", call.path)
    return call.method == "GET" and not call.headers and bool(known) and known[1] in templates()


__all__ = [
    "apart", "batch", "conditioned", "create", "delete", "get", "patch", "plain", "spoken_of", "together",
    "transaction", "update",
]  # fmt: skip
