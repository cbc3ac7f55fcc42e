from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser

from locksley.web import page as served
from tests.acceptance.process import LocksleyUp
from tests.page import chromium
from tests.page.visitor import Visitor
from tests.paper_exchange.fixed_market import trade
from tests.web.broker import Broker

MARKET = ("--symbols", "120", "--seed", "7", "--trades-per-second", "80")


@pytest.fixture(scope="package", autouse=True)
def built() -> None:
    if not served.is_built():
        pytest.fail("the page is not built; run `make page`")


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    with chromium.running() as browser:
        yield browser


@pytest.fixture(scope="package")
def market(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocksleyUp]:
    """A broker as people start it, beside a lively exchange."""
    home = tmp_path_factory.mktemp("market")
    with LocksleyUp(home / "data", *MARKET, log=home / "log") as up:
        yield up


@pytest.fixture(scope="package")
def quiet_broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker]:
    """META is bid for at 99.90 and offered at 100.10, and nothing moves by itself; what is in doubt is settled soon."""
    with Broker(
        tmp_path_factory.mktemp("quiet_broker"),
        cleanup_every_ms=200,
        cleanup_grace_ms=500,
        retry_first_ms=3_000,
        retry_most_ms=3_000,
        stream_retry_ms=100,
    ) as broker:
        yield broker


@pytest.fixture
def visit(browser: Browser, market: LocksleyUp) -> Iterator[Callable[..., Visitor]]:
    """People at the lively broker."""
    yield from _visits(browser, lambda: market.port)


@pytest.fixture
def broker(quiet_broker: Broker) -> Iterator[Broker]:
    """Without faults before and after."""
    yield quiet_broker
    quiet_broker.on_loop(quiet_broker.venue.set_faults())


@pytest.fixture
def trader(browser: Browser, broker: Broker) -> Iterator[Visitor]:
    """Somebody signed in who looks at META, at 100 dollars, at the quiet broker."""
    broker.happen(trade(1_000_000, 100))
    with Visitor(browser, broker.port).sign_up() as visitor:
        visitor.go("symbol/META")
        yield visitor


def _visits(browser: Browser, port: Callable[[], int]) -> Iterator[Callable[..., Visitor]]:
    made: list[Visitor] = []

    def visit(**context: object) -> Visitor:
        made.append(Visitor(browser, port(), **context))
        return made[-1]

    yield visit
    for visitor in made:
        visitor.__exit__(None, None, None)
