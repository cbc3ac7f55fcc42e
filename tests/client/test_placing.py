import asyncio

import pytest

from locksley.client import AsyncClient, Conflict, NoAnswer, NotFound, Order, Retries, TooMany, Unacceptable, buy
from tests.client.conftest import QUICK
from tests.client.faulty_line import Fault, FaultyLine
from tests.web.broker import Broker
from tests.web.conftest import sign_up

ALL_ATTEMPTS = QUICK.attempts_max


async def orders_of(person: AsyncClient) -> list[Order]:
    return [order async for order in person.orders()]


async def test_buy_and_sell_at_the_market(person: AsyncClient) -> None:
    bought = await person.buy("META", 10)
    assert (bought.is_known, bought.replayed) == (True, False)
    assert (bought.order.status, bought.order.average_fill_price_in_cents) == ("filled", 10_010)
    sold = await person.sell("META", 4)
    assert (sold.order.position, sold.order.filled_shares) == ("sell", 4)
    [position] = await person.positions()
    assert position.shares == 6


async def test_limit_order_and_its_cancel(person: AsyncClient) -> None:
    placed = await person.buy("META", 10, limit_in_cents=5_000)
    assert (placed.order.status, placed.order.type, placed.order.is_open) == ("submitted", "limit", True)
    assert (await person.account()).held_in_cents == 50_000
    for _ in range(2):  # asking twice does no harm
        cancelled = await person.cancel(placed.order.order_id)
        assert (cancelled.ok, cancelled.order.status, cancelled.order.is_open) == (True, "cancelled", False)
    assert await person.order(placed.order.order_id) == cancelled.order
    happened = [event.what for event in await person.order_events(placed.order.order_id)]
    assert happened == ["placed", "accepted", "cancel_asked", "closed_by_exchange"]


@pytest.mark.parametrize("fault", Fault)
async def test_one_order_whatever_the_network_loses(person: AsyncClient, line: FaultyLine, fault: Fault) -> None:
    async with AsyncClient(line.url, person.token, timeout_s=0.5, retries=QUICK) as hurried:
        line.faults.append(fault)
        placed = await hurried.buy("META", 1)
    assert line.requests == 2
    assert placed.replayed is (fault in (Fault.LOSE_ANSWER, Fault.HOLD_ANSWER))
    assert [order.order_id for order in await orders_of(person)] == [placed.order.order_id]


async def test_answers_lost_every_time_leave_one_order_and_say_so(person: AsyncClient, line: FaultyLine) -> None:
    intent = buy("META", 1)
    line.faults.extend([Fault.LOSE_ANSWER] * ALL_ATTEMPTS)
    with pytest.raises(NoAnswer) as lost:
        await person.place(intent)
    assert lost.value.may_have_happened
    assert line.requests == ALL_ATTEMPTS
    later = await person.place(intent)
    assert later.replayed
    assert [order.order_id for order in await orders_of(person)] == [later.order.order_id]


async def test_refusal_after_a_lost_answer_is_the_last_word(person: AsyncClient, line: FaultyLine) -> None:
    line.faults.append(Fault.LOSE_ANSWER)
    with pytest.raises(Unacceptable) as refused:
        await person.buy("META", 1_000_000)
    assert (refused.value.code, refused.value.status) == ("insufficient_buying_power", 422)
    assert not refused.value.may_have_happened
    assert await orders_of(person) == []


async def test_token_that_is_not_good_after_a_lost_answer_leaves_it_open(
    broker: Broker, person: AsyncClient, line: FaultyLine
) -> None:
    line.faults.extend([Fault.LOSE_ANSWER] * ALL_ATTEMPTS)
    intent = buy("META", 1)
    async with AsyncClient(line.url, "forged", retries=QUICK) as stranger:
        with pytest.raises(NoAnswer) as lost:
            await stranger.place(intent)
    assert lost.value.may_have_happened
    assert await orders_of(person) == []


async def test_nobody_listening_means_that_nothing_happened() -> None:
    async with FaultyLine(0) as unused:
        url = unused.url
    async with AsyncClient(url, "any", retries=QUICK) as client:
        with pytest.raises(NoAnswer, match="no broker answers at") as refused:
            await client.buy("META", 1)
    assert not refused.value.may_have_happened


async def test_key_of_another_order_is_refused(person: AsyncClient) -> None:
    intent = buy("META", 1)
    await person.place(intent)
    other = buy("META", 2)
    with pytest.raises(Unacceptable) as refused:
        await person.place(type(other)(position="buy", symbol="META", num_shares=2, key=intent.key))
    assert refused.value.code == "idempotency_key_reused"


async def test_order_that_is_closed_is_not_cancelled(person: AsyncClient) -> None:
    placed = await person.buy("META", 1)
    with pytest.raises(Conflict) as refused:
        await person.cancel(placed.order.order_id)
    assert refused.value.code == "order_closed"
    assert refused.value.order == placed.order


async def test_somebody_elses_order_is_not_there(broker: Broker, person: AsyncClient) -> None:
    placed = await person.buy("META", 1)
    async with AsyncClient(f"http://127.0.0.1:{broker.port}", sign_up(broker).token) as other:
        with pytest.raises(NotFound):
            await other.order(placed.order.order_id)


async def test_too_fast_waits_as_long_as_the_broker_asks(strict_broker: Broker) -> None:
    url, token = f"http://127.0.0.1:{strict_broker.port}", sign_up(strict_broker).token
    async with AsyncClient(url, token) as patient:
        placed = [await patient.buy("META", 1) for _ in range(4)]
        assert len({each.order.order_id for each in placed}) == 4
    impatient = Retries(attempts_max=1)
    async with AsyncClient(url, token, retries=impatient) as client:
        with pytest.raises(TooMany) as refused:
            await asyncio.gather(*(client.buy("META", 1) for _ in range(3)))
    assert (refused.value.status, refused.value.retry_after_s) == (429, 1.0)
    assert not refused.value.may_have_happened


async def test_order_that_the_exchange_does_not_answer_is_taken_and_not_known(broker: Broker) -> None:
    async with AsyncClient(f"http://127.0.0.1:{broker.port}", sign_up(broker).token) as person:
        broker.on_loop(broker.venue.set_faults(drop_answer={"rate": 1}))
        placed = await person.buy("META", 1)
        broker.on_loop(broker.venue.ask("DELETE", "/faults"))
        assert (placed.is_known, placed.order.status) == (False, "pending")
        async with person.order_updates(after=0) as updates:
            async for update in updates:
                if getattr(update, "order", placed.order).status == "filled":
                    break
