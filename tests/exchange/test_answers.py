"""What an exchange's answer means, and what makes no sense."""

import msgspec
import pytest

from locksley.domain.order import Side
from locksley.exchange.connections import Answer
from locksley.exchange.http_client import cancellations, history, looked_up, placements, understand
from locksley.exchange.port import HistoryGone, OutcomeUnknown, State
from locksley.exchange.wire import ms_of

AS_OF = {"epoch": 1, "sequence": 9, "now": "2026-11-22T15:04:05.123456Z"}
ORDER = {
    "clientOrderId": "a",
    "externalOrderId": "x-1",
    "result": "accepted",
    "state": "open",
    "symbol": "META",
    "side": "buy",
    "type": "limit",
    "priceE4": 5_010_000,
    "numShares": 10,
    "filledShares": 4,
    "executions": [
        {
            "tradeId": "t-1",
            "epoch": 1,
            "sequence": 8,
            "priceE4": 5_000_000,
            "numShares": 4,
            "timestamp": "2026-11-22T15:04:05.000001Z",
        }
    ],
    "aMemberOfALaterVersion": True,
}


def answer(*items: object, status: int = 200) -> Answer:
    return Answer(status, msgspec.json.encode({**AS_OF, "items": items}))


def test_accepted_and_refused() -> None:
    refused = {"clientOrderId": "b", "result": "refused", "reason": "bad_price"}
    found = understand(answer(ORDER, refused), lambda body: placements(body, ["a", "b"]))
    assert (found.as_of.epoch, found.as_of.sequence, found.as_of.now_ms) == (1, 9, 1_795_359_845_123)
    order = found.items[0].order
    assert order is not None
    assert (order.external_order_id, order.state, order.side, order.filled_shares) == ("x-1", State.OPEN, Side.BUY, 4)
    assert [execution.trade_id for execution in order.executions] == ["t-1"]
    assert (found.items[1].order, found.items[1].refusal) == (None, "bad_price")


@pytest.mark.parametrize(
    "items",
    [
        [],
        [ORDER, ORDER],
        [{**ORDER, "clientOrderId": "b"}],
        [{**ORDER, "result": "perhaps"}],
        [{**ORDER, "result": None}],
        [{**ORDER, "state": "unknown"}],
        [{**ORDER, "externalOrderId": None}],
        [{**ORDER, "filledShares": "4"}],
        [{"result": "refused", "reason": "bad_price"}],
        [7],
    ],
)
def test_placement_that_does_not_match_is_unknown(items: list[object]) -> None:
    with pytest.raises(OutcomeUnknown, match="makes no sense"):
        understand(answer(*items), lambda body: placements(body, ["a"]))


def test_batch_in_another_order_is_unknown() -> None:
    other = {**ORDER, "clientOrderId": "b"}
    with pytest.raises(OutcomeUnknown):
        understand(answer(other, ORDER), lambda body: placements(body, ["a", "b"]))


@pytest.mark.parametrize("body", [b"", b"{", b"null", b"\xff", b"[]", b'{"items": []}'])
def test_answer_that_can_not_be_read_is_unknown(body: bytes) -> None:
    with pytest.raises(OutcomeUnknown):
        understand(Answer(200, body), lambda body: placements(body, []))


@pytest.mark.parametrize("status", [201, 302, 400, 401, 404, 413, 429, 500, 503, 504])
def test_any_other_status_is_unknown(status: int) -> None:
    with pytest.raises(OutcomeUnknown, match=f"status {status}"):
        understand(answer(ORDER, status=status), lambda body: placements(body, ["a"]))


@pytest.mark.parametrize(
    ("item", "state"),
    [
        ({**ORDER, "result": "cancelled", "state": "cancelled"}, State.CANCELLED),
        ({**ORDER, "result": "already_closed", "state": "filled"}, State.FILLED),
        ({"externalOrderId": "x-1", "result": "unknown", "state": "unknown"}, None),
    ],
)
def test_cancelled(item: object, state: State | None) -> None:
    found = understand(answer(item), lambda body: cancellations(body, ["x-1"]))
    order = found.items[0].order
    assert (order.state if order is not None else None) == state


def test_cancel_that_leaves_the_order_open_makes_no_sense() -> None:
    with pytest.raises(OutcomeUnknown):
        understand(answer({**ORDER, "result": "cancelled"}), lambda body: cancellations(body, ["x-1"]))


def test_looked_up() -> None:
    unknown = {"clientOrderId": "b", "state": "unknown", "filledShares": 0, "executions": []}
    found = understand(answer(ORDER, unknown), lambda body: looked_up(body, ["a", "b"]))
    assert [(item.client_order_id, item.state) for item in found.items] == [("a", State.OPEN), ("b", State.UNKNOWN)]


def test_history_gone() -> None:
    body = msgspec.json.encode({**AS_OF, "error": "gone", "oldestEpoch": 3, "oldestSequence": 500})
    with pytest.raises(HistoryGone) as gone:
        understand(Answer(410, body), lambda body: history(body, 3, 0, 9))
    assert (gone.value.epoch, gone.value.oldest_sequence) == (3, 500)


def test_history_that_was_not_asked_for() -> None:
    item = {
        "sequence": 12,
        "tradeId": "t",
        "symbol": "META",
        "priceE4": 1,
        "numShares": 1,
        "timestamp": AS_OF["now"],
        "sentAt": AS_OF["now"],
        "orderIds": ["a", "b"],
        "offMarket": False,
    }
    [trade] = understand(answer(item), lambda body: history(body, 1, 11, 12))
    assert (trade.sequence, trade.order_ids, trade.timestamp_ms) == (12, ("a", "b"), 1_795_359_845_123)
    with pytest.raises(OutcomeUnknown):
        understand(answer(item), lambda body: history(body, 1, 12, 20))


@pytest.mark.parametrize(
    ("text", "expected_ms"),
    [
        ("2026-11-22T15:04:05.123456Z", 1_795_359_845_123),
        ("2026-11-22T15:04:05.999999Z", 1_795_359_845_999),
        ("2026-11-22T15:04:05Z", 1_795_359_845_000),
        ("2026-11-22T10:04:05.123-05:00", 1_795_359_845_123),
        ("1970-01-01T00:00:00.000000Z", 0),
        ("2000-02-29T00:00:00.001000Z", 951_782_400_001),
    ],
)
def test_times(text: str, expected_ms: int) -> None:
    assert ms_of(text) == expected_ms


@pytest.mark.parametrize(
    "text", ["", "now", "2026-11-22T15:04:05", "2026-13-22T15:04:05.123456Z", "2026-11-22T15:04:05.x23456Z"]
)
def test_no_times(text: str) -> None:
    with pytest.raises(ValueError, match=r"\S"):
        ms_of(text)
