"""What stands beside a person: critical facts, the shared plan, and who is around. Pure, from what the user may see."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any, Literal

from markupsafe import Markup

from saman.apps.team.desk import Desk
from saman.apps.team.views import Around, PlanLine
from saman.apps.ui.locales import mark, together
from saman.flows.directory import Named, name_of
from saman.flows.reading import Said, day_of, in_language
from saman.model.access.near import is_guardian, is_proxy
from saman.model.care import codes

Resource = dict[str, Any]

FLAG_CATEGORY = "http://terminology.hl7.org/CodeSystem/flag-category"
CLINICAL = "http://terminology.hl7.org/CodeSystem/allergyintolerance-clinical"
SCOPE = "urn:saman:scope"
KINDS = {
    "advance-directive": mark("Treatment limit"),
    "safety": mark("In the home"),
    "admin": mark("At the door"),
    "contact": mark("Contact"),
    "clinical": mark("Note"),
    "behavioral": mark("Note"),
}
ORDER = ("advance-directive", "safety", "clinical", "behavioral", "contact", "admin")
ANSWERS = {
    "wants": mark("wants this"),
    "does-not-want": mark("does not want this"),
    "not-asked": mark("not asked yet"),
    "could-not-say": mark("could not say"),
}
SCOPES = {
    "plan": mark("the plan"),
    "messages": mark("messages"),
    "readings": mark("readings"),
    "contacts": mark("contacts"),
}


def critical(desk: Desk, allergies: Sequence[Resource], flags: Sequence[Resource]) -> tuple[tuple[str, str], ...]:
    """Allergies first, then treatment limits, then risks in the home, as name and text."""
    active = [one for one in allergies if codes.code_of(one.get("clinicalStatus"), CLINICAL) in ("active", "")]
    found = [(desk.t(mark("Allergy")), _allergy(desk, one)) for one in active]
    for kind in ORDER:
        for flag in flags:
            if flag.get("status") == "active" and _category(flag) == kind:
                found.append((desk.t(KINDS[kind]), in_language(flag.get("code", {}), "text", desk.language, flag)))
    return tuple((name, text) for name, text in found if text)


def _category(flag: Resource) -> str:
    return next((code for one in flag.get("category", ()) if (code := codes.code_of(one, FLAG_CATEGORY))), "clinical")


def _allergy(desk: Desk, allergy: Resource) -> str:
    code = allergy.get("code", {})
    named = in_language(code, "text", desk.language, allergy) or next(
        (c.get("display", "") for c in code.get("coding", ())), ""
    )
    signs = (m for one in allergy.get("reaction", ()) for m in one.get("manifestation", ()))
    said = [text for one in signs if (text := in_language(one, "text", desk.language, allergy))]
    year = str(allergy.get("onsetDateTime", ""))[:4]
    told = (named, *(Said(text.lower(), text.language) for text in said))
    return Markup(", ").join(desk.words.spoken(one) for one in told if one) + (f" ({year})" if year else "")


def goals(desk: Desk, found: Sequence[Resource]) -> tuple[tuple[str, date | None], ...]:
    """The person's own goals in their words, and since when."""
    return tuple(
        (
            in_language(one["description"], "text", desk.language, one),
            day_of(one["startDate"]) if "startDate" in one else None,
        )
        for one in found
    )


def performers(plans: Sequence[Resource]) -> Iterator[str]:
    """Who does what is in the plans, as references."""
    for plan in plans:
        for activity in plan.get("activity", ()):
            yield from (one.get("reference", "") for one in activity.get("detail", {}).get("performer", ()))


def plan_lines(desk: Desk, plans: Sequence[Resource], names: dict[str, Named]) -> tuple[PlanLine, ...]:
    """The items of the shared plan; health and social care stand as equals, in the order of the plan."""
    return tuple(
        _plan_line(desk, plan, activity, names)
        for plan in plans
        for activity in plan.get("activity", ())
        if activity.get("detail", {}).get("status") not in ("cancelled", "stopped", "entered-in-error")
    )


