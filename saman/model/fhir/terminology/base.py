"""The code systems, value sets and concept maps that R4 itself defines, read when they are first asked for.

Made by `tools/generate_r4` from the package hl7.fhir.r4.examples, 4.0.1 (CC0).
"""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from functools import cache, lru_cache
from importlib.resources import files
from typing import Any

import msgspec

from saman.kernel import json

VERSION = "4.0.1"

_Key = tuple[str, str]


@cache
def _lines() -> dict[_Key, bytes]:
    """The JSON of each by type and URL; about 6 MB that stay as they are until one is asked for."""
    packed = files("saman.model.fhir.terminology").joinpath("data", "r4.tsv.gz").read_bytes()
    found: dict[_Key, bytes] = {}
    for line in gzip.decompress(packed).splitlines():
        kind, url, text = line.split(b"\t", 2)
        found[kind.decode(), url.decode()] = text
    return found


@lru_cache(256)
def base_resource(kind: str, url: str) -> dict[str, Any] | None:
    """What R4 defines under a canonical URL, without its narrative; None when it defines nothing there."""
    text = _lines().get((kind, url))
    if text is None:
        return None
    return {"resourceType": kind, **json.decode_kept(text.decode())}


@lru_cache(64)
def base_system_of(value_set: str) -> str:
    """The code system of R4 all of whose codes a value set is, as the code system says; empty for none."""
    said = b'"valueSet":' + msgspec.json.encode(value_set)
    return next((url for (kind, url), text in _lines().items() if kind == "CodeSystem" and said in text), "")


def base_urls(kind: str) -> Iterator[str]:
    """The canonical URLs of all that R4 defines of a type."""
    return (url for own, url in _lines() if own == kind)
