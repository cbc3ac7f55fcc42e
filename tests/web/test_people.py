from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http.cookies import SimpleCookie

from tests.web.broker import Broker
from tests.web.client import Client
from tests.web.conftest import PASSWORD, sign_up

Newcomer = Callable[[], Client]


def test_sign_up_gives_paper_cash(nobody: Client) -> None:
    credentials = {"email": " Grace@Example.ORG ", "password": PASSWORD}
    signed_up = nobody.ask("POST", "/users", credentials)
    assert signed_up.status == 201
    assert signed_up.json["email"] == "grace@example.org"
    nobody.token = nobody.ask("POST", "/sessions", credentials).json["token"]
    assert nobody.get("/account") == {
        "userId": signed_up.json["userId"],
        "cashInCents": 10_000_000,
        "heldInCents": 0,
        "buyingPowerInCents": 10_000_000,
        "positionsValueInCents": 0,
        "equityInCents": 10_000_000,
        "frozen": False,
    }
    assert [(row["type"], row["amountInCents"]) for row in nobody.get("/activity")] == [("transfer", 10_000_000)]


def test_sign_up_twice_with_one_email(nobody: Client) -> None:
    assert nobody.ask("POST", "/users", {"email": "twice@example.org", "password": PASSWORD}).status == 201
    again = nobody.ask("POST", "/users", {"email": "TWICE@example.org", "password": "another password"})
    assert (again.status, again.code) == (409, "email_taken")


def test_sign_in_with_a_wrong_password_and_an_unknown_email_look_alike(newcomer: Newcomer, nobody: Client) -> None:
    email = newcomer().get("/session")["user"]["email"]
    wrong = nobody.ask("POST", "/sessions", {"email": email, "password": "wrong password"})
    unknown = nobody.ask("POST", "/sessions", {"email": "unknown@example.org", "password": "wrong password"})
    assert (wrong.status, wrong.code) == (401, "wrong_credentials")
    assert (unknown.status, unknown.body) == (wrong.status, wrong.body)


def test_failed_sign_ins_are_limited(strict_broker: Broker) -> None:
    client = Client(strict_broker.port)
    guess = {"email": "guessed@example.org", "password": "a wrong guess"}
    assert [client.ask("POST", "/sessions", guess).status for _ in range(2)] == [401, 401]
    limited = client.ask("POST", "/sessions", guess)
    assert (limited.status, limited.code) == (429, "too_many_sign_ins")
    assert 1 <= int(limited.headers["retry-after"]) <= 60
    other = client.ask("POST", "/sessions", {**guess, "email": "other@example.org"})
    assert other.status == 401


def test_change_password(newcomer: Newcomer, broker: Broker) -> None:
    here = newcomer()
    email = here.get("/session")["user"]["email"]
    elsewhere = Client(broker.port)
    elsewhere.token = elsewhere.ask("POST", "/sessions", {"email": email, "password": PASSWORD}).json["token"]
    program = Client(broker.port, here.ask("POST", "/tokens", {"name": "robot"}).json["token"])
    new = "another password"

    for old in ("a wrong guess", "short", PASSWORD.upper()):
        wrong = here.ask("PUT", "/password", {"password": old, "newPassword": new})
        assert (wrong.status, wrong.code) == (401, "wrong_credentials")
    unfit = here.ask("PUT", "/password", {"password": PASSWORD, "newPassword": "short"})
    assert (unfit.code, unfit.json["member"]) == ("malformed", "newPassword")
    assert elsewhere.ask("GET", "/account").status == 200

    changed = here.ask("PUT", "/password", {"password": PASSWORD, "newPassword": new})
    assert changed.status == 200
    assert SimpleCookie(changed.headers["set-cookie"])["locksley_session"].value == changed.json["token"]
    statuses = [client.ask("GET", "/account").status for client in (here, elsewhere, program)]
    assert statuses == [401, 401, 200]
    here.token = changed.json["token"]
    assert here.get("/session")["user"]["email"] == email
    tries = [here.ask("POST", "/sessions", {"email": email, "password": one}).status for one in (PASSWORD, new)]
    assert tries == [401, 201]


