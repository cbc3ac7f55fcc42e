"""Tokens that somebody made up, changed, or was once given: none of them is good, as a header or as the cookie."""

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

import pytest

from locksley.people.signing_keys import SigningKey
from tests.web.broker import Broker
from tests.web.client import Client
from tests.web.conftest import sign_up

HOUR_S = 3_600
DIGESTS = {"HS256": "sha256", "HS384": "sha384", "HS512": "sha512"}


class Forge:
    """Makes tokens by hand, so that also those come out that a library would refuse to make."""

    def __init__(self, key: SigningKey, user_id: str) -> None:
        self.key = key
        self.user_id = user_id

    def claims(self, **changes: Any) -> dict[str, Any]:
        now_s = int(time.time())
        claims = {
            "iss": "locksley",
            "aud": "locksley-api",
            "sub": self.user_id,
            "jti": "forged",
            "iat": now_s,
            "exp": now_s + HOUR_S,
        }
        return claims | changes

    def header(self, **changes: Any) -> dict[str, Any]:
        return {"alg": "HS256", "typ": "JWT", "kid": self.key.kid} | changes

    def token(
        self,
        header: Mapping[str, Any] | bytes | None = None,
        claims: Mapping[str, Any] | bytes | None = None,
        secret: bytes | None = None,
        alg: str = "HS256",
    ) -> str:
        signed = (
            f"{_part(self.header() if header is None else header)}.{_part(self.claims() if claims is None else claims)}"
        )
        mac = hmac.digest(self.key.secret if secret is None else secret, signed.encode(), DIGESTS[alg])
        return f"{signed}.{_base64(mac)}"

    def resigned(self, change: Callable[[str, str, str], str]) -> str:
        """A good token, taken apart and put together differently."""
        return change(*self.token().split("."))


def _part(part: Mapping[str, Any] | bytes) -> str:
    return _base64(part if isinstance(part, bytes) else json.dumps(part).encode())


def _base64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


JWK = {"kty": "oct", "k": _base64(b"attacker's key"), "alg": "HS256", "kid": "attacker"}

