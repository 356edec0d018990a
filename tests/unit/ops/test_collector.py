"""A server's collector of garbage does not go through what is there for good."""

from __future__ import annotations

import gc

from saman.ops.server import OBJECTS, spare_collector


def test_what_is_there_for_good_is_left_out() -> None:
    before = gc.get_threshold()
    try:
        spare_collector()
        assert gc.get_freeze_count() > 100_000
        assert gc.get_threshold()[0] == OBJECTS
        assert len(gc.get_objects()) < 10_000
    finally:
        gc.unfreeze()
        gc.set_threshold(*before)
