"""The rules as they stand in Agder's service model."""

from pathlib import Path

import pytest

from saman.model.care.combine import rules_of
from saman.model.care.load import Loaded, load
from saman.model.care.monitoring import Rule

REGIONS = Path(__file__).parents[4] / "regions"


@pytest.fixture
def agder_rules() -> tuple[Rule, ...]:
    files = {str(path.relative_to(REGIONS)): path.read_text("utf-8") for path in REGIONS.rglob("*.yaml")}
    loaded = load(files, "no-agder")
    assert isinstance(loaded, Loaded)
    service = loaded.model.service("digital-home-follow-up")
    assert service is not None
    return rules_of(service, ["copd", "heart-failure"])
