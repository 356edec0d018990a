"""The same installation as the tests of the whole application, and once more as it stands behind https."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from saman.apps.auth.tokens import Tokens
from saman.ops.token import SYSTEM_USER
from tests.http.app.conftest import Agder, agder, agder_filled, at_the_same_time, database

__all__ = ["agder", "agder_filled", "at_the_same_time", "database"]


@pytest.fixture(scope="module")
def secure(agder: Agder) -> Any:
    """The application as it stands behind https."""
    return agder.made(secure=True)


@pytest.fixture(scope="module")
def bearer(agder: Agder) -> dict[str, str]:
    """The header of the back-end client."""
    token = Tokens(agder.store.secret).make(SYSTEM_USER, "TREAT", agder.clock(), timedelta(hours=1))
    return {"authorization": f"Bearer {token}"}
