"""Code systems, value sets and concept maps: what they say, worked out without asking anybody. Pure."""

from saman.model.fhir.terminology.base import base_resource, base_urls
from saman.model.fhir.terminology.canonical import Canonical, canonical
from saman.model.fhir.terminology.checking import (
    Checked,
    Checking,
    Coded,
    check_in_code_system,
    check_in_value_set,
    coded,
    codings,
)
from saman.model.fhir.terminology.code_system import CodeSystem, Concept
from saman.model.fhir.terminology.composing import Composer, Versions
from saman.model.fhir.terminology.expansion import MOST_AT_ONCE, Expanding, expand, own_display
from saman.model.fhir.terminology.implicit import all_codes
from saman.model.fhir.terminology.library import Library, Need, supplements_of
from saman.model.fhir.terminology.looking import Meaning, look_up, subsumes
from saman.model.fhir.terminology.mapping import Match, Translating, translate
from saman.model.fhir.terminology.unknown import no_supplement, not_loaded, only_supplement, unknown_value_set

__all__ = [
    "MOST_AT_ONCE",
    "Canonical",
    "Checked",
    "Checking",
    "CodeSystem",
    "Coded",
    "Composer",
    "Concept",
    "Expanding",
    "Library",
    "Match",
    "Meaning",
    "Need",
    "Translating",
    "Versions",
    "all_codes",
    "base_resource",
    "base_urls",
    "canonical",
    "check_in_code_system",
    "check_in_value_set",
    "coded",
    "codings",
    "expand",
    "look_up",
    "no_supplement",
    "not_loaded",
    "only_supplement",
    "own_display",
    "subsumes",
    "supplements_of",
    "translate",
    "unknown_value_set",
]
