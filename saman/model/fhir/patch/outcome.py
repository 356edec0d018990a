"""What a patch may make of a resource: another version of the same one, in the form that JSON has it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Protocol

import msgspec

from saman.kernel import json
from saman.kernel.outcome import Issue, Kind, Refusal, refused

MAX_OPERATIONS = 1000

Tree = dict[str, Any]


class Patch(Protocol):
    """A list of changes that has been read."""

    def apply(self, tree: Any) -> Any | Refusal:
        """What becomes of `tree`, which is changed; refused as unprocessable, with the place in the patch."""
        ...


class Held(msgspec.Struct, frozen=True):
    """A patch whose outcome is held against one more rule, which answers why it is not taken."""

    patch: Patch
    rule: Callable[[Any], Refusal | None]

    def apply(self, tree: Any) -> Any | Refusal:
        """What becomes of `tree`; refused by the patch or by the rule."""
        made = self.patch.apply(tree)
        return made if isinstance(made, Refusal) else self.rule(made) or made


class NotApplicable(Exception):
    """Carries out of an operation why it cannot be done."""

    def __init__(self, text: str, place: str = "") -> None:
        self.text = text
        self.place = place


def patched(resource: Tree, patch: Patch) -> Tree | Refusal:
    """`resource` as `patch` changes it, itself left as it is; it must still be the same resource.

    Refused as unprocessable. Whether the outcome is a valid resource is not checked here.
    """
    try:
        made = patch.apply(copied(resource))
        json.encode(made) if not isinstance(made, Refusal) else None
    except RecursionError:
        return unprocessable("What the patch makes is nested too deeply.", "")
    if isinstance(made, Refusal):
        return made
    kind = resource["resourceType"]
    for name in ("resourceType", "id"):
        if not isinstance(made, dict) or made.get(name) != resource.get(name):
            text = f"A patch may not change the {name} of a resource."
            return refused(Kind.UNPROCESSABLE, "business-rule", text, f"{kind}.{name}")
    return made


def copied(value: Any) -> Any:
    """A deep copy whose numbers keep their digits."""
    return json.decode_kept(json.encode(value).decode())


def unprocessable(text: str, place: str) -> Refusal:
    """A refusal of an operation that cannot be carried out."""
    return Refusal(Kind.UNPROCESSABLE, (Issue("processing", text, place),))


def clear(root: Any, thinned: Iterable[Any]) -> None:
    """Take out of `root` those lists and objects of `thinned` that are empty, and what is empty because of that."""
    emptied = {id(one) for one in thinned}
    if emptied and isinstance(root, dict | list):
        _clear(root, emptied)


def _clear(holder: Any, emptied: set[int]) -> None:
    pairs = list(holder.items() if isinstance(holder, dict) else enumerate(holder))
    for key, one in reversed(pairs):
        if isinstance(one, dict | list):
            _clear(one, emptied)
            if not one and id(one) in emptied:
                emptied.add(id(holder))
                del holder[key]


class Copied(msgspec.Struct):
    """How much a patch has copied, so that one which doubles what is there again and again comes to an end."""

    most: int
    bytes: int = 0

    def copy(self, value: Any) -> Any:
        """A deep copy of `value`; NotApplicable when all copies together are too large."""
        text = json.encode(value).decode()
        self.bytes += len(text)
        if self.bytes > self.most:
            raise NotApplicable("This patch copies too much.")
        return json.decode_kept(text)
