"""What a search brings along: `_include` and `_revinclude` (https://hl7.org/fhir/R4/search.html#include)."""

from __future__ import annotations

from saman.kernel.outcome import Issue
from saman.model.fhir import RESOURCE_TYPES
from saman.model.fhir.own_parameters import Parameters
from saman.record.search.asked import Include
from saman.record.search.links import MADE

_TYPES = frozenset(RESOURCE_TYPES)
_ITERATE = ("iterate", "recurse")


def read_include(type_name: str, name: str, value: str, known: Parameters) -> Include | Issue:
    """One `_include` or `_revinclude`, perhaps `:iterate`: `Type:parameter`, `Type:parameter:Target` or `*`."""
    what, _, modifier = name.partition(":")
    back, iterate = what == "_revinclude", modifier in _ITERATE
    if modifier and not iterate:
        return Issue("not-supported", f"'{what}' takes the modifier ':iterate' alone.", name)
    if value == "*":
        return Include("" if back or iterate else type_name, None, iterate=iterate, back=back)
    source, _, rest = value.partition(":")
    code, _, target = rest.partition(":")
    wrong = _wrong(type_name, what, (source, code, target), known, free=back or iterate)
    if wrong is not None:
        return wrong
    parameter = None if code == "*" else known.of(source)[code]
    return Include(source, parameter, target, iterate, back)


def _wrong(type_name: str, what: str, parts: tuple[str, str, str], known: Parameters, *, free: bool) -> Issue | None:
    """Why an include cannot be followed; unless it is `free` it starts from the type that is searched."""
    source, code, target = parts
    written = f"{'Type' if free else type_name}:parameter"
    if source not in _TYPES or (not free and source != type_name):
        return Issue("value", f"'{what}' is written {written}, with a reference parameter.", what)
    if what == "_revinclude" and source in MADE:
        return Issue("not-supported", f"'{what}' takes Provenance:target alone of what is made from the log.", what)
    parameter = known.of(source).get(code)
    if code != "*" and (parameter is None or parameter.type != "reference"):
        return Issue("value", f"'{what}' is written {written}, with a reference parameter.", what)
    if target and target not in (parameter.targets if parameter else _TYPES):
        return Issue("value", f"'{what}' names a resource type that this reference does not lead to.", what)
    return None
