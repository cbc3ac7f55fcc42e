"""The nginx configuration of `deploy/`, in front of a real broker: TLS, HTTP/2, streams unbuffered, addresses that are believed."""

import http.client
import json
import os
import shutil
import socket
import ssl
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.web.broker import Broker
from tests.web.client import Client
from tests.web.conftest import sign_up

CONFIGURATION = Path(__file__).parents[2] / "deploy" / "nginx.conf"
START_S_MAX = 20
FRAME_S_MAX = 20
INSTALL_S_MAX = 240


class Proxy(NamedTuple):
    port: int
    plain_port: int
    certificate: Path

    @property
    def url(self) -> str:
        return f"https://locksley.example:{self.port}"

    def curl(self, *words: str) -> list[str]:
        """The command that speaks HTTP/2 to it."""
        resolve = f"locksley.example:{self.port}:127.0.0.1"
        return ["curl", "-sS", "--http2", "--resolve", resolve, "--cacert", str(self.certificate), *words]

    def ask(self, method: str, path: str, body: object = None, **headers: str) -> tuple[int, dict[str, str], bytes]:
        context = ssl.create_default_context(cafile=str(self.certificate))
        connection = http.client.HTTPSConnection("127.0.0.1", self.port, context=context, timeout=FRAME_S_MAX)
        connection._http_vsn = 11  # type: ignore[attr-defined]
        raw = socket.create_connection(("127.0.0.1", self.port), FRAME_S_MAX)
        connection.sock = context.wrap_socket(raw, server_hostname="locksley.example")
        sent = {"Host": f"locksley.example:{self.port}", "Content-Type": "application/json"}
        sent |= {name.replace("_", "-"): value for name, value in headers.items()}
        try:
            connection.request(method, path, json.dumps(body) if body is not None else None, sent)
            response = connection.getresponse()
            return response.status, {name.lower(): value for name, value in response.getheaders()}, response.read()
        finally:
            connection.close()


@pytest.fixture(scope="module")
def nginx() -> str:
    """The program; from Debian where it is missing. LOCKSLEY_NO_NGINX=1 leaves these tests out, and says so."""
    if os.environ.get("LOCKSLEY_NO_NGINX") == "1":
        pytest.skip("LOCKSLEY_NO_NGINX=1: the nginx configuration is not tried")
    for missing in ("nginx", "curl", "openssl"):
        if _found(missing) is None and os.geteuid() == 0 and shutil.which("apt-get"):
            package = "nginx-light" if missing == "nginx" else missing
            subprocess.run(
                ["apt-get", "install", "-y", "-qq", package], capture_output=True, timeout=INSTALL_S_MAX, check=False
            )
        if _found(missing) is None:
            pytest.fail(
                f"{missing} is missing: apt-get install {missing}, or set LOCKSLEY_NO_NGINX=1 to leave this out"
            )
    return _found("nginx") or ""


def _found(program: str) -> str | None:
    return shutil.which(program) or shutil.which(program, path="/usr/sbin:/usr/local/sbin:/sbin")


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker]:
    with Broker(tmp_path_factory.mktemp("proxied"), trusted_proxies=("127.0.0.1",), sign_in_failures_max=2) as running:
        yield running


