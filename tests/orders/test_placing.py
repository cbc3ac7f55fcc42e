"""From the request to the fill."""

import asyncio

import pytest

from locksley.domain import errors
from locksley.domain.order import MAX_PRICE_CENTS, Status
from locksley.domain.price import LastPrice
from locksley.order_db.port import OrderFilter, Page
from tests.orders.broker import SOURCE, Broker
from tests.orders.disk import Fate
from tests.orders.venue import Fault
from tests.orders.waiting import until
from tests.paper_exchange.fixed_market import quote

CASH_CENTS = 10_000_000


async def test_limit_order_rests_and_fills_later_by_the_feed(broker: Broker) -> None:
    answer = await broker.buy(10, 49_950)
    assert (answer.status_code, answer.order.status) == (201, Status.SUBMITTED)
    assert (await broker.account()).held_cents == 499_500
    broker.check()
    broker.venue.happen(quote(4_980_000, 100, 4_995_000, 100))
    await broker.read_feed()
    order = await broker.now(answer.order)
    assert (order.status, order.filled_shares, order.average_fill_price_cents) == (Status.FILLED, 10, 49_950)
    account = await broker.account()
    assert (account.cash_cents, account.held_cents) == (CASH_CENTS - 499_500, 0)
    await broker.settle()


async def test_market_order_fills_in_the_answer_and_its_trade_on_the_feed_is_passed_over(broker: Broker) -> None:
    answer = await broker.buy(10)
    assert (answer.status_code, answer.order.status) == (201, Status.FILLED)
    assert answer.order.worst_price_cents == 52_500
    account = await broker.account()
    assert (account.cash_cents, account.held_cents) == (CASH_CENTS - 500_000, 0)
    await broker.read_feed()
    assert await broker.now(answer.order) == answer.order
    assert await broker.account() == account
    assert len(await broker.orders.fills("ann", Page(10))) == 1
    await broker.settle()


async def test_the_feed_is_ahead_of_the_answer(broker: Broker) -> None:
    broker.venue.place_line.answers_pass.clear()
    placing = asyncio.create_task(broker.buy(10, 49_950))
    await until(lambda: broker.venue.place_line.answers_held)
    broker.venue.happen(
        quote(4_980_000, 100, 4_995_000, 100)
    )  # after the answer was made, so it does not have this fill
    await broker.read_feed()
    assert (await broker.only_order()).status is Status.PENDING
    broker.venue.place_line.answers_pass.set()
    answer = await placing
    assert (answer.status_code, answer.order.status) == (201, Status.FILLED)
    broker.check(settled=True)


async def test_the_feed_comes_while_the_answer_is_being_stored(broker: Broker) -> None:
    broker.disk.arm({2: Fate.WAITS})
    placing = asyncio.create_task(broker.buy(10, 49_950))
    await broker.disk.waits.wait()
    broker.venue.happen(quote(4_980_000, 100, 4_995_000, 100))
    reading = asyncio.create_task(broker.read_feed())
    await asyncio.sleep(0)
    broker.disk.go.set()
    answer, _ = await asyncio.gather(placing, reading)
    assert answer.status_code == 201
    assert (await broker.now(answer.order)).status is Status.FILLED
    broker.check(settled=True)


async def test_partial_fills(broker: Broker) -> None:
    answer = await broker.buy(150, 50_000)
    assert (answer.order.status, answer.order.filled_shares) == (Status.PARTIALLY_FILLED, 100)
    assert (await broker.account()).held_cents == 50 * 50_000
    broker.venue.happen(quote(4_990_000, 100, 5_000_000, 30))
    await broker.read_feed()
    assert (await broker.now(answer.order)).filled_shares == 130
    broker.venue.happen(quote(4_990_000, 100, 4_999_000, 30))
    await broker.read_feed()
    assert (await broker.now(answer.order)).status is Status.FILLED
    await broker.settle()


async def test_what_a_market_order_cannot_get_is_cancelled(broker: Broker) -> None:
    answer = await broker.buy(150)
    assert (answer.status_code, answer.order.status, answer.order.filled_shares) == (201, Status.CANCELLED, 100)
    assert answer.order.reason == "no_more_liquidity"
    account = await broker.account()
    assert (account.cash_cents, account.held_cents) == (CASH_CENTS - 100 * 50_000, 0)
    await broker.settle()


async def test_market_buy_of_what_costs_less_than_a_cent_is_refused(broker: Broker) -> None:
    broker.market.prices["META"] = LastPrice(0, stale=False)
    with pytest.raises(errors.InvalidPrice, match="less than a cent"):
        await broker.buy(10)
    assert not await broker.orders.orders("ann", OrderFilter(), Page(10))
    await broker.settle()


async def test_market_buy_of_the_dearest_is_bounded_by_the_highest_price_there_is(broker: Broker) -> None:
    broker.market.prices["META"] = LastPrice(MAX_PRICE_CENTS, stale=False)
    with pytest.raises(errors.InsufficientBuyingPower) as refused:
        await broker.buy(1)
    assert refused.value.members["neededInCents"] == MAX_PRICE_CENTS


async def test_a_market_sell_never_goes_below_its_collar(broker: Broker) -> None:
    await broker.buy(10)
    broker.venue.happen(quote(4_000_000, 100, 5_000_000, 100))
    answer = await broker.sell(10)
    assert (answer.order.status, answer.order.filled_shares) == (Status.CANCELLED, 0)
    assert answer.order.worst_price_cents == 47_500
    await broker.settle()