FORGED: dict[str, Callable[[Forge], str]] = {
    # another algorithm than ours
    "none": lambda f: f.resigned(lambda h, c, s: f"{_part(f.header(alg='none'))}.{c}."),
    "none_in_capitals": lambda f: f.resigned(lambda h, c, s: f"{_part(f.header(alg='NoNe'))}.{c}."),
    "none_with_a_signature": lambda f: f.resigned(lambda h, c, s: f"{_part(f.header(alg='none'))}.{c}.{s}"),
    "no_signature": lambda f: f.resigned(lambda h, c, s: f"{h}.{c}."),
    "two_parts": lambda f: f.resigned(lambda h, c, s: f"{h}.{c}"),
    "four_parts": lambda f: f.resigned(lambda h, c, s: f"{h}.{c}.{s}.{s}"),
    "hs512": lambda f: f.token(f.header(alg="HS512"), alg="HS512"),
    "hs384": lambda f: f.token(f.header(alg="HS384"), alg="HS384"),
    "rs256_signed_with_our_secret": lambda f: f.token(f.header(alg="RS256")),
    "es256": lambda f: f.token(f.header(alg="ES256")),
    "eddsa": lambda f: f.token(f.header(alg="EdDSA")),
    "alg_in_small_letters": lambda f: f.token(f.header(alg="hs256")),
    "alg_missing": lambda f: f.token({"typ": "JWT", "kid": f.key.kid}),
    "alg_a_list": lambda f: f.token(f.header(alg=["HS256", "none"])),
    "alg_null": lambda f: f.token(f.header(alg=None)),
    # a key of the forger's choice
    "empty_secret": lambda f: f.token(secret=b""),
    "kid_as_the_secret": lambda f: f.token(secret=f.key.kid.encode()),
    "hash_of_the_secret": lambda f: f.token(secret=hashlib.sha256(f.key.secret).digest()),
    "kid_path_traversal": lambda f: f.token(f.header(kid="../../../../dev/null"), secret=b""),
    "kid_absolute_path": lambda f: f.token(f.header(kid="/proc/sys/kernel/randomize_va_space"), secret=b"2\n"),
    "kid_sql": lambda f: f.token(f.header(kid="' UNION SELECT 'attacker' --"), secret=b"attacker"),
    "kid_nul": lambda f: f.token(f.header(kid=f"{f.key.kid}\0")),
    "kid_command": lambda f: f.token(f.header(kid=f"{f.key.kid}|id")),
    "kid_a_list": lambda f: f.token(f.header(kid=[f.key.kid])),
    "kid_an_object": lambda f: f.token(f.header(kid={"kid": f.key.kid})),
    "kid_a_number": lambda f: f.token(f.header(kid=0)),
    "kid_empty": lambda f: f.token(f.header(kid="")),
    "kid_null": lambda f: f.token(f.header(kid=None)),
    "kid_huge": lambda f: f.token(f.header(kid="k" * 1_000)),
    "key_in_the_header": lambda f: f.token(f.header(jwk=JWK, kid="attacker"), secret=b"attacker's key"),
    "key_by_address": lambda f: f.token(f.header(jku="http://127.0.0.1:9/keys", kid="attacker"), secret=b"k"),
    "certificate_by_address": lambda f: f.token(f.header(x5u="http://127.0.0.1:9/", kid="attacker"), secret=b"k"),
    "critical_extension": lambda f: f.token(f.header(crit=["exp"], exp=0)),
    "payload_not_encoded": lambda f: f.token(f.header(b64=False, crit=["b64"])),
    # claims that are not for us, or not now
    "issuer_another": lambda f: f.token(claims=f.claims(iss="https://evil.example")),
    "issuer_ours_with_more": lambda f: f.token(claims=f.claims(iss="locksley.evil.example")),
    "issuer_a_list": lambda f: f.token(claims=f.claims(iss=["locksley"])),
    "issuer_empty": lambda f: f.token(claims=f.claims(iss="")),
    "audience_another": lambda f: f.token(claims=f.claims(aud="locksley-admin")),
    "audience_empty": lambda f: f.token(claims=f.claims(aud=[])),
    "audience_null": lambda f: f.token(claims=f.claims(aud=None)),
    "expired_now": lambda f: f.token(claims=f.claims(exp=int(time.time()))),
    "expired_long_ago": lambda f: f.token(claims=f.claims(exp=1)),
    "expiry_negative": lambda f: f.token(claims=f.claims(exp=-1)),
    "expiry_a_string": lambda f: f.token(claims=f.claims(exp="9999999999")),
    "expiry_true": lambda f: f.token(claims=f.claims(exp=True)),
    "expiry_a_fraction": lambda f: f.token(claims=f.claims(exp=time.time() + HOUR_S)),
    "expiry_infinite": lambda f: f.token(claims=b'{"exp": Infinity}'),
    "not_yet": lambda f: f.token(claims=f.claims(nbf=int(time.time()) + HOUR_S)),
    "not_yet_a_string": lambda f: f.token(claims=f.claims(nbf="0")),
    "subject_a_number": lambda f: f.token(claims=f.claims(sub=1)),
    "subject_a_list": lambda f: f.token(claims=f.claims(sub=[f.user_id])),
    "subject_null": lambda f: f.token(claims=f.claims(sub=None)),
    "token_id_a_list": lambda f: f.token(claims=f.claims(jti=["forged"])),
    "token_id_null": lambda f: f.token(claims=f.claims(jti=None)),
    # changed on the way
    "payload_changed": lambda f: f.resigned(lambda h, c, s: f"{h}.{_part(f.claims(sub='somebody'))}.{s}"),
    "header_changed": lambda f: f.resigned(lambda h, c, s: f"{_part(f.header(x=1))}.{c}.{s}"),
    "signature_changed": lambda f: f.resigned(lambda h, c, s: f"{h}.{c}.{'A' if s[0] != 'A' else 'B'}{s[1:]}"),
    "signature_cut": lambda f: f.resigned(lambda h, c, s: f"{h}.{c}.{s[:20]}"),
    "signature_not_base64": lambda f: f.resigned(lambda h, c, s: f"{h}.{c}.!!!!"),
    # no token at all
    "claims_no_object": lambda f: f.token(claims=b'["sub"]'),
    "claims_no_json": lambda f: f.token(claims=b"{"),
    "claims_nested": lambda f: f.token(claims=b"[" * 900),
    "claims_not_utf8": lambda f: f.token(claims=b'{"sub": "\xff\xfe"}'),
    "header_no_object": lambda f: f.token(header=b'"HS256"'),
    "header_no_json": lambda f: f.token(header=b"{"),
    "dots": lambda f: "..",
    "many_dots": lambda f: "." * 2_000,
    "huge": lambda f: f.token(claims=f.claims(x="x" * 6_000)),
    "not_ascii": lambda f: f.token() + "\xe9",
    "program_token_of_nobody": lambda f: "lk_" + "A" * 43,
    "program_token_with_a_wildcard": lambda f: "lk_" + "%" * 43,
}

