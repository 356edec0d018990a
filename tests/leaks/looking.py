"""Looks at an answer from every side for what should not be there."""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import unquote_plus

import httpx

from . import canaries
from .canaries import CANARY


def leaks(answer: httpx.Response) -> list[str]:
    """Where a canary or an unasked-for id of a hidden resource stands in an answer: its headers, address and body."""
    told = "\n".join([*(f"{name}: {value}" for name, value in answer.headers.items()), answer.text])
    said = unquote_plus(told).lower()
    where = f"{answer.request.method} {answer.request.url.path} {answer.status_code}"
    found = [f"{where}: a canary"] if CANARY[1:] in said else []
    asked = f"{unquote_plus(str(answer.request.url))} {answer.request.content.decode()}"
    found += [f"{where}: {id}" for id in HIDDEN if id in said and id not in asked]
    return found


CURSOR: Final = re.compile(rb"(?<=_cursor=)[\w-]+")
HIDDEN: Final = (canaries.PERSON, canaries.GONE, *(one["id"] for one in canaries.about(canaries.PERSON)))


def learned(answer: httpx.Response, id: str) -> tuple[int, dict[str, str], bytes]:
    """All that a caller learns, apart from the id that they sent themselves.

    Cursors are sealed anew each time, and with them goes the length of what is compressed.
    """
    headers = {name: value.replace(id, "ID") for name, value in answer.headers.items()}
    body, cursors = CURSOR.subn(b"CURSOR", answer.content.replace(id.encode(), b"ID"))
    if cursors and "content-encoding" in headers:
        del headers["content-length"]
    return answer.status_code, headers, body
