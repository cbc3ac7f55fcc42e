"""Everything that one person can have, and how to see that nobody else touched it or was told of it."""

import uuid
from typing import Any

from locksley.web.route import Route
from locksley.web.routes import ROUTES
from tests.web.broker import Broker
from tests.web.client import Answer, Events
from tests.web.conftest import sign_up

STATE = ("/account", "/orders", "/positions", "/activity", "/tokens", "/session", "/watchlists")
ADDRESSES = {route.path for route in ROUTES}


class Theirs:
    """A person with an open order, a filled one, a token, a watchlist, an open stream of prices, and a key that was used."""

    def __init__(self, broker: Broker) -> None:
        self.broker = broker
        self.client = sign_up(broker)
        self.user_id = str(self.client.get("/account")["userId"])
        self.email = str(self.client.get("/session")["user"]["email"])
        self.key = str(uuid.uuid4())
        self.open_order = self._ordered(self.client.buy(3, 5_000, Idempotency_Key=self.key))
        self.filled_order = self._ordered(self.client.buy(7))
        broker.eventually(lambda: self.client.get(f"/order/{self.filled_order}")["status"] == "filled")
        self.token_id = str(self.client.ask("POST", "/tokens", {"name": f"robot-{self.key}"}).json["tokenId"])
        self.watchlist_id = self._watchlist()
        self.prices: Events = self.client.stream("POST", "/subscribe", {"symbols": ["META"]})
        self.stream_id = str(self.prices.until("stream").data["streamId"])
        self.cursors = {
            path: self.client.ask("GET", f"{path}?limit=1").headers["link"].partition("cursor=")[2].partition(">")[0]
            for path in ("/orders", "/activity")
        }

    def close(self) -> None:
        self.prices.close()

    def state(self) -> list[Any]:
        return [self.client.get(path) for path in STATE if path in ADDRESSES]

    def path_of(self, route: Route) -> str:
        """The route's address, naming what is theirs."""
        return route.path.format(
            name="META",
            order_id=self.open_order,
            token_id=self.token_id,
            stream_id=self.stream_id,
            watchlist_id=self.watchlist_id,
            user_id=self.user_id,
            invitation_id="1",
        )

    def _watchlist(self) -> str:
        if "/watchlists" not in ADDRESSES:
            return str(uuid.uuid4())
        answer = self.client.ask("POST", "/watchlists", {"name": f"list {self.key}", "symbols": ["META"]})
        assert answer.status == 201, answer
        return str(answer.json["watchlistId"])

    @property
    def names(self) -> list[str]:
        """What would give this person away."""
        return [
            self.user_id,
            self.email,
            self.key,
            self.open_order,
            self.filled_order,
            self.token_id,
            self.watchlist_id,
            self.stream_id,
            str(self.client.token),
        ]

    def told_in(self, answer: Answer) -> list[str]:
        text = answer.body.decode(errors="replace") + str(dict(answer.headers))
        return [name for name in self.names if name in text]

    @staticmethod
    def _ordered(answer: Answer) -> str:
        assert answer.status == 201, answer
        return str(answer.json["orderId"])
