"""`saman verify data` from the outside: 0 when all is as it was written, else 1, and type and id of what is not."""

from __future__ import annotations

import psycopg
import pytest

from tests.conftest import Database
from tests.http.cli.conftest import PEOPLE, Saman

pytestmark = [pytest.mark.usefixtures("people"), pytest.mark.postgres]


def test_what_nobody_touched_is_whole(saman: Saman) -> None:
    done = saman("verify", "data")
    assert (done.status, done.err, done.out) == (0, "", f"Whole: {len(PEOPLE)} resources\n")


def test_what_was_changed_is_named_without_a_word_of_it(saman: Saman, database: Database) -> None:
    with psycopg.connect(database.superuser_url, autocommit=True) as connection:
        connection.execute("UPDATE date SET low = low + interval '1 day' WHERE id = 'ingrid'")
        done = saman("verify", "data")
        connection.execute("UPDATE date SET low = low - interval '1 day' WHERE id = 'ingrid'")
    assert done.status == 1
    assert done.out.splitlines() == [
        "Patient/ingrid lacks 1 search values in date.",
        "Patient/ingrid has 1 search values in date that are not its own.",
    ]
    assert done.err.splitlines() == [f"Of {len(PEOPLE)} resources 1 are not as they were written."]
    assert saman("verify", "data").status == 0
