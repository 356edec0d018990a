"""The interface with a system client and a nurse without grants, as in the tests of the interface itself."""

from tests.http.fhir.conftest import app, client, exports, nobody, store, stranger

__all__ = ["app", "client", "exports", "nobody", "store", "stranger"]
