"""Property tests here judge by what is found, never by how long it took."""

from __future__ import annotations

from hypothesis import HealthCheck, settings

settings.register_profile("fhir", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("fhir")
