"""A text is read in the reader's language where it is translated, and says otherwise what it is written in."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest

from saman.flows import reading
from saman.flows.reading import TRANSLATION, authored, in_language, modified, once_a_tree, once_a_version, tree_of
from saman.kernel.outcome import Refusal
from saman.model.care.caremodel import CareModel
from saman.ops.region import open_region
from saman.record import Stored

PLAN = {
    "resourceType": "CarePlan",
    "language": "en",
    "title": "My plan",
    "_title": {
        "extension": [
            {
                "url": TRANSLATION,
                "extension": [{"url": "lang", "valueCode": "nb"}, {"url": "content", "valueString": "Planen min"}],
            }
        ]
    },
    "activity": [{"detail": {"description": "Walk"}}],
}


@pytest.mark.parametrize(
    ("language", "text", "written_in"), [("nb", "Planen min", "nb"), ("fi", "My plan", "en"), ("en", "My plan", "en")]
)
def test_a_text_knows_its_language(language, text, written_in):
    said = in_language(PLAN, "title", language)
    assert (said, said.language) == (text, written_in)


def test_a_text_within_is_in_the_language_of_its_resource():
    detail = PLAN["activity"][0]["detail"]
    assert in_language(detail, "description", "fi", PLAN).language == "en"
    assert in_language(detail, "description", "fi").language == ""
    assert in_language({"language": {"text": "x"}, "text": "y"}, "text", "fi").language == ""
    assert in_language({}, "title", "fi") == ""


def version(number: int, body: str) -> Stored:
    return Stored("Goal", "g1", number, datetime(2026, 11, 20, tzinfo=UTC), "p1", "", body)


def test_a_version_is_read_once_and_another_version_or_model_anew():
    read: list[tuple[int, str]] = []

    @once_a_version
    def words(model: CareModel, stored: Stored, language: str) -> Iterator[str]:
        read.append((stored.version, language))
        yield f"{stored.body} {language}"

    region = open_region(Path("regions/no-agder"))
    assert not isinstance(region, Refusal)
    one, other = (msgspec.structs.replace(region.model) for _ in range(2))
    assert words(one, version(1, "a"), "nb") == words(one, version(1, "a"), "nb") == ("a nb",)
    assert words(one, version(2, "b"), "nb") == ("b nb",)
    assert words(one, version(1, "of another database"), "nb") == ("of another database nb",)
    assert words(one, version(1, "a"), "sv") == ("a sv",)
    assert read == [(1, "nb"), (2, "nb"), (1, "nb"), (1, "sv")]
    words(other, version(1, "a"), "nb")
    assert read[4:] == [(1, "nb")]


def test_the_tree_of_a_version_is_made_once_and_follows_what_the_reader_may_see():
    whole = version(1, ',"note":[{"text":"a"}]}')
    assert tree_of(whole)["note"] == [{"text": "a"}]
    assert tree_of(whole) is tree_of(version(1, ',"note":[{"text":"a"}]}'))
    assert "note" not in tree_of(version(1, "}"))
    assert tree_of(version(2, "}"))["meta"]["versionId"] == "2"


def test_a_task_without_a_date_of_its_own_counts_from_when_it_was_taken_in():
    task = {"resourceType": "Task", "meta": {"lastUpdated": "2026-11-20T10:00:00Z"}}
    taken_in = datetime(2026, 11, 20, 10, tzinfo=UTC)
    assert authored(task) == modified(task) == taken_in
    written = task | {"authoredOn": "2026-11-19T08:00:00Z"}
    assert authored(written) == modified(written) == datetime(2026, 11, 19, 8, tzinfo=UTC)
    changed = written | {"lastModified": "2026-11-21T09:00:00Z"}
    assert (authored(changed), modified(changed)) == (authored(written), datetime(2026, 11, 21, 9, tzinfo=UTC))


def test_a_tree_is_read_once_and_another_anew():
    read: list[str] = []

    def name(tree: dict[str, str]) -> str:
        read.append(tree["id"])
        return str(tree["id"])

    once = once_a_tree(name)
    one, same_words = {"id": "a"}, {"id": "a"}
    assert [once(one), once(one), once(same_words), once({"id": "b"}), once(one)] == ["a", "a", "a", "b", "a"]
    assert read == ["a", "a", "b"]


def test_only_so_many_trees_are_held(monkeypatch):
    monkeypatch.setattr(reading, "TREES", 2)
    read: list[int] = []
    once = once_a_tree(lambda tree: read.append(tree["n"]))
    trees = [{"n": number} for number in range(3)]
    for tree in (*trees, trees[2], trees[0]):
        once(tree)
    assert read == [0, 1, 2, 0]
