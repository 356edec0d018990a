from __future__ import annotations

import re
from pathlib import Path

from saman.ops.demo.profile import read_profiles

PAGE = Path(__file__).parents[4] / "docs/subsystems/demo.md"


def test_the_example_runs() -> None:
    (example,) = re.findall(r"```python\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    exec(compile(example, str(PAGE), "exec"), {})


def test_every_hand_made_person_is_told_of() -> None:
    text = PAGE.read_text("utf-8")
    assert [name for name in read_profiles() if f"`{name}`" not in text] == []