async def test_a_refused_order_fails_and_gives_its_hold_back(broker: Broker) -> None:
    broker.venue.place_line.fail(Fault.REFUSE)
    with pytest.raises(errors.ExchangeRefused) as refused:
        await broker.buy(10, 49_950, key="k1")
    order = refused.value.members["order"]
    assert (order.status, order.reason) == (Status.FAILED, "refused")
    assert order == await broker.only_order()
    assert (await broker.account()).held_cents == 0
    with pytest.raises(errors.ExchangeRefused) as replayed:
        await broker.buy(10, 49_950, key="k1")
    assert (replayed.value.replayed, replayed.value.members["order"]) == (True, order)
    await broker.settle()


async def test_one_of_a_crowd_is_refused(broker: Broker) -> None:
    broker.venue.place_line.requests_pass.clear()
    crowd = [asyncio.create_task(broker.buy(1, 49_900))]
    await until(lambda: broker.venue.place_line.sent)
    crowd += [asyncio.create_task(broker.buy(1, 49_910 + n)) for n in range(9)]
    await until(lambda: len(broker.venue.place_line.sent) == 2)
    await until(lambda: broker.disk.commits >= 3)
    broker.venue.place_line.fail(Fault.REFUSE)
    crowd.append(asyncio.create_task(broker.buy(1, 49_950)))
    broker.venue.place_line.requests_pass.set()
    answers = await asyncio.gather(*crowd, return_exceptions=True)
    assert sum(isinstance(answer, errors.ExchangeRefused) for answer in answers) == 1
    assert len(broker.venue.place_line.sent) < 6  # who waited together went together
    assert len(broker.venue.orders()) == 10
    await broker.settle()


async def test_both_sides_of_a_trade_are_ours(broker: Broker) -> None:
    await broker.buy(10)
    sold = await broker.sell(10, 49_950)
    bought = await broker.buy(10, 49_950, user_id="bob")
    assert bought.order.status is Status.FILLED
    await broker.read_feed()
    assert (await broker.now(sold.order)).status is Status.FILLED
    await broker.settle()


async def test_one_person_trades_with_herself(broker: Broker) -> None:
    await broker.buy(10)
    cash_cents = (await broker.account()).cash_cents
    sold = await broker.sell(10, 49_950)
    await broker.buy(10, 49_950)
    await broker.read_feed()
    assert (await broker.now(sold.order)).status is Status.FILLED
    account = await broker.account()
    assert (account.cash_cents, account.held_cents, account.frozen) == (cash_cents, 0, False)
    await broker.settle()


async def test_the_same_key_at_once(broker: Broker) -> None:
    answers = await asyncio.gather(*(broker.buy(1, 49_950, key="k1") for _ in range(5)), return_exceptions=True)
    assert sum(isinstance(answer, errors.RequestInProgress) for answer in answers) == 4
    assert len(await broker.all_orders()) == len(broker.venue.orders()) == 1
    again = await broker.buy(1, 49_950, key="k1")
    assert (again.replayed, again.status_code) == (True, 201)


async def test_the_same_order_without_a_key_at_once(broker: Broker) -> None:
    answers = await asyncio.gather(*(broker.buy(1, 49_950) for _ in range(5)), return_exceptions=True)
    assert sum(isinstance(answer, errors.OrderInProgress) for answer in answers) == 4
    await broker.buy(1, 49_950)
    assert len(await broker.all_orders()) == 2


async def test_a_key_is_replayed_after_a_restart(broker: Broker) -> None:
    first = await broker.buy(10, key="k1")
    await broker.restart()
    again = await broker.buy(10, key="k1")
    assert (again.order, again.status_code, again.replayed) == (first.order, 201, True)
    with pytest.raises(errors.IdempotencyKeyReused):
        await broker.buy(11, key="k1")
    assert len(broker.venue.orders()) == 1


async def test_refusals_leave_nothing_behind(broker: Broker) -> None:
    broker.market.prices["META"] = broker.market.prices["META"]._replace(stale=True)
    with pytest.raises(errors.StalePrice):
        await broker.buy(1, key="k1")
    broker.market.is_open = False
    with pytest.raises(errors.MarketClosed):
        await broker.buy(1, key="k1")
    del broker.market.prices["META"]
    with pytest.raises(errors.UnknownSymbol):
        await broker.buy(1, 49_950, key="k1")
    for num_shares, price_cents, refusal in [
        (0, 1, errors.InvalidShares),
        (1_000_001, 1, errors.InvalidShares),
        (1, 0, errors.InvalidPrice),
        (1, 100_000_000, errors.InvalidPrice),
    ]:
        with pytest.raises(refusal):
            await broker.buy(num_shares, price_cents, key="k1")
    assert await broker.all_orders() == []
    assert await broker.orders.orders("ann", OrderFilter(idempotency_key="k1"), Page(1)) == []
    assert broker.venue.place_line.sent == []


async def test_an_exchange_known_to_be_down_is_not_asked(broker: Broker) -> None:
    broker.venue.up = False
    for n in range(3):
        assert (await broker.buy(1, 49_900 + n)).status_code == 202
    with pytest.raises(errors.ExchangeUnavailable) as refused:
        await broker.buy(1, 49_950, key="k1")
    assert refused.value.members["retryAfterMs"] >= 1_000
    assert len(await broker.all_orders()) == 3
    broker.venue.up = True
    broker.advance(8_000)
    assert (await broker.buy(1, 49_950, key="k1")).status_code == 201
    await broker.settle()


async def test_nobody_sees_or_cancels_anothers_order(broker: Broker) -> None:
    order = (await broker.buy(1, 49_950)).order
    for ask in (
        broker.service.order("bob", order.order_id),
        broker.service.audit("bob", order.order_id),
        broker.service.cancel("bob", order.order_id, SOURCE),
    ):
        with pytest.raises(errors.NotFound):
            await ask
    assert (await broker.now(order)).status is Status.SUBMITTED
