"""The walks of `docs/region-journeys.yaml`: what is done in every region, with the names of each put in."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from functools import cache
from typing import Any

import yaml

from saman.ops.region import Region
from tests import regions

from .installation import Installation
from .player import Journey
from .words import ROOT


class Walked(Installation):
    """An installation of another region than Agder."""

    def __init__(self, url: str, name: str) -> None:
        super().__init__(url, regions.MORNING, triage=False)
        self.name = name

    def region(self) -> Region:
        """The region that is served."""
        return regions.region_of(self.name)


@cache
def walks() -> dict[str, Any]:
    """The file."""
    told: dict[str, Any] = yaml.safe_load((ROOT / "docs" / "region-journeys.yaml").read_text(encoding="utf-8"))
    return told


def language_of(region: str) -> str:
    """The region's first language, in which it is walked."""
    return str(_told(region)["language"])


def journeys_of(region: str) -> list[Journey]:
    """The journeys of a region, in order, with its own names, times and steps."""
    told = _told(region)
    return [_filled(journey, told) for journey in walks()["journeys"]]


def _told(region: str) -> dict[str, Any]:
    return next(one for one in walks()["regions"] if one["region"] == region)


def _filled(journey: Mapping[str, Any], told: Mapping[str, Any]) -> Journey:
    made = {name: _named(value, told["names"]) for name, value in journey.items() if name != "steps"}
    steps = [step for one in journey["steps"] for step in _steps(one, told)]
    time = told["times"][journey["time"]]
    assert isinstance(time, datetime)
    return made | {"time": time, "steps": [_named(step, told["names"]) for step in steps]}


def _steps(step: Mapping[str, Any], told: Mapping[str, Any]) -> list[Any]:
    return list(told[step["own"]]) if "own" in step else [step]


def _named(value: Any, names: Mapping[str, str]) -> Any:
    """`value` with every `<name>` in it replaced."""
    if isinstance(value, str):
        for name, said in names.items():
            value = value.replace(f"<{name}>", said)
        return value
    if isinstance(value, list):
        return [_named(one, names) for one in value]
    if isinstance(value, dict):
        return {_named(name, names): _named(one, names) for name, one in value.items()}
    return value