def _plan_line(desk: Desk, plan: Resource, activity: Resource, names: dict[str, Named]) -> PlanLine:
    detail = activity.get("detail", {})
    sector = codes.extension_of(activity, codes.SECTOR).get("valueCode")
    answer = codes.extension_of(activity, codes.CITIZEN_ANSWER).get("valueCode", "not-asked")
    performer = next((one.get("reference", "") for one in detail.get("performer", ())), "")
    rhythm = in_language(detail, "scheduledString", desk.language, plan)
    what = in_language(detail, "description", desk.language, plan)
    return PlanLine(
        side="social" if sector == "social" else "health",
        what=Markup(", ").join(desk.words.spoken(one) for one in (what, rhythm) if one),
        who=names[performer].name if performer in names else "",
        answer=desk.t(ANSWERS.get(answer, ANSWERS["not-asked"])),
    )


def members(teams: Sequence[Resource]) -> Iterator[str]:
    """Everybody in the care teams, and for whom they act, as references."""
    for team in teams:
        for one in team.get("participant", ()):
            yield one.get("member", {}).get("reference", "")
            yield one.get("onBehalfOf", {}).get("reference", "")


def around(
    desk: Desk, teams: Sequence[Resource], relatives: Sequence[Resource], names: dict[str, Named]
) -> tuple[Around, ...]:
    """Named people first, then relatives with what they see, then units."""
    participants = [one for team in teams for one in team.get("participant", ())]
    people = [found for one in participants if (found := _member(desk, one, names, unit=False))]
    units = [found for one in participants if (found := _member(desk, one, names, unit=True))]
    return (*dict.fromkeys(people), *(_relative(desk, one) for one in relatives), *dict.fromkeys(units))


def _member(desk: Desk, participant: Resource, names: dict[str, Named], *, unit: bool) -> Around | None:
    reference = participant.get("member", {}).get("reference", "")
    kind = reference.partition("/")[0]
    if kind in ("Patient", "RelatedPerson") or (kind == "Organization") is not unit or reference not in names:
        return None
    who = names[reference]
    role = next((code for one in participant.get("role", ()) if (code := codes.code_of(one, codes.ROLE))), "")
    behalf = desk.called(participant.get("onBehalfOf", {}).get("reference", ""))
    note: Literal[""] | str = ""
    if role == "general-practitioner" and not unit:
        note = desk.t(mark("is told of every changed limit"))
    return Around(who.name, ", ".join(one for one in (desk.role(role), behalf, together(who.phone)) if one), note)


def _relative(desk: Desk, relative: Resource) -> Around:
    kinds = (in_language(one, "text", desk.language, relative) for one in relative.get("relationship", ()))
    phone = next((one.get("value", "") for one in relative.get("telecom", ()) if one.get("system") == "phone"), "")
    scopes = [one.get("valueCode") for one in relative.get("extension", ()) if one.get("url") == SCOPE]
    seen = ", ".join(desk.t(SCOPES[one]) for one in scopes if one in SCOPES)
    return Around(
        name_of(relative),
        Markup(", ").join(desk.words.spoken(part) for part in (*kinds, together(phone)) if part),
        "; ".join(_seen(desk, relative, seen)),
    )


def _seen(desk: Desk, relative: Resource, shared: str) -> Iterator[str]:
    """What somebody close sees, by what is shared and by what else they stand in."""
    if shared:
        yield desk.t(mark("sees %(what)s"), what=shared)
    if is_guardian(relative):
        yield desk.t(mark("has custody, and sees what the country's rules open by it"))
    elif is_proxy(relative):
        yield desk.t(mark("has a mandate, and sees what the country's rules open by it"))
    elif not shared:
        yield desk.t(mark("sees nothing here"))
