"""What ties the demo to its sample region, read from data."""

from __future__ import annotations

from datetime import timedelta

import msgspec

from saman.ops.demo.packaged import read


class _Local(msgspec.Struct, forbid_unknown_fields=True):
    region: str
    centre: str
    hospital: str
    questionnaire: str
    appeal_body: str
    appeal_weeks: int


_LOCAL = msgspec.yaml.decode(read("region.yaml"), type=_Local)

REGION = _LOCAL.region
"""Id of the region whose people these are."""

CENTRE = _LOCAL.centre
"""Organization id of the telemedicine centre."""

HOSPITAL = _LOCAL.hospital
"""Organization id of the hospital."""

QUESTIONNAIRE = _LOCAL.questionnaire
"""The symptom questions' canonical URL."""

APPEAL_BODY = _LOCAL.appeal_body
APPEAL_WITHIN = timedelta(weeks=_LOCAL.appeal_weeks)
"""A local setting, not checked against the law's text."""
