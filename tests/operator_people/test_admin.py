"""`locksley admin`, as processes, against a broker that runs and takes people by invitation only."""

import itertools
import re
from pathlib import Path

import apsw
import pytest

from locksley.client import Client as LocksleyClient
from locksley.client import Forbidden
from tests.commands.command_line import CommandLine
from tests.operator.conftest import Operator
from tests.web.broker import Broker
from tests.web.client import Client

PASSWORD = "correct horse"
_numbers = itertools.count(1)


def sign_in(broker: Broker, email: str, password: str = PASSWORD) -> Client:
    client = Client(broker.port)
    signed_in = client.ask("POST", "/sessions", {"email": email, "password": password})
    assert signed_in.status == 201, signed_in
    client.token = signed_in.json["token"]
    return client


@pytest.fixture
def email(broker: Broker, operator: Operator) -> str:
    """Of somebody who was invited and came."""
    invited = operator.run("admin", "invite", "a friend")
    assert invited.code == 0, invited.err
    email = f"friend{next(_numbers)}@example.org"
    body = {"email": email, "password": PASSWORD, "invitation": invited.out.strip()}
    assert Client(broker.port).ask("POST", "/users", body).status == 201
    return email


def whats(operator: Operator, person: str) -> list[str]:
    return [one["what"] for one in operator.run("admin", "show", person, "--json").json["log"]]


def test_sign_up_without_an_invitation(broker: Broker) -> None:
    for more in ({}, {"invitation": ""}, {"invitation": "li_nonsense"}):
        answer = Client(broker.port).ask("POST", "/users", {"email": "x@example.org", "password": PASSWORD, **more})
        assert (answer.status, answer.code) == (403, "bad_invitation")


def test_invitation_is_good_once(broker: Broker, operator: Operator) -> None:
    code = operator.run("admin", "invite", "Ada").out.strip()
    taken = {"email": "ada@example.org", "password": PASSWORD, "invitation": code}
    assert Client(broker.port).ask("POST", "/users", taken).status == 201
    again = Client(broker.port).ask("POST", "/users", {**taken, "email": "other@example.org"})
    assert again.code == "bad_invitation"
    assert [one["state"] for one in operator.run("admin", "invitations", "--json").json if one["note"] == "Ada"] == [
        "used"
    ]


def test_taken_email_keeps_the_invitation(broker: Broker, operator: Operator, email: str) -> None:
    code = operator.run("admin", "invite", "Bob").out.strip()
    body = {"email": email, "password": PASSWORD, "invitation": code}
    assert Client(broker.port).ask("POST", "/users", body).code == "email_taken"
    assert Client(broker.port).ask("POST", "/users", {**body, "email": "bob@example.org"}).status == 201


def test_sign_up_by_command(broker: Broker, operator: Operator, tmp_path: Path) -> None:
    code = operator.run("admin", "invite", "Mary").out.strip()
    invited = CommandLine(tmp_path / "config", f"http://127.0.0.1:{broker.port}")
    words = ("signup", "mary@example.org", "--password-stdin")
    for wrong in ((), ("--invitation", "li_nonsense")):
        refused = invited.run(*words, *wrong, given=PASSWORD)
        assert refused.code == 1
        assert "; ask the operator for one. Give its code with --invitation CODE\n" in refused.err
    came = invited.run(*words, "--invitation", code, given=PASSWORD)
    assert (came.code, came.err) == (0, "")
    assert invited.run("account", "--json").json["cashInCents"] == 10_000_000


def test_sign_up_by_client(broker: Broker, operator: Operator) -> None:
    code = operator.run("admin", "invite", "a program").out.strip()
    with LocksleyClient(f"http://127.0.0.1:{broker.port}") as client:
        with pytest.raises(Forbidden) as refused:
            client.sign_up("program@example.org", PASSWORD)
        assert refused.value.code == "bad_invitation"
        person = client.sign_up("program@example.org", PASSWORD, invitation=code)
        client.sign_in("program@example.org", PASSWORD)
        assert client.account().user_id == person.user_id


