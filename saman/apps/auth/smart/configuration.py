"""What this server tells apps about itself.

Sources: https://hl7.org/fhir/smart-app-launch/STU2.2/conformance.html and
https://openid.net/specs/openid-connect-discovery-1_0.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from saman.model.access.scopes import WORDS

ASSERTION_ALGORITHMS = ("RS384", "ES384")
"""How a client's own keys may sign (https://hl7.org/fhir/smart-app-launch/STU2.2/client-confidential-asymmetric.html)."""

SIGNED_BY = "RS256"
"""What OpenID Connect asks every provider for."""

CAPABILITIES = (
    "launch-ehr",
    "launch-standalone",
    "client-public",
    "client-confidential-symmetric",
    "client-confidential-asymmetric",
    "sso-openid-connect",
    "context-banner",
    "context-ehr-patient",
    "context-standalone-patient",
    "permission-offline",
    "permission-online",
    "permission-patient",
    "permission-user",
    "permission-v1",
    "permission-v2",
)

LEVELS = ("patient", "user", "system")


class Addresses(msgspec.Struct, frozen=True):
    """Where everything is, below the address of this installation (`https://example.org`, without a slash)."""

    base: str

    @property
    def fhir(self) -> str:
        """The FHIR interface, which apps name as `aud` and `iss` of a launch."""
        return f"{self.base}/fhir"

    @property
    def token(self) -> str:
        """Where codes, refresh tokens and assertions become access tokens."""
        return f"{self.base}/auth/token"


def smart_configuration(at: Addresses) -> Mapping[str, Any]:
    """The document at `/.well-known/smart-configuration`, also below the FHIR interface."""
    return {
        **_common(at),
        "grant_types_supported": ["authorization_code", "refresh_token", "client_credentials"],
        "token_endpoint_auth_methods_supported": ["client_secret_basic", "private_key_jwt", "none"],
        "token_endpoint_auth_signing_alg_values_supported": list(ASSERTION_ALGORITHMS),
        "introspection_endpoint": f"{at.base}/auth/introspect",
        "revocation_endpoint": f"{at.base}/auth/revoke",
        "management_endpoint": f"{at.base}/auth/apps",
        "code_challenge_methods_supported": ["S256"],
        "authorization_response_iss_parameter_supported": True,
        "capabilities": list(CAPABILITIES),
    }


def openid_configuration(at: Addresses) -> Mapping[str, Any]:
    """The document at `/.well-known/openid-configuration`."""
    return {
        **_common(at),
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": [SIGNED_BY],
        "claims_supported": ["iss", "sub", "aud", "exp", "iat", "nonce", "fhirUser"],
    }


def _common(at: Addresses) -> dict[str, Any]:
    return {
        "issuer": at.base,
        "jwks_uri": f"{at.base}/auth/jwks",
        "authorization_endpoint": f"{at.base}/auth/authorize",
        "token_endpoint": at.token,
        "scopes_supported": [*WORDS, *(f"{level}/*.cruds" for level in LEVELS), *(f"{one}/*.*" for one in LEVELS)],
        "response_types_supported": ["code"],
    }
