"""A broker and its HTTP interface, from the opening of its files to the last answer."""

import asyncio
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor

import argon2
from prometheus_client import CollectorRegistry

from locksley import data_dir
from locksley.app import Adapters, Broker
from locksley.backup.backups import Backups
from locksley.config import Config
from locksley.data_dir import DataDir
from locksley.embedded import Stores, embedded
from locksley.observability.metrics import BrokerMeasures
from locksley.opening import opening
from locksley.people.accounts import Accounts
from locksley.people.callers import Callers
from locksley.people.operating import Operating
from locksley.people.operator_access import OperatorAccess
from locksley.people.passwords import Passwords
from locksley.people.program_tokens import ProgramTokens
from locksley.people.sessions import Sessions
from locksley.portfolio.activity import ActivityLog
from locksley.portfolio.day_ends import DayEnds
from locksley.portfolio.value_over_time import ValueOverTime
from locksley.prices.history.past_prices import BarPrices
from locksley.web.api import Api
from locksley.web.entrance import Application
from locksley.web.limits import Addresses, Placing, SignUps
from locksley.web.operator import Desk
from locksley.web.operator_measures import OperatorMeasures
from locksley.web.proxies import TrustedProxies
from locksley.web.server import WebServer
from locksley.web.services import Services
from locksley.web.sse import OpenStreams


async def serve(config: Config, stopped: asyncio.Event, started: Callable[[WebServer, Services], None]) -> None:
    """Run an embedded broker and its HTTP interface until `stopped`. Raises `ConfigError`."""
    async with embedded(config) as (on, stores):
        with opening(DataDir(config.data_dir).database):
            broker = await Broker.open(config, on)
        with ThreadPoolExecutor(config.password_checks_at_once_max, "passwords") as hashing:
            services = await _services(config, on, stores, broker, hashing)
            web = WebServer(_application(config, on, services, broker), services.streams, config)
            await web.start()
            services.desk.access.publish(data_dir.DataDir(config.data_dir).operator, web.url)
            day_ends = DayEnds(stores.portfolio_db, services.values, every_ms=config.day_ends_every_ms)
            flows = asyncio.create_task(_together(broker.run(), day_ends.run()))
            stopping = asyncio.create_task(stopped.wait())
            started(web, services)
            try:
                await asyncio.wait([flows, stopping], return_when=asyncio.FIRST_COMPLETED)
            finally:
                stopping.cancel()
                await web.stop()
                flows.cancel()
                await asyncio.wait([flows])
                await broker.close()
            if not flows.cancelled():
                flows.result()


def _application(config: Config, on: Adapters, services: Services, broker: Broker) -> Application:
    """From the outside in: who is behind a proxy, a line in the log, the interface itself."""
    application: Application = Api(services).application
    if on.observers is not None:
        BrokerMeasures(services.registry, broker, on.observers.tallies, services.streams)
        application = on.observers.application(application)
    return TrustedProxies(application, config.trusted_proxies) if config.trusted_proxies else application


async def _together(*flows: Coroutine[None, None, None]) -> None:
    async with asyncio.TaskGroup() as tasks:
        for flow in flows:
            tasks.create_task(flow)


async def _services(
    config: Config, on: Adapters, stores: Stores, broker: Broker, hashing: ThreadPoolExecutor
) -> Services:
    clock, people_db = on.clock, stores.people_db
    new_id = lambda: broker.order_ids.new(clock.now_ms())  # noqa: E731  (one short name for what four services are given)
    sessions = Sessions(people_db, stores.signing_keys, clock, config)
    tokens = ProgramTokens(people_db, clock, new_id)
    passwords = Passwords(argon2.PasswordHasher(), hashing, config.password_checks_waiting_max)
    callers = Callers(sessions, tokens, clock)
    operating = Operating(stores.operating_db, passwords, callers, stores.signing_keys, clock, config, new_id)
    registry = CollectorRegistry()
    OperatorMeasures(registry, broker.alarms, broker.reconciler)
    return Services(
        config=config,
        clock=clock,
        new_id=new_id,
        accounts=Accounts(people_db, passwords, clock, config, new_id),
        sessions=sessions,
        tokens=tokens,
        callers=callers,
        orders=broker.order_service,
        order_updates=broker.order_updates,
        placing=Placing.limited(clock, config),
        addresses=Addresses(config.streams_per_address_max, frozenset(config.addresses_unlimited)),
        sign_ups=SignUps(clock, config.sign_ups_per_hour_per_address, frozenset(config.addresses_unlimited)),
        symbols=broker.symbol_service,
        prices=on.price_cache,
        directory=broker.directory,
        market=broker.market_status,
        history=broker.price_history,
        holdings=broker.holdings,
        values=ValueOverTime(stores.portfolio_db, BarPrices(broker.price_history), on.price_cache),
        activity=ActivityLog(stores.activity_db),
        watchlists=stores.watchlist_db,
        streams=OpenStreams(),
        registry=registry,
        desk=Desk(
            OperatorAccess(),
            broker.dead_letters,
            broker.reconciler,
            Backups(DataDir(config.data_dir), clock),
            operating,
        ),
        not_ready=broker.not_ready,
    )
