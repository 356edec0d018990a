"""Interactions that read one thing: by id, by version, their history, under conditions, in other forms."""

from __future__ import annotations

from base64 import b64decode

from .oracle import Thing
from .view import ABSENT, FROM_LOG, Maker, Script, View, decoded
from .world import Call

AS_RESOURCE = {"accept": b"application/fhir+json"}
"""A Binary that is not asked for as a resource comes as what it holds."""
OFTEN = frozenset({"Patient", "Observation", "Organization"})
"""The types whose turn it is when everything is asked for."""
SINCE = b"Fri, 01 Jan 2038 00:00:00 GMT"


def get(path: str, **headers: bytes) -> Call:
    """A GET; `if_none_match` stands for the header of that name."""
    return Call("GET", path, tuple((name.replace("_", "-").encode(), value) for name, value in headers.items()))


def one(view: View, thing: Thing, make: Maker) -> Script:
    """The answer about a hidden thing: as if it were not there, and not found."""
    yield from view.same(make, thing.id, ABSENT)
    call = make(thing.id)
    answer = yield call
    view.status(call, answer, 404 if view.lets(thing.type) else 403)


def read(view: View, kind: str) -> Script:
    """The current version."""
    thing = view.some(kind)
    call = get(f"{kind}/{thing.id}", **AS_RESOURCE)
    if thing not in view.seen:
        yield from one(view, thing, lambda id: get(f"{kind}/{id}", **AS_RESOURCE))
        return
    answer = yield call
    right = view.status(call, answer, 410 if thing.deleted else 200)
    if right and not thing.deleted and thing.versions[-1].encode() not in answer.body:
        view.fault(call, answer, "is not the current version")


def content(view: View, kind: str) -> Script:
    """What a Binary holds, all of it or a part, now or in its first version."""
    if kind != "Binary":
        return
    thing = view.some(kind)
    where = view.pick.choice(["", "", "/_history/1"])
    said = view.pick.choice([{}, {"range": b"bytes=0-1"}, {"accept": b"text/plain"}])
    make: Maker = lambda id: get(f"{kind}/{id}{where}", **said)  # noqa: E731
    if thing not in view.seen:
        yield from one(view, thing, make)
        return
    answer = yield make(thing.id)
    gone = thing.deleted and not where
    right = view.status(make(thing.id), answer, 410 if gone else 206 if "range" in said else 200)
    if right and not gone and answer.body not in b64decode(thing.versions[0 if where else -1]):
        view.fault(make(thing.id), answer, "is not what that version holds")


def head(view: View, kind: str) -> Script:
    """The headers alone."""
    thing = view.some(kind)
    if thing not in view.seen:
        yield from view.same(lambda id: Call("HEAD", f"{kind}/{id}"), thing.id, ABSENT)
        return
    call = Call("HEAD", f"{kind}/{thing.id}")
    answer = yield call
    view.status(call, answer, 410 if thing.deleted else 200)


def vread(view: View, kind: str) -> Script:
    """One version, also one that never was."""
    thing = view.some(kind)
    number = view.pick.randint(1, len(thing.versions) + 2)
    make: Maker = lambda id: get(f"{kind}/{id}/_history/{number}", **AS_RESOURCE)  # noqa: E731
    if thing not in view.seen:
        yield from one(view, thing, make)
        return
    answer = yield make(thing.id)
    if number <= len(thing.versions):
        right = view.status(make(thing.id), answer, 200)
        if right and thing.versions[number - 1].encode() not in answer.body:
            view.fault(make(thing.id), answer, "is another version")
    else:
        gone = thing.deleted and number == len(thing.versions) + 1
        view.status(make(thing.id), answer, 410 if gone else 404)


def history(view: View, kind: str) -> Script:
    """All versions of one thing."""
    thing = view.some(kind)
    make: Maker = lambda id: get(f"{kind}/{id}/_history?_count=100")  # noqa: E731
    if thing not in view.seen:
        yield from one(view, thing, make)
        return
    answer = yield make(thing.id)
    if view.status(make(thing.id), answer, 200):
        many, right = len(decoded(answer).get("entry", ())), len(thing.versions) + thing.deleted
        if many != right:
            view.fault(make(thing.id), answer, f"shows {many} versions of {right}")


def history_of_type(view: View, kind: str) -> Script:
    """All versions of all things of a type that may be seen, in one page or several."""
    call = get(f"{kind}/_history?_count={view.pick.choice([1000, 1000, 7])}")
    whole = not view.who.only and view.lets(kind)
    right = sum(len(one.versions) + one.deleted for one in view.of.get(kind, ()))
    many = 0
    for _ in range(60):
        answer = yield call
        if not view.status(call, answer, 200 if whole else 403) or not whole:
            return
        bundle = decoded(answer)
        many += len(bundle.get("entry", ()))
        following = [link["url"] for link in bundle.get("link", ()) if link["relation"] == "next"]
        if not following:
            break
        call = get(following[0].partition("/fhir/")[2])
    if many != right and kind not in FROM_LOG:
        view.fault(call, answer, f"shows {many} versions of {right}")