@pytest.fixture(scope="module")
def proxy(nginx: str, broker: Broker, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxy]:
    """The configuration as it is, but for ports, certificate and the broker's address."""
    home = tmp_path_factory.mktemp("nginx")
    certificate, key = home / "certificate.pem", home / "key.pem"
    subject = ["-subj", "/CN=locksley.example", "-addext", "subjectAltName=DNS:locksley.example"]
    subprocess.run(
        [
            "openssl",
            "req",
            "-x509",
            "-newkey",
            "rsa:2048",
            "-nodes",
            "-days",
            "2",
            *subject,
            "-keyout",
            str(key),
            "-out",
            str(certificate),
        ],
        capture_output=True,
        check=True,
    )
    found = Proxy(_free_port(), _free_port(), certificate)
    site = CONFIGURATION.read_text()
    for before, after in (
        ("listen 80;", f"listen 127.0.0.1:{found.plain_port};"),
        ("listen 443 ssl http2;", f"listen 127.0.0.1:{found.port} ssl http2;"),
        ("/etc/ssl/locksley/fullchain.pem", str(certificate)),
        ("/etc/ssl/locksley/privkey.pem", str(key)),
        ("127.0.0.1:8000", f"127.0.0.1:{broker.port}"),
    ):
        assert site.count(before) == 1, before
        site = site.replace(before, after)
    (home / "site.conf").write_text(site)
    paths = "".join(f"{name}_temp_path {home}/{name};" for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
    main = (
        f"daemon off; user root; pid {home}/pid; error_log {home}/error.log; events {{ worker_connections 256; }}"
        f" http {{ access_log off; {paths} include {home}/site.conf; }}"
    )
    if os.geteuid() != 0:
        main = main.replace("user root; ", "")
    (home / "nginx.conf").write_text(main)
    process = subprocess.Popen([nginx, "-p", str(home), "-c", str(home / "nginx.conf")], stderr=subprocess.PIPE)
    try:
        _until_it_listens(found.port, process)
        yield found
    finally:
        process.terminate()
        process.wait(START_S_MAX)
        if process.stderr is not None:
            process.stderr.close()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _until_it_listens(port: int, process: "subprocess.Popen[bytes]") -> None:
    give_up_at_s = time.monotonic() + START_S_MAX
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            assert time.monotonic() < give_up_at_s
            assert process.poll() is None, process.stderr.read() if process.stderr else ""
            time.sleep(0.05)
        else:
            return


def test_http_2_and_tls(proxy: Proxy) -> None:
    told = subprocess.run(
        proxy.curl("-o", "/dev/null", "-w", "%{http_version} %{http_code} %{scheme}", f"{proxy.url}/healthz"),
        capture_output=True,
        text=True,
        timeout=FRAME_S_MAX,
        check=True,
    ).stdout
    assert told.split()[:2] == ["2", "200"]


def test_plain_http_is_sent_to_https(proxy: Proxy) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", proxy.plain_port, timeout=FRAME_S_MAX)
    connection.request("GET", "/account", headers={"Host": "locksley.example"})
    response = connection.getresponse()
    assert (response.status, response.getheader("Location")) == (301, "https://locksley.example/account")
    connection.close()


def test_stream_is_not_buffered(proxy: Proxy, broker: Broker) -> None:
    """The first frames are here while the stream is open, and so is what happens later."""
    person = sign_up(broker)
    words = proxy.curl("-N", "-H", f"Authorization: Bearer {person.token}", f"{proxy.url}/subscribe?symbols=META")
    with subprocess.Popen(words, stdout=subprocess.PIPE) as reading:
        try:
            assert reading.stdout is not None
            assert _until(reading.stdout, b"event: stream")
            assert _until(reading.stdout, b'"symbol":"META"')
            assert person.buy(7).status == 201
            assert _until(reading.stdout, b'"numShares":7')
            assert reading.poll() is None
        finally:
            reading.terminate()


def _until(lines: object, text: bytes) -> bool:
    give_up_at_s = time.monotonic() + FRAME_S_MAX
    for line in lines:  # type: ignore[attr-defined]
        if text in line:
            return True
        if time.monotonic() > give_up_at_s:
            return False
    return False


def test_cookie_is_secure_behind_tls(proxy: Proxy, broker: Broker) -> None:
    credentials = {"email": "cookie@example.org", "password": "correct horse"}
    assert proxy.ask("POST", "/users", credentials)[0] == 201
    origin = f"https://locksley.example:{proxy.port}"
    status, headers, _ = proxy.ask("POST", "/sessions", credentials, Origin=origin)
    assert status == 201
    assert "Secure" in headers["set-cookie"]
    assert headers["strict-transport-security"].startswith("max-age=")
    straight = Client(broker.port).ask("POST", "/sessions", credentials, X_Forwarded_Proto="http")
    assert "Secure" not in straight.headers["set-cookie"]
    foreign, _, _ = proxy.ask("POST", "/sessions", credentials, Origin="https://elsewhere.example")
    assert foreign == 403


def test_peoples_own_addresses(proxy: Proxy, broker: Broker) -> None:
    """Whoever comes through nginx and says to be somebody else is not believed: failed sign-ins count for one address."""
    wrong = {"email": "nobody@example.org", "password": "wrong password"}
    answers = [proxy.ask("POST", "/sessions", wrong, X_Forwarded_For=f"203.0.113.{n}")[0] for n in range(3)]
    assert answers == [401, 401, 429]


def test_what_is_for_this_machine(proxy: Proxy) -> None:
    assert proxy.ask("GET", "/metrics")[0] == 404
    assert proxy.ask("GET", "/operator/people")[0] == 404
    assert proxy.ask("GET", "/healthz")[0] == 200
