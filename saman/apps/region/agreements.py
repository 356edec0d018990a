"""Agreements as pages show them: until when they hold, who takes which service how, who may do what, who pays."""

from __future__ import annotations

from collections import Counter

import msgspec

from saman.apps.region import names
from saman.apps.region.facts import Ground, Said, Teller
from saman.apps.region.people import party_name, role_name
from saman.model.care.agreement import Agreement, Coverage, Payment, Take
from saman.model.care.basis import Status

WARNED_DAYS = 180
"""An agreement that ends within so many days says so."""


class BasisLine(msgspec.Struct, frozen=True):
    """A rule of law that an agreement rests on, with how far it was checked."""

    law: str
    text: Said
    shape: str
    status: str


class CoverageLine(msgspec.Struct, frozen=True):
    """Parties that take a service in the same way: how, and who; none are named when all who signed do."""

    words: str
    parties: tuple[str, ...]
    ground: Ground


class ServiceTaken(msgspec.Struct, frozen=True):
    """A service of the agreement, once, with all ways in which it is taken."""

    id: str
    name: Said
    lines: tuple[CoverageLine, ...]


class AgreementView(msgspec.Struct, frozen=True):
    """What is known of an agreement; `shape` and `state` say whether it holds and how soon it ends."""

    id: str
    name: str
    kind: str
    purpose: Said
    ground: Ground
    period: str
    shape: str
    state: str
    parties: tuple[tuple[str, tuple[str, ...]], ...]
    services: tuple[ServiceTaken, ...]
    mandates: tuple[tuple[Said, tuple[Said, ...], Ground], ...]
    bases: tuple[BasisLine, ...]
    paid_by: str
    funding: tuple[tuple[str, str, Ground], ...]


def agreement_view(tell: Teller, one: Agreement) -> AgreementView:
    """One agreement in the reader's language."""
    gettext = tell.words.gettext
    shape, state = _state(tell, one)
    return AgreementView(
        id=one.id,
        name=one.name,
        kind=gettext(names.AGREEMENTS[one.kind]),
        purpose=tell.said(one.purpose),
        ground=tell.ground(one),
        period=_period(tell, one),
        shape=shape,
        state=state,
        parties=_signed(tell, one),
        services=_services(tell, one),
        mandates=_mandates(tell, one),
        bases=tuple(
            BasisLine(basis.law, tell.said(basis.text), *_status(tell, basis.status)) for basis in one.legal_bases
        ),
        paid_by="" if one.paid_by is Payment.NOT_KNOWN else gettext(names.PAYMENTS[one.paid_by]),
        funding=tuple(
            (party_name(tell, share.party), "" if share.percent is None else f"{share.percent} %", tell.ground(share))
            for share in one.funding
        ),
    )


def _state(tell: Teller, one: Agreement) -> tuple[str, str]:
    today, gettext = tell.words.today, tell.words.gettext
    if one.valid_from is not None and today < one.valid_from:
        return "todo", gettext("not in force yet")
    if one.valid_to is None and one.valid_from is None:
        return "todo", gettext("not known from when to when")
    if one.valid_to is None:
        return "done", gettext("in force")
    left = (one.valid_to - today).days
    if left < 0:
        return "overdue", gettext("ran out")
    if left > WARNED_DAYS:
        return "done", gettext("in force")
    if left == 0:
        return "asked", gettext("ends today")
    return "asked", str(tell.words.ngettext("ends in %(count)s day", "ends in %(count)s days", left))


def _signed(tell: Teller, one: Agreement) -> tuple[tuple[str, tuple[str, ...]], ...]:
    parties = [party for name in one.parties if (party := tell.model.party(name))]
    kinds = Counter(party.kind for party in parties)
    return tuple(
        (tell.words.gettext(names.PARTIES[kind]), tuple(party.name for party in parties if party.kind is kind))
        for kind in kinds
    )


def _services(tell: Teller, one: Agreement) -> tuple[ServiceTaken, ...]:
    services = {service.id: service.name for service in tell.model.services}
    return tuple(
        ServiceTaken(
            id if id in services else "",
            tell.said(services.get(id, {"en": id})),
            tuple(_coverage(tell, part) for part in one.services if part.service == id),
        )
        for id in dict.fromkeys(part.service for part in one.services)
    )


def _coverage(tell: Teller, part: Coverage) -> CoverageLine:
    parties = tuple(party_name(tell, name) for name in part.parties)
    count = tell.words.ngettext("%(count)s party", "%(count)s parties", len(parties))
    return CoverageLine(f"{count}: {_how(tell, part)}", parties, tell.ground(part))


def _how(tell: Teller, part: Coverage) -> str:
    gettext, today = tell.words.gettext, tell.words.today
    if part.take is Take.ACTIVE:
        return gettext("from the start")
    if part.exercised is not None:
        return gettext("option taken up on %(day)s", day=tell.words.full_date(part.exercised))
    if part.option_until is None:
        return gettext("as an option")
    until = tell.words.full_date(part.option_until)
    if part.option_until < today:
        return gettext("option ended on %(day)s, unused", day=until)
    return gettext("as an option until %(day)s", day=until)


def _mandates(tell: Teller, one: Agreement) -> tuple[tuple[Said, tuple[Said, ...], Ground], ...]:
    activities = {activity.id: activity.name for service in tell.model.services for activity in service.activities}
    return tuple(
        (
            role_name(tell, mandate.role) if mandate.role else Said(party_name(tell, mandate.party or "")),
            tuple(tell.said(activities.get(name, {"en": name})) for name in mandate.activities),
            tell.ground(mandate),
        )
        for mandate in one.mandates
    )


def _status(tell: Teller, status: Status) -> tuple[str, str]:
    shape, words = next(pair for one, pair in names.STATUSES.items() if one.value == status.value)
    return shape, tell.words.gettext(words)


def _period(tell: Teller, one: Agreement) -> str:
    written = [tell.words.full_date(day) if day else "…" for day in (one.valid_from, one.valid_to)]
    return " – ".join(written) if one.valid_from or one.valid_to else ""
