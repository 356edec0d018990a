"""Expected failures carry their status and say what was expected."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from saman.kernel.clock import instant
from saman.kernel.outcome import Issue, Kind, Refusal, refused


@pytest.mark.parametrize("kind", list(Kind))
def test_every_kind_has_an_http_status(kind: Kind) -> None:
    assert 400 <= Refusal(kind, ()).status < 600


def test_a_query_too_costly_is_forbidden_to_http() -> None:
    assert (Kind.TOO_COSTLY.status, Kind.FORBIDDEN.status) == (403, 403)
    assert Kind.TOO_COSTLY is not Kind.FORBIDDEN


def test_a_refusal_keeps_what_a_page_needs_to_say_it() -> None:
    assert refused(
        Kind.INVALID, "value", "Expected a date.", "Patient.birthDate", "form.date", field="birth"
    ) == Refusal(
        Kind.INVALID,
        (Issue("value", "Expected a date.", "Patient.birthDate", key="form.date", args=(("field", "birth"),)),),
    )


def test_an_instant_is_utc_with_milliseconds() -> None:
    oslo = timezone(timedelta(hours=1))
    assert instant(datetime(2026, 11, 20, 15, 40, 0, 123999, oslo)) == "2026-11-20T14:40:00.123Z"
    assert instant(datetime(2026, 11, 20, tzinfo=UTC)) == "2026-11-20T00:00:00.000Z"
