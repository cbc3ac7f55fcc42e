"""Puts logs and metrics around exchange, order database and HTTP, where `app` wires them. What is not asked for is not there."""

from typing import TypeVar, cast

from locksley.exchange.port import OrderEntry
from locksley.observability.measured import MeasuredExchange, MeasuredOrderDb, Tallies
from locksley.observability.order_log import LoggedOrderDb, LoggedOrderEntry, RequestIds
from locksley.observability.request_log import RequestLog
from locksley.order_db.upkeep import UpkeepDb
from locksley.web.entrance import Application

Exchange = TypeVar("Exchange", bound=OrderEntry)


class Observers:
    def __init__(self, *, log_each: bool) -> None:
        self.tallies = Tallies()
        self._log_each = log_each
        self._request_ids = RequestIds()

    def exchange(self, exchange: Exchange) -> Exchange:
        observed = cast(Exchange, MeasuredExchange(exchange, self.tallies))
        return cast(Exchange, LoggedOrderEntry(observed, self._request_ids)) if self._log_each else observed

    def order_db(self, orders: UpkeepDb) -> UpkeepDb:
        observed = cast(UpkeepDb, MeasuredOrderDb(orders, self.tallies))
        return cast(UpkeepDb, LoggedOrderDb(observed, self._request_ids)) if self._log_each else observed

    def application(self, application: Application) -> Application:
        return RequestLog(application) if self._log_each else application
