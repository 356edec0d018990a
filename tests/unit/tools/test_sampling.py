"""A share of the tests: the same for the same seed, never empty, and always with the record's own."""

from __future__ import annotations

from tests.sampling import drawn

FILES = [f"tests/http/test_{number}.py" for number in range(95)] + ["tests/record/test_search.py"]


def test_the_same_seed_draws_the_same_share():
    one, other = drawn(FILES, 10, "7"), drawn(reversed(FILES), 10, "7")
    assert one == other
    assert len(one) == 10 + 1
    assert drawn(FILES, 10, "8") != one


def test_the_records_own_tests_always_run():
    assert "tests/record/test_search.py" in drawn(FILES, 10, "7")


def test_a_share_is_never_nothing():
    assert len(drawn(FILES[:3], 10, "7")) == 1


def test_every_file_is_drawn_by_some_seed():
    assert set().union(*(drawn(FILES, 10, str(seed)) for seed in range(200))) == set(FILES)
