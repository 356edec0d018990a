"""Those who ask: tokens of two nurses and of the back-end client, sessions of people in the demo."""

from __future__ import annotations

import http.client
from datetime import UTC, datetime, timedelta

from saman.apps.auth.tokens import Tokens
from saman.apps.auth.users import User
from saman.model.access import Holder
from saman.ops.token import SYSTEM_USER
from tests.load.shapes import CENTRE, HOME_CARE

LASTING = timedelta(hours=12)


def tokens(secret: bytes) -> tuple[str, str, str]:
    """Header lines of the centre's nurse, the home nurse and the back-end client."""
    nurses = _nurse(CENTRE, "telemedicine-nurse"), _nurse(HOME_CARE, "home-care-nurse")
    nurse, home, system = (_line(secret, user) for user in (*nurses, SYSTEM_USER))
    return nurse, home, system


def _nurse(unit: str, role: str) -> User:
    return User(
        id=unit,
        name=unit,
        kind=Holder.STAFF,
        actor=f"Practitioner/{unit}-nurse",
        role=role,
        party=unit,
        party_name=unit,
    )


def _line(secret: bytes, user: User) -> str:
    return f"Authorization: Bearer {Tokens(secret).make(user, user.purpose, datetime.now(UTC), LASTING)}"


def session(port: int, user: str) -> str:
    """The header line of a session of somebody in the demo."""
    connection = http.client.HTTPConnection("127.0.0.1", port)
    try:
        kind = {"Content-Type": "application/x-www-form-urlencoded"}
        connection.request("POST", "/auth/demo", f"user={user}", kind)
        found = connection.getresponse().getheader("set-cookie")
    finally:
        connection.close()
    assert found, "nobody was signed in"
    return f"Cookie: {found.partition(';')[0]}"
