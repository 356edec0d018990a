"""Whether a resource, or an element, is as a profile says: the third level of validation.

Cardinality, types, fixed values, patterns, lengths, bindings, rules, slices, extensions and profiles of types.
Source: https://hl7.org/fhir/R4/profiling.html
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from saman.model.fhir.definitions import lineage
from saman.model.fhir.fhirpath import Context, FhirPathError, Item, Outside, compiled
from saman.model.fhir.fhirpath.values import truth
from saman.model.fhir.place import Place
from saman.model.fhir.reference_text import literal
from saman.model.fhir.terminology import canonical
from saman.model.fhir.validating.base import Looking
from saman.model.fhir.validating.profiles.element import Node, Profile, TypeAllowed
from saman.model.fhir.validating.profiles.known import Known, base_type, is_of_type
from saman.model.fhir.validating.profiles.limits import limit_fault
from saman.model.fhir.validating.profiles.paths import Found, below, told_of
from saman.model.fhir.validating.profiles.slicing import Telling
from saman.model.fhir.validating.profiles.terms import codes_of
from saman.model.fhir.validating.profiles.values import has_pattern, is_same

MAX_NESTED = 12
"""Profiles within profiles; what leads deeper is taken as it is."""

_CODED = frozenset({"code", "Coding", "CodeableConcept", "Quantity", "string", "uri"})


class Conforming:
    """One validation against profiles; `context` is that of the resource which the items are in."""

    def __init__(self, known: Known, looking: Looking, context: Context, nested: int = 0) -> None:
        self._known = known
        self._looking = looking
        self._context = context
        self._nested = nested

    def claimed(self, url: str, item: Item, place: Place) -> None:
        """The same by a profile that an item claims to be as, in no other version than the one that it names."""
        if self._known.is_other_version(url):
            text = "A profile is named here in a version that is not loaded, so it was not checked."
            self._looking.note("not-found", text, place, "warning")
        else:
            self.check(url, item, place)

    def check(self, url: str, item: Item, place: Place) -> None:
        """Note what is wrong with an item by the profile of a URL; that it is not known, where it is not."""
        profile = self._known.profile(url)
        if profile is None:
            self._unknown(url, item, place)
        elif profile.type not in lineage(item[0]):
            self._looking.note("structure", f"The profile {profile.url} is for {profile.type}.", place)
        elif self._nested < MAX_NESTED:
            within = _Within(self._known, self._looking, self._context, self._nested + 1, profile)
            within.one(profile.root, item, place)

    def _unknown(self, url: str, item: Item, place: Place) -> None:
        if is_of_type(item[0], url):
            return
        if base_type(url):
            self._looking.note("structure", f"This is no {base_type(url)}.", place)
            return
        text = "A profile is named here whose definition is not loaded, so it was not checked."
        fault = self._known.fault(url)
        if fault:
            text = f"A profile is named here whose definition cannot be used, so it was not checked: {fault}"
        self._looking.note("not-found", text, place, "warning")

    def conforms(self, url: str, item: Item) -> bool:
        """Whether an item is as the profile of a URL says; false for one that is not known."""
        if self._known.profile(url) is None:
            return is_of_type(item[0], url)
        quiet = Looking(self._looking.now, errors_only=True)
        quiet.left = self._looking.left
        Conforming(self._known, quiet, self._context, self._nested).check(url, item, (None, item[0], -1))
        self._looking.left = quiet.left
        return not any(one.severity == "error" for one in quiet.issues)


class _Within(Conforming):
    """The same within one profile."""

    def __init__(self, known: Known, looking: Looking, context: Context, nested: int, profile: Profile) -> None:
        super().__init__(known, looking, context, nested)
        self._profile = profile
        self._telling = Telling(known, profile, context, self.conforms)

    def all(self, node: Node, found: Found, parent: Place, *, is_slice: bool = False) -> None:
        """Check all items of an element, or of a slice, that one holder has."""
        name = f"{node.name}:{node.slice_name}" if is_slice else node.name
        count, whose = len(found), f"as {self._profile.url} says"
        if count < node.least:
            text = f"At least {node.least} of {name} must be there, {whose}; there {_are(count)}."
            self._looking.note("required", text, parent)
        if node.most is not None and count > node.most:
            text = f"At most {node.most} of {name} may be there, {whose}; there {_are(count)}."
            self._looking.note("structure", text, found[node.most][1] if not is_slice else parent)
        for item, place in found:
            self.one(node, item, place)
        if node.slices:
            self._slices(node, found, parent)

    def one(self, node: Node, item: Item, place: Place) -> None:
        """Check one item and all below it."""
        looking = self._looking
        looking.spend(1)
        if looking.is_full or looking.left <= 0:
            return
        if node.types and not self._types(node, item, place):
            return
        if item[1] is not None:
            self._value(node, item, place)
        for rule in node.rules:
            self._rule(rule.expression, f"{rule.key}: {rule.text}", item, place, rule.severity)
        for name, child in told_of(node, self._profile).items():
            self.all(child, below(item, place, name), place)

    def _value(self, node: Node, item: Item, place: Place) -> None:
        whose = f"as {self._profile.url} says"
        if node.exact and not is_same(item[1], node.exact[0]):
            self._looking.note("value", f"This must be exactly what is fixed for it, {whose}.", place)
        if node.pattern and not has_pattern(item[1], node.pattern[0]):
            self._looking.note("value", f"This must hold all of the pattern for it, {whose}.", place)
        fault = limit_fault(node, item[1])
        if fault:
            self._looking.note("value", f"{fault}, {whose}.", place)
        if item[0] in _CODED:
            if node.binding[1] and node.binding[0] in ("required", "extensible"):
                self._binding(*node.binding, item, place)
            if node.widest and codes_of(item):
                self._binding("required", node.widest, item, place)

    def _binding(self, strength: str, url: str, item: Item, place: Place) -> None:
        found = self._known.terms.holds(url, item)
        if found is None:
            if strength == "required":
                text = f"The codes of {canonical(url).url} are not loaded, so this code was not checked."
                self._looking.note("not-found", text, place, "information")
        elif not found:
            severity = "error" if strength == "required" else "warning"
            self._looking.note("code-invalid", f"Expected a code from {canonical(url).url}.", place, severity)

    def _rule(self, expression: str, text: str, item: Item, place: Place, severity: str) -> None:
        looking = self._looking
        outside = Outside(member_of=self._is_member, conforms_to=self._is_as)
        context = msgspec.structs.replace(self._context, origin=[item], left=max(looking.left, 0), outside=outside)
        try:
            found = truth(compiled(expression, is_lenient=True)([item], context), 0)
        except FhirPathError:
            looking.unevaluated.append(text.partition(":")[0])
            found = None
        looking.left = min(looking.left, context.left)
        if found is False and not (severity == "warning" and looking.errors_only):
            looking.note("invariant", text, place, severity)

    def _is_member(self, item: Item, url: str) -> bool | None:
        return self._known.terms.holds(url, item)

    def _is_as(self, item: Item, url: str) -> bool | None:
        is_known = self._known.profile(url) is not None or base_type(url) != ""
        return self.conforms(url, item) if is_known else None

    def _types(self, node: Node, item: Item, place: Place) -> bool:
        """Whether an item has one of the types of its element; notes where it is not as their profiles say."""
        types = lineage(item[0])
        fitting = [one for one in node.types if one.code in types or one.code in ("Element", "BackboneElement")]
        if not fitting:
            expected = ", ".join(dict.fromkeys(one.code for one in node.types))
            self._looking.note("structure", f"Expected {expected}, as {self._profile.url} says.", place)
            return False
        if any(not one.profiles for one in fitting):
            pass
        elif len(profiles := [url for one in fitting for url in one.profiles]) == 1:
            self.check(profiles[0], item, place)
        elif not self._one_of(profiles, item):
            text = f"This is as none of the profiles says that {self._profile.url} allows here."
            self._looking.note("structure", text, place)
        if item[0] == "Reference":
            self._target(fitting, item, place)
        return True

    def _one_of(self, profiles: Sequence[str], item: Item) -> bool:
        return any(self._known.profile(url) is None and not base_type(url) for url in profiles) or any(
            self.conforms(url, item) for url in profiles
        )

    def _target(self, fitting: Sequence[TypeAllowed], item: Item, place: Place) -> None:
        """Note a reference to a type that the profile does not allow; what it leads to is another's to check."""
        targets = [url for one in fitting for url in one.targets]
        known = [self._known.profile(url) for url in targets]
        types = {one.type if one else base_type(url) for one, url in zip(known, targets, strict=True)}
        value = item[1] if isinstance(item[1], dict) else {}
        parts = literal(value.get("reference", ""))
        named = parts.type if parts else value.get("type", "")
        if named and types and "" not in types and types.isdisjoint(lineage(named)):
            expected = " or ".join(sorted(types))
            self._looking.note("value", f"Expected a reference to {expected}, as {self._profile.url} says.", place)

    def _slices(self, node: Node, found: Found, parent: Place) -> None:
        slicing = node.slicing
        if slicing is None or not slicing.discriminators:
            return
        groups: list[Found] = [[] for _ in node.slices]
        last, is_past = -1, False
        for item, place in found:
            self._looking.spend(len(node.slices))
            number = self._telling.place(node.slices, slicing, item)
            if number < 0:
                is_past = True
                if slicing.rules == "closed":
                    self._looking.note("structure", f"This is in none of the slices of {self._profile.url}.", place)
                continue
            if (is_past and slicing.rules == "openAtEnd") or (slicing.is_ordered and number < last):
                self._looking.note("structure", f"The order is not that of {self._profile.url}.", place)
            last = max(last, number)
            groups[number].append((item, place))
        for one, group in zip(node.slices, groups, strict=True):
            self.all(one, group, parent, is_slice=True)


def _are(count: int) -> str:
    return "is 1" if count == 1 else f"are {count}"
