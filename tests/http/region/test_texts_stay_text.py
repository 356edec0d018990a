"""Whatever a region's files say stays text on its pages: in HTML, in pictures, in packages and in addresses."""

from __future__ import annotations

from html.parser import HTMLParser
from typing import Any

import pytest
import yaml
from starlette.applications import Starlette

from saman.kernel.outcome import Refusal
from saman.ops.forking import fork
from saman.ops.region import open_region
from tests.applying import AGDER, region_files
from tests.http.region.conftest import fetched, make_app

ACTS = "</title></text></svg><script>zq7()</script><img src=x onerror=zq7()>\"' onload='zq7()' {{zq7()}} ]]>&#60;b"
LANGUAGES = frozenset({"nb", "sv", "da", "fi", "is", "en"})
NAMES = frozenset({"name", "title", "publisher", "law", "licence", "author", "phone", "shown", "called"})


def hostile(text: str) -> str:
    """A file with all that people read made to act."""
    whole = yaml.compose(text, Loader=yaml.SafeLoader)
    _spoil(whole, "")
    return str(yaml.serialize(whole, Dumper=yaml.SafeDumper, allow_unicode=True, width=10_000))


def _spoil(node: Any, name: str) -> None:
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            _spoil(value, key.value)
    elif isinstance(node, yaml.SequenceNode):
        for one in node.value:
            _spoil(one, name)
    elif name in LANGUAGES or name in NAMES:
        node.value, node.style, node.tag = f"{node.value} {ACTS}", '"', "tag:yaml.org,2002:str"


@pytest.fixture(scope="module")
def crafted(tmp_path_factory: pytest.TempPathFactory) -> Starlette:
    """Agder in words that act."""
    folder = tmp_path_factory.mktemp("crafted") / "regions"
    for path, text in region_files(AGDER).items():
        is_ours = path.startswith("no-agder/") and "from-" not in path
        file = folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(hostile(text) if is_ours else text, "utf-8")
    assert not isinstance(fork(folder / "no-agder", folder / "other"), Refusal)
    found = open_region(folder / "no-agder")
    assert not isinstance(found, Refusal), found
    return make_app(found)


class Acting(HTMLParser):
    """What in a page would act: elements and attributes that none of our templates has, and addresses that run."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        had = dict(attributes)
        if tag == "script" and not (had.get("src") or "").startswith("/static/"):
            self.found.append(tag)
        self.found += [name for name in had if name.startswith("on") or name in ("style", "srcdoc")]
        self.found += [tag] * (tag in ("iframe", "object", "embed", "base") or had.get("src") == "x")
        addresses = (had.get(name) or "" for name in ("href", "src", "action", "xlink:href"))
        self.found += [
            one for one in addresses if ":" in one.partition("/")[0] and not one.startswith(("http", "tel:"))
        ]


PAGES = [
    "/region", "/region/services/digital-home-follow-up", "/region/services/safety-alarm", "/region/gallery",
    "/region/pathways/admission-discharge", "/region/compare?of=other&of=no-agder", "/about",
]  # fmt: skip


@pytest.mark.parametrize("language", ["nb", "en", "fi"])
@pytest.mark.parametrize("path", PAGES)
def test_what_a_region_says_acts_on_no_page(crafted: Starlette, path: str, language: str) -> None:
    answer = fetched(crafted, f"{path}{'&' if '?' in path else '?'}lang={language}")
    assert answer.status_code == 200
    assert "zq7()" in answer.text
    page = Acting()
    page.feed(answer.text)
    assert page.found == []
    assert "<script>zq7" not in answer.text


def test_a_package_of_it_is_named_and_read_as_any_other(crafted: Starlette) -> None:
    answer = fetched(crafted, "/region/package")
    assert answer.status_code == 200
    assert answer.headers["content-disposition"] == 'attachment; filename="saman.region.no-agder-0.1.0.tgz"'
