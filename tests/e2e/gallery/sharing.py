"""Made-up content for the pages about who may look."""

from __future__ import annotations

from datetime import timedelta

import msgspec

from saman.apps.citizen.sharing_views import (
    Afterwards,
    ChildSharing,
    KindChoice,
    LossLine,
    NoShown,
    OwnLook,
    OwnLooks,
    Preview,
    RelativeShare,
    ScopeChoice,
    Sharing,
    SharingWith,
    UnitShare,
)

from .content import NOW

AFTERWARDS = Afterwards(
    sentences=("De kan se at noe er stengt, men ikke hva.", "Hver slik åpning går en loggansvarlig gjennom."), law=False
)
CENTRE = UnitShare(
    party="centre",
    name="Telemedisinsk sentral",
    roles="telemedisinsk sykepleier",
    kinds="hvem du er, planen din og målingene dine hjemmefra",
    grounds=("They are in your care team.",),
)
HOME_CARE = msgspec.structs.replace(
    CENTRE,
    party="home-care",
    name="Hjemmetjenesten i Grimstad",
    roles="hjemmesykepleier og ansatt i hjemmetjenesten",
    kinds="hvem du er",
    no=NoShown(id="n1", kinds="planen din", since=NOW),
)
SHARING = Sharing(
    units=(CENTRE, HOME_CARE),
    relatives=(
        RelativeShare(
            name="Kari Aasen",
            kinds="hvem du er og planen din",
            id="kari-aasen",
            version=2,
            grounds=("You have shared it.",),
            until=NOW + timedelta(days=30),
            last=(NOW + timedelta(days=29)).date(),
            choices=(
                ScopeChoice(scope="plan", words="planen", chosen=True),
                ScopeChoice(scope="readings", words="målingene hjemmefra", chosen=False),
            ),
            ends=True,
        ),
        RelativeShare(name="Tor Aasen", kinds="", id="tor", version=3, until=NOW, over=True, undo=True),
    ),
    elsewhere=(msgspec.structs.replace(HOME_CARE, party="ward", name="Sengepost 2", roles="", kinds="", grounds=()),),
    afterwards=AFTERWARDS,
)
NOBODY = Sharing(units=(), relatives=(), elsewhere=(), afterwards=AFTERWARDS)
CHOICES = (
    KindChoice(kind="plan", words="planen din", things=24, chosen=False),
    KindChoice(kind="readings", words="målingene dine hjemmefra", things=380, chosen=True),
)
WITH = SharingWith(unit=CENTRE, choices=CHOICES, afterwards=AFTERWARDS)
PREVIEW = Preview(
    lines=(LossLine(who="telemedisinsk sykepleier, Telemedisinsk sentral", less="målingene dine", more="", work=2),),
    unread=True,
)
LOOKED_AT = msgspec.structs.replace(WITH, preview=PREVIEW)
OWN_LOOKS = OwnLooks(
    name="Ingrid Aasen",
    looks=(OwnLook(start=NOW, end=NOW + timedelta(minutes=4), what="planen og avtalene"),),
    days=30,
)
CHILD = ChildSharing(
    name="Yasmin Al-Khatib",
    theirs=True,
    says="Du bestemmer om dette.",
    rule="R07",
    law=False,
    units=(CENTRE, HOME_CARE),
    afterwards=AFTERWARDS,
)
