"""Passkeys for staff without an electronic identity (https://www.w3.org/TR/webauthn-3/)."""
