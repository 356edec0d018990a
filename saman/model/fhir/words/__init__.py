"""Words: what a resource says in them, and what a search by words asks (`_text`, `_content`)."""

from saman.model.fhir.words.asking import Words, Wrong, read_words
from saman.model.fhir.words.telling import content_words, narrative_words

__all__ = ["Words", "Wrong", "content_words", "narrative_words", "read_words"]
