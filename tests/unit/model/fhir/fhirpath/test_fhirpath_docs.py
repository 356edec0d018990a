"""The page about FHIRPath: its example runs, and its figures are those of the code."""

from __future__ import annotations

import re
from pathlib import Path

from saman.kernel.bounds import bounds
from saman.model.fhir.fhirpath import items, lexer, parser, values
from saman.model.fhir.fhirpath.functions import FUNCTIONS

PAGE = (Path(__file__).parents[5] / "docs/subsystems/fhirpath.md").read_text("utf-8")


def test_the_example_on_the_page_runs() -> None:
    (example,) = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    exec(compile(example, "fhirpath.md", "exec"), {})


def test_the_figures_on_the_page_are_those_of_the_code() -> None:
    figures = [
        f"{lexer.MAX_LENGTH:,} characters, {lexer.MAX_TOKENS:,} tokens, {parser.MAX_DEPTH} levels",
        f"| {lexer.MAX_NUMBER} digits |",
        f"{items.MAX_STEPS:,} items",
        f"{values.MAX_TEXT:,} characters |",
        f"| Pattern | {bounds().pattern:,} characters |",
        f"{len(FUNCTIONS)} functions",
    ]
    assert [figure for figure in figures if figure not in PAGE] == []
