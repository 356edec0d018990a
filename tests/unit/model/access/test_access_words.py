import string

import pytest

from saman.model.access import RelationKind, ground_words
from saman.model.access.words import MESSAGES, words
from saman.model.access.writing import _CONDITIONS


def test_every_ground_has_words():
    for kind in [*RelationKind, None]:
        said = ground_words(kind)
        assert said.text == MESSAGES[said.key]
    assert ground_words(None).text == "It was done by a system, without anyone reading."
    assert ground_words(RelationKind.CARE_TEAM).text == "They are in your care team."


def test_every_condition_has_words():
    assert {f"access.write.{name}" for name in _CONDITIONS} <= set(MESSAGES)


def test_arguments_are_filled_in_and_kept_for_translators():
    said = words("access.why_not.tie", rule="R01-x")
    assert "(rule R01-x)" in said.text
    assert said.args == (("rule", "R01-x"),)


def test_texts_are_whole_sentences_with_named_arguments():
    for text in MESSAGES.values():
        fields = [name for _, name, _, _ in string.Formatter().parse(text) if name is not None]
        assert all(fields), text
        assert text[0].isupper() or text.startswith("{says}")


def test_an_unknown_key_is_a_bug():
    with pytest.raises(KeyError):
        words("access.nothing")
