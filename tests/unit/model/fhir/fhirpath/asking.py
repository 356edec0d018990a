"""Expressions evaluated over the samples."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from saman.model.fhir.fhirpath import Context, plain, select, text_of

NOW = datetime(2026, 5, 31, 14, 30, 5, 250_000, tzinfo=UTC)


def shown(expression: str, resource: dict[str, Any], **more: Any) -> list[str]:
    """What an expression gives, as texts; what has elements of its own as `…`."""
    items = select(expression, Context(resource, NOW, **more))
    values = [plain(item) for item in items]
    return ["…" if value is None or isinstance(value, dict) else text_of(value) for value in values]