def test_revoked_invitation(broker: Broker, operator: Operator) -> None:
    made = operator.run("admin", "invite", "Eve", "--json").json
    assert operator.run("admin", "revoke-invitation", made["invitationId"]).code == 0
    body = {"email": "eve@example.org", "password": PASSWORD, "invitation": made["invitation"]}
    assert Client(broker.port).ask("POST", "/users", body).code == "bad_invitation"
    unknown = operator.run("admin", "revoke-invitation", "nonsense")
    assert (unknown.code, "no such invitation; `locksley admin invitations` lists them" in unknown.err) == (1, True)


def test_tables_are_like_those_of_every_command(operator: Operator, email: str) -> None:
    head, _, row = operator.run("admin", "people", email).out.splitlines()
    assert head.split() == ["email", "person", "cash", "held", "open", "orders", "state", "since"]
    for title, cell in (("cash", "$100,000.00"), ("held", "$0.00"), ("orders", " 0")):
        end = head.index(title) + len(title)
        assert row[:end].endswith(cell)
    assert re.search(r"active +\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$", row.rstrip())
    assert operator.run("admin", "freeze", email, "--reason", "odd orders").code == 0
    log = operator.run("admin", "log", "--limit", "1").out.splitlines()
    assert log[0].split() == ["time", "what", "person", "from", "detail"]
    assert re.match(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d  freeze ", log[2])
    assert "odd orders" in log[2]


def test_what_matters_is_in_a_terminal_of_80_columns(operator: Operator, email: str) -> None:
    head = operator.run("admin", "people", email, columns=80).out.splitlines()[0]
    assert head.split() == ["email", "cash", "held", "open", "orders", "state"]
    assert operator.run("admin", "deposit", email, "5", "--reason", "a prize of some words " * 3).code == 0
    head, _, row = operator.run("admin", "log", "--limit", "1", columns=80).out.splitlines()
    assert head.split() == ["time", "what", "person", "detail"]
    assert re.fullmatch(rf"\S+ \S+  deposit +{email} +\$5\.00: a prize of some.*…", row)


def test_log_names_people_as_commands_take_them(operator: Operator, email: str) -> None:
    assert operator.run("admin", "freeze", email, "--reason", "odd orders").code == 0
    assert f" {email} " in operator.run("admin", "log", "--limit", "1").out
    assert f" {email} " in operator.run("admin", "show", email).out.splitlines()[-1]


def test_freeze_and_unfreeze(broker: Broker, operator: Operator, email: str) -> None:
    person = sign_in(broker, email)
    assert operator.run("admin", "freeze", email, "--reason", "odd orders").code == 0
    assert person.buy(1).code == "account_frozen"
    assert operator.run("admin", "unfreeze", email, "--reason", "explained").code == 0
    assert person.buy(1).status == 201
    assert whats(operator, email) == ["unfreeze", "freeze"]


def test_deposit_and_withdraw(broker: Broker, operator: Operator, email: str) -> None:
    person = sign_in(broker, email)
    assert operator.run("admin", "deposit", email, "1000.50", "--reason", "a prize").code == 0
    assert operator.run("admin", "withdraw", email, "0.50", "--reason", "a slip").code == 0
    assert person.get("/account")["cashInCents"] == 10_100_000
    amounts = [one["amountInCents"] for one in person.get("/activity")]
    assert amounts == [-50, 100_050, 10_000_000]
    log = operator.run("admin", "show", email, "--json").json["log"]
    assert [one["detail"] for one in log] == ["$0.50: a slip", "$1,000.50: a prize"]
    too_much = operator.run("admin", "withdraw", email, "101000.01", "--reason", "greed")
    assert too_much.code == 1
    assert "not so much cash" in too_much.err
    assert operator.run("admin", "deposit", email, "0.001", "--reason", "dust").code == 2
    assert person.get("/account")["cashInCents"] == 10_100_000


def test_withdraw_what_is_held(broker: Broker, operator: Operator, email: str) -> None:
    person = sign_in(broker, email)
    assert person.buy(900, 5_000).status == 201  # holds 45,000 dollars
    assert operator.run("admin", "withdraw", email, "55000.01", "--reason", "too much").code == 1
    assert operator.run("admin", "withdraw", email, "55000", "--reason", "all that is free").code == 0


def test_reset_password(broker: Broker, operator: Operator, email: str) -> None:
    """Whoever was signed in is not any more, by session or by a program's token; not even after a restart."""
    person = sign_in(broker, email)
    program = Client(broker.port, person.ask("POST", "/tokens", {"name": "a program"}).json["token"])
    assert (person.ask("GET", "/account").status, program.ask("GET", "/account").status) == (200, 200)
    streams = [one.stream("GET", "/orders/stream") for one in (person, program)]
    reset = operator.run("admin", "reset-password", email)
    assert reset.code == 0, reset.err
    for stream in streams:
        while stream.next() is not None:
            pass
        stream.close()
    assert (person.ask("GET", "/account").status, program.ask("GET", "/account").status) == (401, 401)
    old = Client(broker.port).ask("POST", "/sessions", {"email": email, "password": PASSWORD})
    assert old.code == "wrong_credentials"
    assert sign_in(broker, email, reset.out.strip()).ask("GET", "/account").status == 200


def test_reset_paper_account(broker: Broker, operator: Operator, email: str) -> None:
    person = sign_in(broker, email)
    assert person.buy(3).json["status"] == "filled"
    order = person.buy(1, 5_000).json
    refused = operator.run("admin", "reset-paper-account", email, "--yes")
    assert refused.code == 1
    assert "open orders" in refused.err
    assert person.ask("DELETE", f"/order/{order['orderId']}").status == 200
    old_id = person.get("/account")["userId"]
    done = operator.run("admin", "reset-paper-account", email, "--yes", "--json")
    assert done.code == 0, done.err
    assert person.ask("GET", "/account").status == 401
    person = sign_in(broker, email)
    account = person.get("/account")
    assert (account["userId"], account["cashInCents"], account["frozen"]) == (done.json["userId"], 10_000_000, False)
    assert (person.get("/positions"), person.get("/orders")) == ([], [])
    assert person.buy(1).status == 201
    assert operator.run("reconcile").code == 0
    assert operator.run("admin", "show", old_id, "--json").json["frozen"]


def test_rotate_key(broker: Broker, operator: Operator, email: str) -> None:
    person = sign_in(broker, email)
    before = broker.signing_key.kid
    assert operator.run("admin", "rotate-key").code == 0
    assert broker.signing_key.kid != before
    assert person.ask("GET", "/account").status == 200
    assert sign_in(broker, email).ask("GET", "/account").status == 200
    assert operator.run("admin", "log", "--json").json[0]["what"] == "rotate_key"


def test_list_of_people(broker: Broker, operator: Operator, email: str) -> None:
    listed = operator.run("admin", "people", email[:8])
    assert email in listed.out
    assert [one["email"] for one in operator.run("admin", "people", email, "--json").json] == [email]
    nobody = operator.run("admin", "show", "nobody@example.org")
    assert (nobody.code, "nobody has the email" in nobody.err) == (1, True)


def test_not_for_people(broker: Broker, email: str) -> None:
    person = sign_in(broker, email)
    for method, path in (("GET", "/operator/people"), ("POST", "/operator/keys"), ("GET", "/operator/log")):
        assert person.ask(method, path).status == 401


def test_log_is_append_only(broker: Broker, operator: Operator, data_dir: Path, email: str) -> None:
    connection = apsw.Connection(str(data_dir / "orders.sqlite"))
    connection.set_busy_timeout(5_000)
    for statement in ("UPDATE operator_log SET what = 'nothing'", "DELETE FROM operator_log"):
        with pytest.raises(apsw.ConstraintError, match="append-only"):
            connection.execute(statement)
    connection.close()
