from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from locksley.commands.config_folder import ConfigFolder
from locksley.commands.profiles import Profile, Profiles
from tests.commands.command_line import CommandLine
from tests.web.broker import Broker
from tests.web.client import Client
from tests.web.conftest import sign_up


class Person(CommandLine):
    """Somebody who has signed in; `http` is the same person by another way."""

    http: Client


@pytest.fixture(scope="session")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker]:
    with Broker(tmp_path_factory.mktemp("broker"), orders_per_second_per_person=100, stream_retry_ms=10) as running:
        yield running


@pytest.fixture
def nobody(broker: Broker, tmp_path: Path) -> CommandLine:
    return CommandLine(tmp_path / "config", f"http://127.0.0.1:{broker.port}")


@pytest.fixture
def person(broker: Broker, tmp_path: Path) -> Person:
    return signed_in(broker, tmp_path / "config", broker.port)


def signed_in(broker: Broker, folder: Path, port: int) -> Person:
    """Somebody new, whose profile names the broker at `port`."""
    client = sign_up(broker)
    person = Person(folder, f"http://127.0.0.1:{port}")
    person.http = client
    Profiles(ConfigFolder(folder), "default").keep(
        Profile(url=f"http://127.0.0.1:{port}", email="x@example.org", token=client.token)
    )
    return person


def profile_of(person: CommandLine, name: str = "default") -> Profile:
    return msgspec.json.decode((person.folder / f"{name}.profile.json").read_bytes(), type=Profile)
