"""Somebody whose orders, tokens and watchlists the fuzzer may use: an id that the description gives as an example stands for a real one."""

import itertools
from typing import Any

from tests.web.broker import Broker
from tests.web.client import Client
from tests.web.conftest import sign_up

MAKE_ROOM_EVERY = 100

_numbers = itertools.count()


class Person:
    def __init__(self, broker: Broker, operator_token: str) -> None:
        self._broker = broker
        self._operator_token = operator_token
        self.port = broker.port
        self._client: Client = sign_up(broker)
        self._user_id: str = self._client.get("/session")["user"]["userId"]

    def token_for(self, case: Any) -> str:
        """A new one each time, since signing out is one of the things that are tried."""
        return self.token_of(case.operation.path.startswith("/operator/"))

    def token_of(self, is_operator: bool) -> str:
        if is_operator:
            return self._operator_token
        token, _ = self._broker.services.sessions.begin(self._user_id, self._broker.services.new_id())
        return token

    def lend(self, case: Any) -> None:
        """Every other time, if nothing is wrong with the case on purpose."""
        parameters = case.path_parameters or {}
        number = next(_numbers)
        if number % MAKE_ROOM_EVERY == 0:
            self._make_room()
        if number % 2 or not case.meta.generation.mode.is_positive:
            return
        if "orderId" in parameters:
            parameters["orderId"] = self._order_id() or parameters["orderId"]
        if "tokenId" in parameters:
            parameters["tokenId"] = self._made("/tokens", "tokenId")
        if "watchlistId" in parameters:
            parameters["watchlistId"] = self._made("/watchlists", "watchlistId")

    def _made(self, path: str, member: str) -> str:
        answer = self._client.ask("POST", path, {"name": "to be tried"})
        if answer.status != 201:
            self._make_room()
            answer = self._client.ask("POST", path, {"name": "to be tried"})
        made: str = answer.json[member]
        return made

    def _make_room(self) -> None:
        """As many tokens and watchlists as one may have are soon made; then only the refusal would be tried."""
        for path, member in (("/tokens", "tokenId"), ("/watchlists", "watchlistId")):
            for one in self._client.get(path):
                self._client.ask("DELETE", f"{path}/{one[member]}")

    def _order_id(self) -> str | None:
        """None while the exchange is down."""
        answer = self._client.buy(1, 9_900).json
        order_id: str | None = answer.get("order", answer).get("orderId")
        return order_id
