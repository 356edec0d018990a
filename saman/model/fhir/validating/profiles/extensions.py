"""Extensions: as their definitions say, only where these let them stand, and known where that matters.

Source: https://hl7.org/fhir/R4/extensibility.html and https://hl7.org/fhir/R4/defining-extensions.html#context
"""

from __future__ import annotations

from enum import Enum
from typing import Any

from saman.model.fhir.fhirpath import Context, FhirPathError, Item, compiled, item_of
from saman.model.fhir.fhirpath.values import truth
from saman.model.fhir.place import Place
from saman.model.fhir.validating.base import Looking
from saman.model.fhir.validating.profiles.conforming import Conforming
from saman.model.fhir.validating.profiles.element import Profile, Use
from saman.model.fhir.validating.profiles.known import Known
from saman.model.fhir.validating.profiles.standing import Standing, standing

_MODIFIER = "modifierExtension"
_ANYWHERE = frozenset({"Element", "*"})
_ALSO = {"http://hl7.org/fhir/StructureDefinition/regex": (Use("element", "ElementDefinition.type"),)}
"""Where R4's own definitions have extensions that are defined for other places."""


class Unknown(Enum):
    """What becomes of extensions whose definition is not loaded: all taken, none that change meaning, or none."""

    ACCEPT = "accept"
    MODIFIERS = "modifiers"
    REFUSE = "refuse"


class Extensions:
    """What is said of the extensions of one resource, with all that is in it."""

    def __init__(self, known: Known, looking: Looking, unknown: Unknown) -> None:
        self._known = known
        self._looking = looking
        self._unknown = unknown

    def check(self, value: dict[str, Any], place: Place, context: Context) -> None:
        """Note what is wrong with an extension and with where it stands."""
        url = value["url"]
        profile = self._known.profile(url)
        if profile is None:
            self._not_known(url, place)
            return
        item: Item = ("Extension", value, None)
        Conforming(self._known, self._looking, context).check(url, item, place)
        if profile.type != "Extension" or self._looking.is_full:
            return
        is_modifier = place[1] == _MODIFIER
        if is_modifier != profile.is_modifier:
            text = "changes" if profile.is_modifier else "does not change"
            self._note(f"{url} {text} the meaning of what it stands in, so it belongs elsewhere.", place)
        self._used(profile, item, place, context)

    def _note(self, text: str, place: Place, severity: str = "error") -> None:
        self._looking.note("extension", text, place, severity)

    def _not_known(self, url: str, place: Place) -> None:
        if ":" not in url and place[0] is not None and place[0][1] in ("extension", _MODIFIER):
            return  # a part of another extension, whose definition says what it is
        if self._unknown is Unknown.REFUSE:
            self._note("The definition of this extension is not loaded, and only known ones are taken here.", place)
        elif place[1] == _MODIFIER:
            text = "This extension changes the meaning of what it stands in, and its definition is not loaded."
            if self._unknown is Unknown.MODIFIERS:
                self._note(text, place)
            else:
                self._looking.note("not-found", text, place, "warning")

    def _used(self, profile: Profile, item: Item, place: Place, context: Context) -> None:
        """Note that an extension may not stand where it is, or breaks a rule of it."""
        if not (profile.uses or profile.use_rules):
            return
        self._looking.spend(1)
        holder = standing(self._looking.whole, place[0])
        uses = (*profile.uses, *_ALSO.get(profile.url, ()))
        if profile.uses and not any(self._may_stand(one, holder, context) for one in uses):
            expected = ", ".join(one.expression for one in profile.uses[:10])
            self._note(f"{profile.url} may stand only in {expected}.", place)
        for rule in profile.use_rules:
            found = self._evaluated(rule, holder.item, context, item)
            if found is not None and truth(found, 0) is False:
                self._looking.note("invariant", f"{profile.url}: {rule}", place)

    def _may_stand(self, use: Use, holder: Standing, context: Context) -> bool:
        if use.kind == "extension":
            named = use.expression.partition("#")[0]
            return holder.extension in (named, use.expression)
        if use.kind == "fhirpath":
            found = self._evaluated(use.expression, item_of(context.resource), context)
            return found is None or any(_is_one(each, holder.item) for each in found)
        path = use.expression.rpartition("#")[2]
        plain = ".".join(step.partition(":")[0] for step in path.split("."))
        return plain in _ANYWHERE or holder.is_called(plain)

    def _evaluated(self, text: str, origin: Item, context: Context, extension: Item | None = None) -> list[Item] | None:
        """What an expression gives; None where it cannot be evaluated."""
        within = Context(
            context.resource,
            now=context.now,
            origin=[origin],
            root=context.root,
            outside=context.outside,
            constants={} if extension is None else {"extension": [extension]},
            left=max(self._looking.left, 0),
        )
        before = within.left
        try:
            return compiled(text, is_lenient=True)([origin], within)
        except FhirPathError:
            return None
        finally:
            self._looking.spend(before - within.left)


def _is_one(found: Item, holder: Item) -> bool:
    """Whether two items are the same element, not only equal."""
    one, other = (each[1] if isinstance(each[1], dict) else each[2] for each in (found, holder))
    return one is not None and one is other
