"""A text is read in the reader's language where it is translated, and says otherwise what it is written in."""

from __future__ import annotations

import pytest

from saman.flows.reading import TRANSLATION, in_language

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
