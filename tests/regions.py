"""The regions that come along, each with its demo in a database that is filled once a run and copied."""

from __future__ import annotations

from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Final

from saman.kernel.outcome import Refusal
from saman.ops import postgres
from saman.ops.demo.anywhere.cast import Cast, cast_of
from saman.ops.region import Region, open_region
from saman.ops.setup import set_up
from saman.record import open_store
from tests.conftest import aside, made_once

REGIONS: Final = Path(__file__).parent.parent / "regions"
MADE: Final = ("se-norrtalje", "fi-paijat-hame", "is-fjallabyggd", "dk", "template")
"""Regions whose demo is made from their files; that of Agder is written by hand."""

MORNING: Final = datetime.fromisoformat("2026-11-19T08:00:00+01:00")
"""A Thursday, when the demo of every region is loaded."""


@cache
def region_of(name: str) -> Region:
    """A region by the name of its folder, read once a process."""
    opened = open_region(REGIONS / name, MORNING.date())
    assert isinstance(opened, Region), opened
    return opened


@cache
def people_of(name: str) -> Cast:
    """Who is in the demo of a region."""
    cast = cast_of(region_of(name).model)
    assert cast is not None
    return cast


def filled(cluster: postgres.Cluster, run_folder: Path, template: str, name: str) -> str:
    """The name of a database with a region and its demo, set up as a server sets it up."""

    def finish(unfinished: str) -> None:
        aside(_fill(cluster.app_url(unfinished), name))

    return made_once(cluster, run_folder, f"saman_region_{name.replace('-', '_')}", template, finish)


async def _fill(url: str, name: str) -> None:
    region = region_of(name)
    store = await open_store(url, region.policy, connections=4)
    assert not isinstance(store, Refusal), store
    done = await set_up(store, region, lambda: MORNING, lambda line: None, demo=True)
    assert done is None, done
    await store.close()
