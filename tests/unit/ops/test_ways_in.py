"""Which ways of signing in are on, and what keeps an installation from starting."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from joserfc.jwk import ECKey, RSAKey

from saman.apps.auth.levels import Levels
from saman.apps.auth.oidc.outgoing import origin_of
from saman.kernel.outcome import Refusal
from saman.model.identity import Method
from saman.ops.eid import unready, ways_in
from saman.ops.region import Region, open_region

AGDER = Path(__file__).parents[3] / "regions" / "no-agder"
NOW = datetime(2026, 11, 22, tzinfo=UTC)


@pytest.fixture(scope="module")
def region() -> Region:
    opened = open_region(AGDER)
    assert isinstance(opened, Region)
    return opened


def weak_key() -> bytes:
    key = rsa.generate_private_key(65537, 1024)  # One that is too short is what is wanted here.
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Keys and secrets, good and bad, that only we can read."""
    texts = {
        "rsa.pem": RSAKey.generate_key(2048).as_pem(private=True),
        "ec.pem": ECKey.generate_key("P-256").as_pem(private=True),
        "weak.pem": weak_key(),
        "odd.pem": ECKey.generate_key("secp256k1").as_pem(private=True),
        "public.pem": RSAKey.generate_key(2048).as_pem(private=False),
        "secret": b"a secret that is long enough\n",
        "short": b"short",
        "nonsense": b"not a key",
    }
    for name, text in texts.items():
        (tmp_path / name).write_bytes(text)
        (tmp_path / name).chmod(0o600)
    return tmp_path


def ways(folder: Path, region: Region, text: str, *, demo: bool = False):
    file = folder / "eid.toml"
    file.write_text(text, "utf-8")
    return ways_in(file, region.identity, demo=demo)


@pytest.mark.parametrize(("key", "algorithm"), [("rsa.pem", "RSA"), ("ec.pem", "EC")])
def test_a_key_turns_a_provider_on_at_the_countrys_own_address(folder, region, key, algorithm):
    (way,) = ways(folder, region, f'[id-porten]\nclient_id = "saman"\nkey_file = "{key}"\n')
    assert (way.issuer, way.method) == ("https://idporten.no", Method.PRIVATE_KEY_JWT)
    assert way.key.key_type == algorithm
    assert {origin_of(one) for one in way.origins} == {"https://idporten.no:443", "https://login.idporten.no:443"}


def test_another_issuer_brings_none_of_the_countrys_origins_along(folder, region):
    text = '[id-porten]\nclient_id = "s"\nsecret_file = "secret"\nissuer = "https://test.example/a"\n'
    (way,) = ways(folder, region, text)
    assert {origin_of(one) for one in way.origins} == {"https://test.example:443"}
    assert (way.method, way.secret) == (Method.CLIENT_SECRET_BASIC, "a secret that is long enough")


WRONG = {
    '[mitid]\nclient_id = "s"\nkey_file = "ec.pem"': "is no provider of NO. There are id-porten, helseid",
    '[id-porten]\nkey_file = "ec.pem"': "client_id",
    '[id-porten]\nclient_id = ""\nkey_file = "ec.pem"': "needs a client_id",
    '[id-porten]\nclient_id = "s"': "one of key_file and secret_file",
    '[id-porten]\nclient_id = "s"\nkey_file = "ec.pem"\nsecret_file = "secret"': "one of key_file and secret_file",
    '[helseid]\nclient_id = "s"\nsecret_file = "secret"': "cannot use a secret",
    '[id-porten]\nclient_id = "s"\nkey_file = "ec.pem"\nissuer = "http://127.0.0.1:1"': "not https",
    '[id-porten]\nclient_id = "s"\nkey_file = "ec.pem"\nissuer = "https://a@b.example"': "not https, or not plain",
    '[id-porten]\nclient_id = "s"\nkey_file = "ec.pem"\norigins = ["http://a.example"]': "not https",
    '[id-porten]\nclient_id = "s"\nkey_file = "weak.pem"': "RSA of 2048 bits",
    '[id-porten]\nclient_id = "s"\nkey_file = "odd.pem"': "P-256",
    '[id-porten]\nclient_id = "s"\nkey_file = "public.pem"': "must be a private key",
    '[id-porten]\nclient_id = "s"\nkey_file = "nonsense"': "no RSA or EC key",
    '[id-porten]\nclient_id = "s"\nkey_file = "missing"': "cannot be read",
    '[id-porten]\nclient_id = "s"\nsecret_file = "short"': "20 characters",
    '[id-porten]\nclient_id = "s"\nkey = "x"\nkey_file = "ec.pem"': "unknown field",
    "id-porten = 7": "",
    "[id-porten": "not well-formed TOML",
}


