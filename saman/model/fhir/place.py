"""Where an element of a resource stands, noted while walking and written out only when it is told."""

from __future__ import annotations

from typing import Any

Place = tuple[Any, str, int]
"""The place of what holds an element (None for a resource), the element's name, its position in a list or -1."""


def written(place: Place | None) -> str:
    """A place as a FHIRPath expression: `Observation.component[1].value.ofType(Quantity)`."""
    parts: list[str] = []
    while place is not None:
        place, name, index = place
        parts.append(name if index < 0 else f"{name}[{index}]")
    return ".".join(reversed(parts))
