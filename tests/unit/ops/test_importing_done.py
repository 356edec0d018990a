"""Which lines are done, whatever order they were done in."""

from __future__ import annotations

from random import Random

import pytest

from saman.ops.importing_done import Done


@pytest.mark.parametrize("seed", range(20))
def test_stretches_come_together_in_any_order(seed: int) -> None:
    pick = Random(seed)
    ends = sorted(pick.sample(range(1, 400), 12))
    stretches = list(zip([0, *ends], ends, strict=False))
    pick.shuffle(stretches)
    done, lines = Done(), set[int]()
    for after, until in stretches:
        done = Done.read(done.with_lines(after, until).text)
        lines |= set(range(after + 1, until + 1))
        for line in range(ends[-1]):
            reached = done.after(line)
            assert set(range(line + 1, reached + 1)) <= lines
            assert reached + 1 not in lines
            if line + 1 not in lines:
                free = set(range(line + 1, line + 1 + done.most(line, 50)))
                assert free
                assert free.isdisjoint(lines)
    assert done == Done(ends[-1])


def test_it_reads_what_earlier_versions_wrote() -> None:
    assert Done.read("") == Done()
    assert Done.read("1500") == Done(1500)
