"""The codings that the value set of a question offers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from saman.model.fhir.terminology import MOST_AT_ONCE, Composer, Library, own_display
from saman.model.fhir.terminology.composing import Unanswerable

Tree = dict[str, Any]


def codings(library: Library, value_set: Mapping[str, Any]) -> list[Tree]:
    """All codings of a value set; none where they can't be listed, or are more than a question would offer."""
    try:
        entries = Composer(library).compose(value_set).codes().values()
    except Unanswerable:
        return []
    if len(entries) > MOST_AT_ONCE:
        return []
    return [_coding(one.system, one.code, own_display(one)) for one in entries]


def _coding(system: str, code: str, display: str) -> Tree:
    return {"system": system, "code": code} | ({"display": display} if display else {})