GOOD: dict[str, Callable[[Forge], str]] = {
    "as_it_is": lambda f: f.token(),
    "not_before_the_past": lambda f: f.token(claims=f.claims(nbf=int(time.time()) - 1)),
}


@pytest.fixture(scope="module")
def person(broker: Broker) -> Client:
    return sign_up(broker)


@pytest.fixture(scope="module")
def forge(broker: Broker, person: Client) -> Forge:
    """With the real key: what is refused here is refused for what is wrong with it, and not for the key."""
    return Forge(broker.signing_key, person.get("/account")["userId"])


@pytest.mark.parametrize("kind", GOOD)
def test_made_by_hand_with_the_real_key(nobody: Client, forge: Forge, kind: str) -> None:
    """Else the refusals below would prove nothing."""
    answer = nobody.ask("GET", "/account", Authorization=f"Bearer {GOOD[kind](forge)}")
    assert (answer.status, answer.json["userId"]) == (200, forge.user_id)


@pytest.mark.parametrize("kind", FORGED)
def test_forged(nobody: Client, forge: Forge, kind: str) -> None:
    token = FORGED[kind](forge)
    for headers in ({"Authorization": f"Bearer {token}"}, {"Cookie": f"locksley_session={token}"}):
        answer = nobody.ask("GET", "/account", **headers)
        assert (answer.status, answer.code) == (401, "not_signed_in"), headers
        assert forge.user_id.encode() not in answer.body


def test_signed_out(broker: Broker) -> None:
    leaving = sign_up(broker)
    assert leaving.ask("GET", "/account").status == 200
    assert leaving.ask("DELETE", "/session").status == 204
    for headers in ({"Authorization": f"Bearer {leaving.token}"}, {"Cookie": f"locksley_session={leaving.token}"}):
        assert Client(broker.port).ask("GET", "/account", **headers).status == 401


def test_token_that_was_deleted(broker: Broker, person: Client) -> None:
    made = person.ask("POST", "/tokens", {"name": "robot"}).json
    robot = Client(broker.port, made["token"])
    assert robot.ask("GET", "/account").status == 200
    assert person.ask("DELETE", f"/tokens/{made['tokenId']}").status == 204
    assert robot.ask("GET", "/account").status == 401


def test_key_that_was_rotated_out(broker: Broker, person: Client) -> None:
    """A rotation signs nobody out until the old key retires; then nothing that it signed is good."""
    keys = broker.services.sessions._keys
    user_id = person.get("/account")["userId"]
    old = Forge(keys.signing, user_id)
    now_ms = int(datetime.now(UTC).timestamp() * 1_000)

    async def rotate(retire_after_ms: int) -> None:
        keys.rotate(now_ms, retire_after_ms)

    broker.on_loop(rotate(HOUR_S * 1_000))
    assert Client(broker.port, old.token(claims=old.claims(jti="a"))).ask("GET", "/account").status == 200
    middle = Forge(keys.signing, user_id)
    broker.on_loop(rotate(1))
    broker.on_loop(rotate(1))
    for one in (middle, Forge(SigningKey("unheard-of", b"k" * 64, 0), user_id)):
        assert Client(broker.port, one.token(claims=one.claims(jti="b"))).ask("GET", "/account").status == 401
    newest = Forge(keys.signing, user_id)
    assert Client(broker.port, newest.token(claims=newest.claims(jti="c"))).ask("GET", "/account").status == 200
