import pytest

from locksley.client import AsyncClient, BadRequest, NoAnswer, NotFound, NotSignedIn, Unacceptable
from tests.client.conftest import QUICK
from tests.client.faulty_line import Fault, FaultyLine
from tests.web.broker import Broker

PASSWORD = "correct horse"


async def test_sign_up_in_and_out(broker: Broker) -> None:
    async with AsyncClient(f"http://127.0.0.1:{broker.port}") as client:
        person = await client.sign_up("grace@example.org", PASSWORD)
        assert (await client.session()).user is None
        with pytest.raises(NotSignedIn) as refused:
            await client.sign_in("grace@example.org", "a wrong one")
        assert refused.value.code == "wrong_credentials"
        signed_in = await client.sign_in("grace@example.org", PASSWORD)
        assert client.token == signed_in.token
        assert (await client.session()).user == person
        await client.sign_out()
        with pytest.raises(NotSignedIn):
            await client.account()
    async with AsyncClient(f"http://127.0.0.1:{broker.port}", signed_in.token) as again:
        with pytest.raises(NotSignedIn):
            await again.account()
        await again.sign_out()


async def test_sign_up_with_a_lost_answer_is_not_sent_again(line: FaultyLine) -> None:
    async with AsyncClient(line.url, retries=QUICK) as client:
        line.faults.append(Fault.LOSE_ANSWER)
        with pytest.raises(NoAnswer) as lost:
            await client.sign_up("hopper@example.org", PASSWORD)
        assert lost.value.may_have_happened
        assert line.requests == 1
        await client.sign_in("hopper@example.org", PASSWORD)


async def test_tokens_for_programs(person: AsyncClient, line: FaultyLine) -> None:
    made = await person.make_token("a bot")
    async with AsyncClient(line.url, made.token) as bot:
        assert (await bot.account()).user_id == (await person.account()).user_id
    [listed] = await person.tokens()
    assert (listed.token_id, listed.name) == (made.token_id, "a bot")
    line.faults.append(Fault.LOSE_ANSWER)
    await person.delete_token(made.token_id)  # the second attempt finds nothing to delete
    assert await person.tokens() == []


async def test_symbols_and_market(person: AsyncClient) -> None:
    meta = await person.symbol("META")
    assert (meta.symbol, meta.name, meta.stale) == ("META", "META Inc.", False)
    assert 9_000 < meta.price_in_cents < 11_000
    assert [found.symbol for found in await person.symbols("AAPL", "META")] == ["AAPL", "META"]
    assert await person.symbols() == []
    assert [found.symbol async for found in person.search("inc", most=1)] == ["AAPL"]
    assert [found.symbol async for found in person.search("inc")] == ["AAPL", "META"]
    assert (await person.market_status()).open
    with pytest.raises(NotFound):
        await person.symbol("no such/symbol?")
    with pytest.raises(Unacceptable) as refused:
        await person.symbols("META", "NOPE")
    assert refused.value.members["symbols"] == ["NOPE"]


async def test_lists_go_on_over_all_pages(person: AsyncClient) -> None:
    placed = [await person.buy("META", 1, limit_in_cents=100 + number) for number in range(103)]
    newest_first = [each.order.order_id for each in reversed(placed)]
    assert [order.order_id async for order in person.orders()] == newest_first
    assert [order.order_id async for order in person.orders(most=101)] == newest_first[:101]
    assert [order.order_id async for order in person.orders(status="filled")] == []
    assert [order.order_id async for order in person.orders(symbol="AAPL", most=5)] == []


async def test_activity_and_positions(person: AsyncClient) -> None:
    await person.buy("META", 10)
    fill, transfer = [entry async for entry in person.activity()]
    assert (fill.type, fill.symbol, fill.shares, fill.price, fill.amount_in_cents) == (
        "fill",
        "META",
        10,
        "100.10",
        -100_100,
    )
    assert (transfer.type, transfer.symbol, transfer.amount_in_cents) == ("transfer", None, 10_000_000)
    assert [entry async for entry in person.activity(symbol="META")] == [fill]
    assert [entry async for entry in person.activity(symbol="AAPL")] == []
    [position] = await person.positions()
    assert (position.symbol, position.shares, position.average_cost_in_cents) == ("META", 10, 10_010)


async def test_refusals_have_their_family(person: AsyncClient) -> None:
    with pytest.raises(BadRequest) as refused:
        [order async for order in person.orders(status="lost")]  # type: ignore[arg-type]
    assert refused.value.code == "malformed"
    assert refused.value.members["member"] == "status"
