"""The 732 official R4 example resources (hl7.fhir.r4.examples 4.0.1, CC0)."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from pathlib import Path

FILE = Path(__file__).parent / "data" / "r4-examples.tsv.gz"


def load_examples() -> Iterator[tuple[str, bytes]]:
    """Each example: its name (`Observation-example`) and its JSON, digit for digit as published."""
    for line in gzip.decompress(FILE.read_bytes()).splitlines():
        name, _, text = line.partition(b"\t")
        yield name.decode(), text
