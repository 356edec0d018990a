"""Addresses that a narrative links to or shows, rewritten (https://hl7.org/fhir/R4/http.html#trules)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from html import escape, unescape

_LINK = re.compile(r"""(<(?:a|img)\s(?:[^<>]*?\s)?(?:href|src)\s*=\s*)(?:"([^"<]*)"|'([^'<]*)')""")


def relinked(div: str, targets: Mapping[str, str]) -> str:
    """`div` with each `a` and `img` that leads to one of `targets` leading to what that stands for."""

    def turned(found: re.Match[str]) -> str:
        target = targets.get(unescape(found[2] or found[3] or ""))
        return found[0] if target is None else f'{found[1]}"{escape(target)}"'

    return _LINK.sub(turned, div)
