"""The official suite of SQL on FHIR (README.md)."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from saman.kernel import json

FILE = Path(__file__).parent / "suite.tsv.gz"


def load() -> Iterator[tuple[str, dict[str, Any]]]:
    """Each file of the suite by its name."""
    for line in gzip.decompress(FILE.read_bytes()).splitlines():
        name, _, text = line.partition(b"\t")
        yield name.decode(), json.decode(text)


SUITE = dict(load())
"""Each file by its name: resources, and tests with a view and its rows."""
