"""What a call gave to an operation, read against the declaration: from the address, from Parameters, from a resource.

Every fault is found at once and named by its place: `http.count` in an address, `Parameters.parameter[2]` in a body.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from saman.apps.fhir_api.call import Call
from saman.apps.fhir_api.operations.parameter import Parameter
from saman.kernel.outcome import Issue, Kind, Refusal, refused
from saman.model.fhir import validate

_CONTROL = frozenset({"_format", "_pretty"})
MOST_GIVEN = 1000


class Given:
    """Values by the name of their parameter; each has the declared type. `others` are those that are not declared."""

    def __init__(self) -> None:
        self._values: dict[str, list[Any]] = {}
        self._places: dict[str, str] = {}
        self.others: list[tuple[str, str]] = []

    def add(self, name: str, value: Any, place: str) -> None:
        """Take one value, and remember where it stood."""
        self._values.setdefault(name, []).append(value)
        self._places.setdefault(name, place)

    def has(self, name: str) -> bool:
        """Whether there is a value."""
        return name in self._values

    def one(self, name: str) -> Any:
        """The value of a parameter that has at most one; None for one that is not there."""
        return next(iter(self._values.get(name, ())), None)

    def text(self, name: str) -> str:
        """The text of a parameter; empty for one that is not there."""
        value = self.one(name)
        return value if isinstance(value, str) else ""

    def every(self, name: str) -> Sequence[Any]:
        """All values of a parameter."""
        return self._values.get(name, ())

    def place(self, name: str) -> str:
        """Where a parameter stood; its name where it did not."""
        return self._places.get(name, name)


async def read_given(
    call: Call, takes: Sequence[Parameter], *, open_names: bool = False, as_sent: str = ""
) -> Given | Refusal:
    """What the call gave; refused with every parameter that is not declared, too often there, or not of its type.

    A resource in the parameter `as_sent`, or as the body by itself, is taken whether its structure is right or not.
    """
    body = await _body(call) if call.method == "POST" else None
    return body if isinstance(body, Refusal) else given_of(call, body, takes, open_names=open_names, as_sent=as_sent)


def given_of(
    call: Call,
    body: Mapping[str, Any] | None,
    takes: Sequence[Parameter],
    *,
    open_names: bool = False,
    as_sent: str = "",
) -> Given | Refusal:
    """The same of the address and of a body that was read."""
    pairs = call.pairs()
    if isinstance(pairs, Refusal):
        return pairs
    reader = _Reader(takes, open_names=open_names)
    reader.address((name, value) for name, value in pairs if name not in _CONTROL or name in reader.takes)
    if body is not None and as_sent:
        body = reader.apart(body, as_sent)
    issues = validate(body) if body is not None else ()
    if issues:
        return Refusal(Kind.UNPROCESSABLE, issues)
    if body is not None:
        if len(body.get("parameter", ())) > MOST_GIVEN:
            text = f"At most {MOST_GIVEN} parameters fit in one call."
            return refused(Kind.TOO_COSTLY, "too-costly", text, "Parameters.parameter")
        reader.body(body)
    return reader.finished()


async def _body(call: Call) -> Any | Refusal | None:
    """The resource that was posted; None for a body without content."""
    if call.header(b"content-length") == "0" or b"content-type" not in call.headers:
        body = await call.body()
        if body in (b"",):
            return None
        if isinstance(body, Refusal):
            return body
    return await call.resource()


class _Reader:
    def __init__(self, takes: Iterable[Parameter], *, open_names: bool) -> None:
        self.takes = {one.name: one for one in takes}
        self.open = open_names
        self.given = Given()
        self.issues: list[Issue] = []
        self.count: dict[str, int] = {}

    def address(self, pairs: Iterable[tuple[str, str]]) -> None:
        """Take the parameters of an address, which are all primitive."""
        for name, text in pairs:
            declared = self.takes.get(name)
            if declared is None and self.open:
                self.given.others.append((name, text))
            elif (told := self._known(name, name)) is not None:
                if told.is_primitive:
                    self._take(told, told.read(text), name)
                else:
                    self.issue(
                        "not-supported", f"A {told.type or 'parameter with parts'} is posted in Parameters.", name
                    )

    def apart(self, body: Any, name: str) -> Any:
        """What is left of a body when the resource of the parameter `name` was taken out; None if it was all."""
        listed = body.get("parameter") if isinstance(body, dict) and body.get("resourceType") == "Parameters" else None
        if not isinstance(listed, list):
            self.given.add(name, body, "")
            return None
        left = []
        for number, one in enumerate(listed):
            if isinstance(one, dict) and one.get("name") == name and "resource" in one:
                self._take(self.takes[name], one["resource"], f"Parameters.parameter[{number}].resource")
            else:
                left.append(one)
        return {key: value for key, value in (body | {"parameter": left}).items() if value != []}

    def body(self, resource: Mapping[str, Any]) -> None:
        """Take Parameters, or the one resource that a declaration asks for."""
        if resource["resourceType"] != "Parameters":
            self._bare(resource)
            return
        for number, one in enumerate(resource.get("parameter", ())):
            place = f"Parameters.parameter[{number}]"
            name = one.get("name", "")
            if not name:
                self.issue("required", "A parameter has a name.", f"{place}.name")
                continue
            if self.open and name not in self.takes and isinstance(one.get("valueString"), str):
                self.given.others.append((name, one["valueString"]))
                continue
            declared = self._known(name, place)
            if declared is not None:
                self._parameter(declared, one, place)

    def _bare(self, resource: Mapping[str, Any]) -> None:
        kind = resource["resourceType"]
        asked = [one for one in self.takes.values() if one.is_resource]
        if len(asked) != 1 or asked[0].type != kind:
            self.issue("invalid", "The body is Parameters with what this operation takes.", f"{kind}.resourceType")
            return
        self._take(asked[0], resource, kind)

    def _parameter(self, declared: Parameter, one: Mapping[str, Any], place: str) -> None:
        if not declared.type:
            self._take(declared, one.get("part", ()), place)
            return
        if declared.is_resource:
            found = one.get("resource")
            if found is None or found["resourceType"] != declared.type:
                self.issue("value", f"'{declared.name}' is {declared.expected}.", f"{place}.resource")
            else:
                self._take(declared, found, f"{place}.resource")
            return
        name = next((key for key in one if key.startswith("value")), "")
        sent = name.removeprefix("value")
        if not name or not any(declared.takes(each) for each in (sent, sent[:1].lower() + sent[1:])):
            self.issue("value", f"'{declared.name}' is {declared.expected}, as value{_title(declared.type)}.", place)
        else:
            self._take(declared, one[name], f"{place}.{name}")

    def _known(self, name: str, place: str) -> Parameter | None:
        declared = self.takes.get(name)
        if declared is None:
            self.issue("not-supported", "The operation has no parameter of this name.", place)
        elif declared.not_supported:
            self.issue("not-supported", f"'{declared.name}' is not supported: {declared.not_supported}", place)
            return None
        return declared

    def _take(self, declared: Parameter, value: Any, place: str) -> None:
        name = declared.name
        self.count[name] = self.count.get(name, 0) + 1
        if declared.max and self.count[name] > declared.max:
            self.issue("invalid", f"'{name}' can be given {_times(declared.max)}.", place)
        elif not declared.fits(value):
            self.issue("value", f"'{name}' is {declared.expected}.", place)
        else:
            self.given.add(name, value, place)

    def issue(self, code: str, text: str, place: str) -> None:
        self.issues.append(Issue(code, text, place))

    def finished(self) -> Given | Refusal:
        """What was given, once nothing is wrong or missing."""
        for one in self.takes.values():
            if self.count.get(one.name, 0) < one.min:
                self.issue("required", f"'{one.name}' is needed.", one.name)
        return Refusal(Kind.INVALID, tuple(self.issues[:50])) if self.issues else self.given


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count} times"


def _title(type_name: str) -> str:
    return type_name[0].upper() + type_name[1:]
