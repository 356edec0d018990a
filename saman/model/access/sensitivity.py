"""How sensitive a resource is, and which Organization is responsible for it: worked out here, never taken on trust."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from importlib.resources import files
from typing import Any

import msgspec

CONFIDENTIALITY = "http://terminology.hl7.org/CodeSystem/v3-Confidentiality"
SENSITIVITY = "http://terminology.hl7.org/CodeSystem/v3-ActCode"

LEVELS = ("U", "L", "M", "N", "R", "V")
"""Codes of CONFIDENTIALITY from unrestricted to very restricted; who says nothing says N."""

_BY_TYPE = {"MolecularSequence": "GDIS"}
"""What a type says by itself."""

Resource = Mapping[str, Any]


def _read_table() -> dict[str, tuple[str, ...]]:
    text = files("saman.model.access").joinpath("sensitivity.yaml").read_bytes()
    return msgspec.yaml.decode(text, type=dict[str, tuple[str, ...]])


INCLUDED: Mapping[str, tuple[str, ...]] = _read_table()
"""Every sensitivity code with the codes that it includes."""


class Labels(msgspec.Struct, frozen=True):
    """How confidential something is, and its sensitivity codes."""

    level: str
    codes: frozenset[str]

    @property
    def text(self) -> str:
        """As the record keeps it: `R PSY SEX`."""
        return " ".join([self.level, *sorted(self.codes)])


_USUAL = Labels("N", frozenset())


def labels_of(resource: Resource) -> Labels:
    """The labels of `meta.security`, known codes only; what has a sensitivity code is restricted at least."""
    security = resource.get("meta", {}).get("security", ())
    if not security and resource["resourceType"] not in _BY_TYPE:
        return _USUAL
    said = {each.get("code") for each in security if each.get("system") == CONFIDENTIALITY}
    codes = {each.get("code") for each in security if each.get("system") == SENSITIVITY} & set(INCLUDED)
    if own := _BY_TYPE.get(resource["resourceType"]):
        codes.add(own)
    level = max(said & set(LEVELS), key=LEVELS.index, default="N")
    if codes and LEVELS.index(level) < LEVELS.index("R"):
        level = "R"
    return Labels(level, frozenset(codes))


def sensitivity_of(resource: Resource) -> str:
    """The labels of a resource as the record keeps them."""
    return labels_of(resource).text


def is_lowered(before: Resource, after: Resource) -> bool:
    """Whether an update takes a label away or makes something less confidential than it was."""
    old, new = labels_of(before), labels_of(after)
    return LEVELS.index(new.level) < LEVELS.index(old.level) or not old.codes <= new.codes


def covered_by(codes: Iterable[str], *, denies: bool) -> frozenset[str]:
    """All codes that labels in a rule speak of.

    Who denies something denies what it includes, and a level what is more confidential; who permits something permits
    what is named alone.
    """
    found = set(codes)
    if denies:
        for code in tuple(found):
            found.update(LEVELS[LEVELS.index(code) :] if code in LEVELS else INCLUDED.get(code, ()))
    return frozenset(found)


_RESPONSIBLE = (
    "custodian", "managingOrganization", "serviceProvider", "organization", "author", "recorder", "requester",
    "performer", "asserter", "informationSource", "sender", "provider", "source",
)  # fmt: skip
"""Elements that may name who is responsible, the most certain first; who is asked to do something is not."""


def holder_of(resource: Resource, party: str) -> str:
    """The id of the Organization that is responsible: the writer's own; for imports what the resource says, else ''."""
    return party or next(_organizations(resource), "")


def _organizations(resource: Resource) -> Iterator[str]:
    for name in _RESPONSIBLE:
        value = resource.get(name)
        if value is None:
            continue
        for one in value if isinstance(value, list) else [value]:
            for reference in _references(one):
                if reference.startswith("Organization/"):
                    yield reference.removeprefix("Organization/").partition("/")[0]


def _references(value: Any) -> Iterator[str]:
    """The references of an element, or of the actor in it (Procedure.performer)."""
    if isinstance(value, dict):
        for part in (value, value.get("onBehalfOf"), value.get("actor")):
            if isinstance(part, dict) and isinstance(part.get("reference"), str):
                yield part["reference"]
