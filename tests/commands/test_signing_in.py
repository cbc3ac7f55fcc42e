import socket
import stat
import threading
from pathlib import Path

from locksley.commands.config_folder import ConfigFolder
from tests.commands.command_line import CommandLine
from tests.commands.conftest import Person, profile_of, signed_in
from tests.web.broker import Broker

PASSWORD = "correct horse"


def _rights(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_sign_up_out_and_in(nobody: CommandLine) -> None:
    up = nobody.run("signup", "mary@example.org", "--password-stdin", given=f"{PASSWORD}\n")
    assert (up.code, up.err) == (0, "")
    assert "mary@example.org" in up.out
    assert _rights(nobody.folder) == 0o700
    assert _rights(nobody.folder / "default.profile.json") == 0o600
    assert nobody.run("account", "--json").json["cashInCents"] == 10_000_000
    token = profile_of(nobody).token

    assert nobody.run("logout").out == "Signed out.\n"
    assert profile_of(nobody).token is None
    after = nobody.run("account")
    assert (after.code, after.out, after.err.count("\n")) == (1, "", 1)
    assert "locksley login" in after.err
    assert token is not None
    assert nobody.run("account", LOCKSLEY_TOKEN=token).code == 1  # no longer good there either
    url = nobody.environment["LOCKSLEY_URL"]
    assert after.err == f"locksley: you are not signed in at {url}; do so with: locksley login\n"

    wrong = nobody.run("login", "mary@example.org", "--password-stdin", given="another one\n")
    assert (wrong.code, wrong.err) == (1, "locksley: The email or the password is wrong.\n")
    back = nobody.run("login", "--password-stdin", "--json", given=PASSWORD)  # the profile knows the email
    assert (back.code, back.json["email"]) == (0, "mary@example.org")
    assert "token" not in back.json
    assert nobody.run("account").code == 0


def test_change_password(nobody: CommandLine) -> None:
    assert nobody.run("signup", "joan@example.org", "--password-stdin", given=PASSWORD).code == 0
    old_token, new = profile_of(nobody).token, "another password"
    wrong = nobody.run("password", "--password-stdin", given=f"not it at all\n{new}\n")
    assert (wrong.code, wrong.err) == (1, "locksley: The old password is wrong.\n")
    done = nobody.run("password", "--password-stdin", given=f"{PASSWORD}\n{new}\n")
    assert (done.code, done.err) == (0, "")
    assert old_token is not None
    assert nobody.run("account", LOCKSLEY_TOKEN=old_token).code == 1
    assert nobody.run("account").code == 0  # the new session is kept
    assert nobody.run("login", "--password-stdin", given=PASSWORD).code == 1
    assert nobody.run("login", "--password-stdin", given=new).code == 0


def test_password_is_asked_for_and_not_shown(nobody: CommandLine) -> None:
    with nobody.at_terminal("signup", "anna@example.org") as terminal:
        terminal.until("Password")
        terminal.type(f"{PASSWORD}\n")
        terminal.until("Repeat")
        terminal.type(f"{PASSWORD}\n")
        assert terminal.end() == 0
        assert PASSWORD not in terminal.seen
    assert nobody.run("account").code == 0


def test_bad_token_of_the_environment_is_named(person: Person) -> None:
    done = person.run("account", LOCKSLEY_TOKEN="lk_nonsense")
    assert (done.code, "LOCKSLEY_TOKEN" in done.err, "locksley login" in done.err) == (1, True, False)


def test_environments_token_is_told_of_by_who_signs_in(nobody: CommandLine, person: Person) -> None:
    token = profile_of(person).token or ""
    words = ("new@example.org", "--password-stdin", "--profile", "new")
    up = nobody.run("signup", *words, given=PASSWORD, LOCKSLEY_TOKEN=token)
    again = nobody.run("login", *words, "--json", given=PASSWORD, LOCKSLEY_TOKEN=token)
    for done in (up, again):
        assert (done.code, done.err.count("\n")) == (0, 1), done
        assert "LOCKSLEY_TOKEN is set and goes before this" in done.err
        assert "(unset LOCKSLEY_TOKEN), or give each command --profile new\n" in done.err
    assert again.json["email"] == "new@example.org"


def test_signing_out_does_not_end_the_environments_token(person: Person, nobody: CommandLine, broker: Broker) -> None:
    token = profile_of(signed_in(broker, nobody.folder / "other", broker.port)).token or ""
    out = person.run("logout", LOCKSLEY_TOKEN=token)
    assert (out.code, out.out, out.err.count("\n")) == (2, "", 1)
    assert "--profile default" in out.err
    assert person.run("account", LOCKSLEY_TOKEN=token).code == 0
    assert person.run("logout", "--profile", "default", LOCKSLEY_TOKEN=token).out == "Signed out.\n"
    assert profile_of(person).token is None
    assert person.run("account", LOCKSLEY_TOKEN=token).code == 0


def test_named_profile_goes_before_the_environments_token(person: Person, nobody: CommandLine, broker: Broker) -> None:
    other = signed_in(broker, nobody.folder / "other", broker.port)
    token = profile_of(other).token or ""
    mine, theirs = (one.run("account", "--json").json["userId"] for one in (person, other))

    def who(*words: str, **environment: str) -> str:
        return str(person.run("account", "--json", *words, LOCKSLEY_TOKEN=token, **environment).json["userId"])

    assert (who(), who(LOCKSLEY_PROFILE="default"), who("--profile", "default")) == (theirs, theirs, mine)
    without = person.run("account", "--profile", "work", LOCKSLEY_TOKEN=token)
    assert (without.code, without.err.partition("; ")[2]) == (1, "do so with: locksley login --profile work\n")


def test_ctrl_c_at_a_question_is_130_without_a_traceback(nobody: CommandLine) -> None:
    with nobody.at_terminal("login", "anna@example.org") as terminal:
        terminal.until(f"Password of anna@example.org at {nobody.environment['LOCKSLEY_URL']}:")
        assert terminal.ctrl_c() == 130
        assert "Traceback" not in terminal.seen


def test_profiles_are_apart(person: Person) -> None:
    assert person.run("account", "--profile", "work").err.endswith("do so with: locksley login --profile work\n")
    up = person.run("signup", "work@example.org", "--password-stdin", "--profile", "work", given=PASSWORD)
    assert up.code == 0
    work, default = person.run("account", "--json", "--profile", "work"), person.run("account", "--json")
    assert work.json["userId"] != default.json["userId"]


def test_token_goes_to_its_own_broker_only(person: Person) -> None:
    heard: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as elsewhere:
        listening = threading.Thread(target=_answer_once, args=(elsewhere, heard))
        listening.start()
        done = person.run("account", "--url", f"http://127.0.0.1:{elsewhere.getsockname()[1]}")
        listening.join()
    assert done.code == 1
    assert b"GET /account" in heard[0]
    assert b"authorization" not in heard[0].lower()


def _answer_once(listener: socket.socket, heard: list[bytes]) -> None:
    connection, _ = listener.accept()
    with connection:
        heard.append(connection.recv(65_536))
        connection.sendall(b"HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")


def test_wider_rights_are_mended_and_said(person: Person) -> None:
    person.folder.chmod(0o755)
    profile = person.folder / "default.profile.json"
    profile.chmod(0o644)
    done = person.run("account")
    assert done.code == 0
    assert f"others could get at {profile}" in done.err
    assert _rights(profile) == 0o600
    ConfigFolder(person.folder).make()
    assert _rights(person.folder) == 0o700


def test_profile_that_is_a_link_is_refused(person: Person, tmp_path: Path) -> None:
    profile = person.folder / "default.profile.json"
    profile.rename(tmp_path / "elsewhere")
    profile.symlink_to(tmp_path / "elsewhere")
    done = person.run("account")
    assert (done.code, done.err.count("\n")) == (1, 1)
    assert "can not be used" in done.err


def test_tokens_for_programs(person: Person) -> None:
    made = person.run("tokens", "make", "a bot", "--json").json
    stranger = CommandLine(person.folder / "none", person.environment["LOCKSLEY_URL"])
    assert stranger.run("account", LOCKSLEY_TOKEN=made["token"]).code == 0
    [listed] = person.run("tokens", "list", "--json").json
    assert (listed["tokenId"], listed["name"], "token" in listed) == (made["tokenId"], "a bot", False)
    assert person.run("tokens", "delete", "a bot").code == 0
    assert stranger.run("account", LOCKSLEY_TOKEN=made["token"]).code == 1
    assert "locksley tokens list" in person.run("tokens", "delete", "a bot").err