@pytest.mark.parametrize("text", WRONG)
def test_what_is_wrong_is_said_with_the_setting_and_the_provider(folder, region, text):
    refusal = ways(folder, region, text)
    assert isinstance(refusal, Refusal)
    (issue,) = refusal.issues
    assert issue.text.startswith("SAMAN_EID_FILE: ")
    assert WRONG[text] in issue.text


def test_a_key_that_others_can_read_is_refused_where_people_are_real(folder, region):
    (folder / "ec.pem").chmod(0o640)
    text = '[id-porten]\nclient_id = "saman"\nkey_file = "ec.pem"\n'
    refusal = ways(folder, region, text)
    assert isinstance(refusal, Refusal)
    assert "chmod 600 ec.pem" in refusal.issues[0].text
    assert not isinstance(ways(folder, region, text, demo=True), Refusal)


def test_in_the_demo_a_provider_may_be_on_this_machine(folder, region):
    text = '[id-porten]\nclient_id = "s"\nkey_file = "ec.pem"\nissuer = "http://127.0.0.1:3000"\n'
    (way,) = ways(folder, region, text, demo=True)
    assert {origin_of(one) for one in way.origins} == {"http://127.0.0.1:3000"}
    elsewhere = text.replace("127.0.0.1", "idp.example")
    assert isinstance(ways(folder, region, elsewhere, demo=True), Refusal)


def test_a_missing_file_is_named(tmp_path, region):
    refusal = ways_in(tmp_path / "nowhere.toml", region.identity, demo=True)
    assert isinstance(refusal, Refusal)
    assert "nowhere.toml cannot be read" in refusal.issues[0].text


def test_production_needs_a_way_in_and_names_the_settings(folder, region):
    levels = Levels(region.policy, region.identity)
    none = unready((), levels, NOW, passkeys=False, demo=False)
    assert isinstance(none, Refusal)
    assert "SAMAN_EID_FILE" in none.issues[0].text
    assert "SAMAN_PASSKEYS" in none.issues[0].text
    on = ways(folder, region, '[id-porten]\nclient_id = "saman"\nkey_file = "ec.pem"\n')
    assert unready(on, levels, NOW, passkeys=False, demo=False) is None
    assert unready((), levels, NOW, passkeys=False, demo=True) is None


def test_passkeys_do_not_start_where_the_country_asks_more_of_staff(region):
    refusal = unready((), Levels(region.policy, region.identity), NOW, passkeys=True, demo=True)
    assert isinstance(refusal, Refusal)
    assert "SAMAN_PASSKEYS must be off" in refusal.issues[0].text
    assert "R26" in refusal.issues[0].text


SAME = ["https://idp.example", "https://IDP.example:443/path", "https://idp.example/a?b=c"]
ODD = [
    "https://idp.example@evil.example",
    "https://user:word@idp.example",
    "https://idp.example\\@evil.example",
    "https://idp.example#@evil.example",
    "//idp.example",
    "idp.example",
    "file:///etc/passwd",
    "ftp://idp.example",
    "https://",
    "https://idp.example:99999",
    "https://idp.ex ample",
    "https://idp.example\n",
    "https://idp.exämple",
    "javascript:alert(1)",
    "",
]


def test_an_origin_is_compared_as_a_whole():
    assert {origin_of(one) for one in SAME} == {"https://idp.example:443"}
    others = [
        "http://idp.example",
        "https://idp.example:8443",
        "https://idp.example.evil.example",
        "https://evilidp.example",
    ]
    assert "https://idp.example:443" not in {origin_of(one) for one in others}


@pytest.mark.parametrize("address", ODD)
def test_an_odd_address_has_no_origin(address):
    assert origin_of(address) is None
