"""`saman users invite` from the outside."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import asyncpg
import pytest

from saman.record.credentials.passkeys import Credentials
from tests.http.cli.conftest import Saman

pytestmark = pytest.mark.usefixtures("people")
NOW = datetime(2026, 11, 20, 10, 0, tzinfo=UTC)
BEGINNING = "http://localhost:8000/auth/invitation#"


def actor_of(url: str, secret: str, now: datetime) -> str | None:
    """Whom an invitation is for at a time."""

    async def asked() -> str | None:
        pool = await asyncpg.create_pool(url, min_size=1, max_size=1)
        try:
            return await Credentials(pool).invited(secret, now)
        finally:
            await pool.close()

    return asyncio.run(asked())


def test_an_invitation_is_the_address_alone_and_ends_in_time(saman: Saman, database, monkeypatch) -> None:
    monkeypatch.setenv("SAMAN_PASSKEYS", "on")
    done = saman("users", "invite", "silje", "--hours", "2")
    assert done.status == 0
    assert done.out.startswith(BEGINNING)
    assert done.out.count("\n") == 1
    secret = done.out.strip().removeprefix(BEGINNING)
    assert len(secret) == 43
    assert secret not in done.err
    assert actor_of(database.app_url, secret, NOW + timedelta(minutes=119)) == "Practitioner/silje"
    assert actor_of(database.app_url, secret, NOW + timedelta(hours=2, minutes=1)) is None


@pytest.mark.parametrize("who", ["ingrid", "daughter", "nobody", "Patient/ingrid", "somebody-else"])
def test_only_staff_with_a_role_are_invited(saman: Saman, monkeypatch, who) -> None:
    monkeypatch.setenv("SAMAN_PASSKEYS", "on")
    done = saman("users", "invite", who)
    assert (done.status, done.out) == (1, "")


def test_where_passkeys_are_off_nobody_is_invited(saman: Saman) -> None:
    done = saman("users", "invite", "silje")
    assert done.status == 1
    assert "SAMAN_PASSKEYS" in done.err


@pytest.mark.parametrize("hours", ["0", "337", "many"])
def test_an_invitation_lasts_hours_that_make_sense(saman: Saman, hours) -> None:
    assert saman("users", "invite", "silje", "--hours", hours).status == 2
