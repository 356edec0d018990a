"""Changing any row is noticed: by the reader, which refuses the file, or by a case of the tables.

A share by chance in every run, its seed printed; all of them by `make soak`. `SAMAN_MUTANTS_SEED` repeats a run.
Not changed are texts for people: what a rule says, law, source and note.
"""

import os
from collections import Counter
from random import Random

import pytest

from saman.model.access.terms_kinds import TERMS_OF
from tests.policy.book import COUNTRIES
from tests.policy.mutants import mutants

pytestmark = pytest.mark.fuzz
SHARE = 60
LEAST = 0.95


def score(chosen):
    """The fates of some mutants; fails when too many survive, and always when one of them opens more."""
    fates = {mutant: mutant.fate() for mutant in chosen}
    count = Counter(fates.values())
    survived = [str(mutant) for mutant, fate in fates.items() if fate == "survived"]
    read = count["found"] + count["survived"]
    print(f"mutation score {1 - len(survived) / len(fates):.4f} of {len(fates)}: {dict(count)}")
    print(f"of those that load, {count['found'] / max(read, 1):.4f} are found by a case")
    print(*survived, sep="\n")
    return count["found"] / max(read, 1), survived


@pytest.mark.parametrize("code", COUNTRIES)
def test_a_share_of_the_mutants_is_noticed(code):
    seed = int(os.environ.get("SAMAN_MUTANTS_SEED") or Random().randrange(2**32))
    every = list(mutants(code))
    assert len(every) > 700
    print(f"{code}: SAMAN_MUTANTS_SEED={seed}")
    found, survived = score(Random(seed).sample(every, SHARE))
    assert found >= LEAST, survived


@pytest.mark.soak
@pytest.mark.parametrize("code", COUNTRIES)
def test_the_mutants_are_noticed(code):
    found, survived = score(mutants(code))
    assert found >= LEAST, survived


@pytest.mark.parametrize("code", COUNTRIES)
def test_every_row_has_mutants_of_its_own(code):
    met = Counter(mutant.row for mutant in mutants(code))
    assert set(TERMS_OF) < set(met)
    assert min(met.values()) >= 2


@pytest.mark.parametrize("code", COUNTRIES)
def test_a_file_that_is_only_written_anew_is_no_mutant(code):
    same = next(mutants(code))._replace(text=next(_unchanged(code)))
    assert same.fate() == "survived"


def _unchanged(code):
    import json

    from saman.model.care.yamltree import parse
    from tests.policy.book import rows_text

    yield json.dumps(parse(code, rows_text(code))[0].value, ensure_ascii=False)