def test_guesses_of_the_old_password_are_limited(strict_broker: Broker) -> None:
    person = sign_up(strict_broker)
    guess = {"password": "a wrong guess", "newPassword": "another password"}
    assert [person.ask("PUT", "/password", guess).status for _ in range(2)] == [401, 401]
    limited = person.ask("PUT", "/password", {**guess, "password": PASSWORD})
    assert (limited.status, limited.code) == (429, "too_many_sign_ins")


def test_session_cookie_signs_a_browser_in_and_out(newcomer: Newcomer, nobody: Client) -> None:
    email = newcomer().get("/session")["user"]["email"]
    signed_in = nobody.ask("POST", "/sessions", {"email": email, "password": PASSWORD})
    cookie, *attributes = signed_in.headers["set-cookie"].split("; ")
    assert {"HttpOnly", "SameSite=Strict", "Path=/"} <= set(attributes)
    assert "Secure" not in attributes  # the request came by plain http
    assert nobody.ask("GET", "/session", Cookie=cookie).json["user"]["email"] == email
    assert nobody.ask("GET", "/account", Cookie=cookie).status == 200

    out = nobody.ask("DELETE", "/session", Cookie=cookie)
    assert (out.status, out.body) == (204, b"")
    assert _is_expired(out.headers["set-cookie"])
    assert nobody.ask("GET", "/session", Cookie=cookie).json == {"user": None}
    refused = nobody.ask("GET", "/account", Cookie=cookie)
    assert (refused.status, refused.code) == (401, "not_signed_in")
    assert _is_expired(refused.headers["set-cookie"])


def test_sign_out_ends_this_session_and_no_other(newcomer: Newcomer) -> None:
    person = newcomer()
    email = person.get("/session")["user"]["email"]
    other = Client(person.port, person.ask("POST", "/sessions", {"email": email, "password": PASSWORD}).json["token"])
    assert person.ask("DELETE", "/session").status == 204
    assert person.ask("GET", "/account").status == 401
    assert person.ask("DELETE", "/session").status == 401
    assert other.ask("GET", "/account").status == 200


def test_nobody_is_signed_in_without_a_token(nobody: Client) -> None:
    assert nobody.get("/session") == {"user": None}


def test_token_for_a_program(newcomer: Newcomer) -> None:
    person = newcomer()
    made = person.ask("POST", "/tokens", {"name": " my robot "})
    assert made.status == 201
    program = Client(person.port, made.json["token"])
    assert program.get("/account") == person.get("/account")
    listed = person.get("/tokens")
    assert listed == [{"tokenId": made.json["tokenId"], "name": "my robot", "createdAt": made.json["createdAt"]}]

    deleted = person.ask("DELETE", f"/tokens/{made.json['tokenId']}")
    assert deleted.status == 204
    assert person.get("/tokens") == []
    assert program.ask("GET", "/account").code == "not_signed_in"
    assert person.ask("DELETE", f"/tokens/{made.json['tokenId']}").status == 404


def test_token_of_another_is_not_there(newcomer: Newcomer) -> None:
    one, other = newcomer(), newcomer()
    made = one.ask("POST", "/tokens", {"name": "robot"}).json
    refused = other.ask("DELETE", f"/tokens/{made['tokenId']}")
    assert (refused.status, refused.code) == (404, "not_found")
    assert Client(one.port, made["token"]).ask("GET", "/account").status == 200


def test_tokens_of_one_person_are_bounded(newcomer: Newcomer) -> None:
    person = newcomer()
    for number in range(50):
        assert person.ask("POST", "/tokens", {"name": f"robot {number}"}).status == 201
    refused = person.ask("POST", "/tokens", {"name": "one more"})
    assert (refused.status, refused.code) == (422, "too_many_tokens")
    assert len(person.get("/tokens")) == 50


def _is_expired(set_cookie: str) -> bool:
    morsel = SimpleCookie(set_cookie)["locksley_session"]
    return morsel.value == "" and parsedate_to_datetime(morsel["expires"]) < datetime.now(UTC)