def history_of_all(view: View, kind: str) -> Script:
    """All versions of everything that may be seen, or those of a moment; now and then, for it is long."""
    if kind not in OFTEN:
        return
    more = view.pick.choice(["", "&_since=2020", "&_at=2030-01-01", "&_since=2038", "&_summary=true"])
    call = get(f"_history?_count=1000{more}")
    right = sum(_versions(one, more) for one in view.seen if one.type not in FROM_LOG)
    many = 0
    for _ in range(60):
        answer = yield call
        barred = bool(view.who.only) or view.who.types == frozenset()
        if not view.status(call, answer, 403 if barred else 200) or barred:
            return
        bundle = decoded(answer)
        listed = [one for one in bundle.get("entry", ()) if not one["request"]["url"].startswith(tuple(FROM_LOG))]
        many += len(listed)
        following = [link["url"] for link in bundle.get("link", ()) if link["relation"] == "next"]
        if not following:
            break
        call = get(following[0].partition("/fhir/")[2])
    if many != right:
        view.count["leaks"] += many > right
        view.fault(call, answer, f"shows {many} versions of {right}")


def _versions(thing: Thing, more: str) -> int:
    """How many versions a span shows of a thing: all were made at the same time, the last one is there."""
    if "_since=2038" in more:
        return 0
    return 1 if "_at=" in more else len(thing.versions) + thing.deleted


def spans(view: View, kind: str) -> Script:
    """The versions of one thing since a time, or at one."""
    thing = view.some(kind)
    more = view.pick.choice(["_since=2020", "_since=2038", "_at=2030-01-01", "_at=2020"])
    make: Maker = lambda id: get(f"{kind}/{id}/_history?{more}")  # noqa: E731
    if thing not in view.seen:
        yield from one(view, thing, make)
        return
    answer = yield make(thing.id)
    if view.status(make(thing.id), answer, 200):
        many, right = len(decoded(answer).get("entry", ())), 0 if more == "_at=2020" else _versions(thing, more)
        if many != right:
            view.fault(make(thing.id), answer, f"shows {many} versions of {right}")


def part(view: View, kind: str) -> Script:
    """A part of the current version, or of the first one."""
    thing = view.some(kind)
    asked = view.pick.choice(["_summary=true", "_summary=text", "_summary=data", "_elements=id,subject,nothing"])
    where = view.pick.choice(["", "/_history/1"])
    make: Maker = lambda id: get(f"{kind}/{id}{where}?{asked}")  # noqa: E731
    if thing not in view.seen:
        yield from one(view, thing, make)
        return
    answer = yield make(thing.id)
    version = thing.versions[0 if where else -1]
    right = view.status(make(thing.id), answer, 410 if thing.deleted and not where else 200)
    if right and answer.status == 200 and (version.encode() not in answer.body or b"SUBSETTED" not in answer.body):
        view.fault(make(thing.id), answer, "is not a part of that version")


def conditional(view: View, kind: str) -> Script:
    """With the tag or the time that would be there; in other forms."""
    thing = view.some(kind)
    tag = f'W/"{len(thing.versions)}"'.encode()
    said = view.pick.choice([{"if_none_match": tag}, {"if_none_match": b"*"}, {"if_modified_since": SINCE}])
    other = view.pick.choice([{"accept": b"application/octet-stream"}, {"accept": b"application/fhir+xml"}, {}, {}])
    make: Maker = lambda id: get(f"{kind}/{id}", **said, **other)  # noqa: E731
    if thing not in view.seen:
        yield from view.same(make, thing.id, ABSENT)
        return
    answer = yield make(thing.id)
    if not other:
        view.status(make(thing.id), answer, 410 if thing.deleted else 304)


def operation(view: View, kind: str) -> Script:
    """Compartments, and operations, which are not there: for nobody, about nobody."""
    thing = view.hidden(kind)
    way = view.pick.choice([
        f"{kind}/{{}}/$everything", f"{kind}/{{}}/$validate", f"{kind}/$lastn?subject={{}}", f"Patient/{{}}/{kind}",
        "Patient/{}/$everything", "Patient/{}/*",
        f"{kind}/{{}}/$status", f"{kind}/{{}}/$events", f"{kind}/{{}}/$get-ws-binding-token",
        "Practitioner/{}/Observation", "Group/{}/$export", f"$export?_type={kind}&patient={{}}",
        f"?_type={kind}&_id={{}}",
        f"{kind}/{{}}/_history/$diff", f"_history?_id={{}}&_type={kind}", f"{kind}/{{}}/_history/999999999999999999999",
        f"{kind}/{{}}?_format=xml", f"{kind}/{{}}?_pretty=true&_elements=id", f"{kind}/{{}}/_history?_since=2020",
    ])  # fmt: skip
    if thing is not None:
        yield from view.same(lambda id: get(way.replace("{}", id)), thing.id, ABSENT)
