"""Made-up content for the pages about who may look."""

from __future__ import annotations

import msgspec

from saman.apps.citizen.sharing_views import (
    Afterwards,
    KindChoice,
    LossLine,
    NoShown,
    Preview,
    RelativeShare,
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
    relatives=(RelativeShare(name="Kari Aasen", kinds="hvem du er og planen din"),),
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
