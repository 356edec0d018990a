"""What a server process has loaded at its start is not looked through again and again."""

from __future__ import annotations

import gc

from saman.ops.collecting import OBJECTS, set_aside


def test_what_is_there_at_the_start_is_set_aside():
    before = gc.get_threshold()
    loaded = [[number] for number in range(1000)]
    assert any(one is loaded for one in gc.get_objects())
    try:
        set_aside()
        assert not any(one is loaded for one in gc.get_objects())
        assert gc.get_freeze_count() > len(loaded)
        assert gc.get_threshold() == (OBJECTS, *before[1:])
    finally:
        gc.unfreeze()
        gc.set_threshold(*before)
