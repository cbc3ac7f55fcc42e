"""Puts logs, metrics and traces around exchange, order database and HTTP, where `app` wires them. What is not asked for is not there."""

from typing import TYPE_CHECKING, TypeVar, cast

from locksley.config import ConfigError, check_address
from locksley.exchange.port import OrderEntry
from locksley.observability.measured import MeasuredExchange, MeasuredOrderDb, Tallies
from locksley.observability.order_log import ORDERS_MAX, LoggedOrderDb, LoggedOrderEntry, RequestIds
from locksley.observability.request_log import RequestLog
from locksley.order_db.upkeep import UpkeepDb
from locksley.web.entrance import Application

if TYPE_CHECKING:
    from types import ModuleType

    from locksley.observability.traces import Traces

Exchange = TypeVar("Exchange", bound=OrderEntry)


class Observers:
    """`traces_to` is where spans are sent, if they are. Raises `ConfigError`."""

    def __init__(self, *, log_each: bool, traces_to: str | None = None) -> None:
        self.tallies = Tallies()
        self._log_each = log_each
        self._request_ids = RequestIds(ORDERS_MAX)
        self._traces: Traces | None = _tracing().Traces(traces_to) if traces_to is not None else None

    def exchange(self, exchange: Exchange) -> Exchange:
        observed: object = MeasuredExchange(exchange, self.tallies)
        if self._traces is not None:
            observed = _tracing().TracedOrderEntry(observed, self._traces)
        return cast(
            Exchange, LoggedOrderEntry(cast(Exchange, observed), self._request_ids) if self._log_each else observed
        )

    def order_db(self, orders: UpkeepDb) -> UpkeepDb:
        observed = cast(UpkeepDb, MeasuredOrderDb(orders, self.tallies))
        if self._traces is not None:
            observed = cast(UpkeepDb, _tracing().TracedOrderDb(observed, self._traces))
        return cast(UpkeepDb, LoggedOrderDb(observed, self._request_ids)) if self._log_each else observed

    def application(self, application: Application) -> Application:
        if self._traces is not None:
            application = _tracing().TracedRequests(application, self._traces)
        return RequestLog(application) if self._log_each else application

    async def close(self) -> None:
        if self._traces is not None:
            await self._traces.close()


def check(traces_to: str | None) -> None:
    """Raises `ConfigError` unless traces can be sent there."""
    if traces_to is not None:
        check_address("--traces-to", traces_to, "http://127.0.0.1:4318")
        _tracing()


def _tracing() -> "ModuleType":
    try:
        from locksley.observability import traces  # noqa: PLC0415  (what it needs is an extra, and takes long to import)
    except ImportError as error:
        if (error.name or "").split(".")[0] != "opentelemetry":
            raise
        raise ConfigError(
            "--traces-to needs OpenTelemetry, which is not installed; install Locksley with its extra `traces`"
        ) from None
    return traces
