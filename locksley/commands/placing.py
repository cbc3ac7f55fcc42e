"""`locksley buy` and `sell`: an estimate, a question, and one order however often it is run.

Reads from: the broker, the intents that are kept. Writes to: the same. An intent is on the disk before it is sent, until it is answered.
If it dies halfway: the next `buy` or `sell` finds the intent and settles it, by `settling.py`.
"""

import sys
from collections.abc import Callable
from typing import TYPE_CHECKING

import click

from locksley.commands.asking import asks_a_broker
from locksley.commands.failing import BadUse, Failed
from locksley.commands.formats import Price, Shares, Ticker, ago, dollars, shares
from locksley.commands.parameters import TakesNumbers

if TYPE_CHECKING:
    from locksley.client import Account, Intent, Placed
    from locksley.commands.kept_intents import Kept, KeptIntents
    from locksley.commands.session import Session

COLLAR_PERCENT = 5  # what a broker has unless it was set otherwise; it does not say

_Options = Callable[[Callable[..., None]], Callable[..., None]]


def _with_options(function: Callable[..., None]) -> Callable[..., None]:
    options: tuple[_Options, ...] = (
        click.option("--yes", "-y", is_flag=True, help="Do not ask."),
        click.option(
            "--limit",
            "limit_in_cents",
            type=Price(),
            metavar="PRICE",
            help="The worst price to take.  [default: the market's]",
        ),
        click.argument("num_shares", type=Shares(), metavar="SHARES"),
        click.argument("symbol", type=Ticker(), metavar="SYMBOL"),
    )
    for option in options:
        function = option(function)
    return function


@click.command(cls=TakesNumbers)
@_with_options
@asks_a_broker
def buy(session: "Session", symbol: str, num_shares: int, limit_in_cents: int | None, yes: bool) -> None:
    """Buy SHARES of SYMBOL at the market, or at a limit PRICE or better.

    Run again after a broken connection, it does not buy twice.
    """
    from locksley.client import buy as intent_to_buy  # noqa: PLC0415

    _place(session, intent_to_buy(symbol, num_shares, limit_in_cents=limit_in_cents), yes)


@click.command(cls=TakesNumbers)
@_with_options
@asks_a_broker
def sell(session: "Session", symbol: str, num_shares: int, limit_in_cents: int | None, yes: bool) -> None:
    """Sell SHARES of SYMBOL at the market, or at a limit PRICE or better.

    Run again after a broken connection, it does not sell twice.
    """
    from locksley.client import sell as intent_to_sell  # noqa: PLC0415

    _place(session, intent_to_sell(symbol, num_shares, limit_in_cents=limit_in_cents), yes)


def _place(session: "Session", intent: "Intent", yes: bool) -> None:
    from locksley.commands.kept_intents import KeptIntents, Owner, new  # noqa: PLC0415
    from locksley.commands.settling import settle  # noqa: PLC0415

    if not yes and not sys.stdin.isatty():
        raise BadUse("there is nobody to ask whether to go on; say --yes")
    session.folder.make()  # before there is an order that can not be kept
    account = session.client.account()
    intents = KeptIntents(session.folder)
    owner = Owner(session.target.url, account.user_id)
    settled = settle(session, intents, intents.unfinished(owner), intent)
    if settled.placed is not None:
        _tell(session, settled.placed)
        return
    kept = settled.again or new(intent, owner)
    _ask(session, account, kept.intent, yes)
    _tell(session, _send(session, intents, kept))


def _send(session: "Session", intents: "KeptIntents", kept: "Kept") -> "Placed":
    from locksley.client import LocksleyError, NoAnswer  # noqa: PLC0415

    with intents.sending(kept):
        try:
            placed = session.client.place(kept.intent)
        except LocksleyError as error:
            if not error.may_have_happened:
                intents.forget(kept.intent)
                raise
            what = "the broker did not answer" if isinstance(error, NoAnswer) else str(error)
            raise Failed(
                f"{what}: nobody knows yet whether the order is placed. Run the same command again; "
                f"it can not {kept.intent.position} twice"
            ) from None
        intents.forget(kept.intent)
        return placed


def _ask(session: "Session", account: "Account", intent: "Intent", yes: bool) -> None:
    """Say what it will come to, and ask."""
    from locksley.commands.wording import as_heading, meant, naming  # noqa: PLC0415

    with naming(intent.symbol):
        price = session.client.symbol(intent.symbol)
    free_shares = _free_shares(session, intent.symbol) if intent.position == "sell" else 0
    at_cents = price.price_in_cents if intent.price_in_cents is None else intent.price_in_cents
    amount_cents = at_cents * intent.num_shares
    after_cents = account.buying_power_in_cents + (amount_cents if intent.position == "sell" else -amount_cents)
    word = "cost" if intent.position == "buy" else "proceeds"
    about = "about" if intent.price_in_cents is None else "at most" if intent.position == "buy" else "at least"
    stale = ", not live at this moment" if price.stale else ""
    aside_cents = set_aside_cents(intent, price.price_in_cents)
    aside = f"  set aside      up to {dollars(aside_cents)} until it is filled: a market order may cost {COLLAR_PERCENT} % more\n"
    session.remark(
        f"{as_heading(meant(intent))}\n"
        f"  last price     {dollars(price.price_in_cents)} ({ago(price.updated_at)}{stale})\n"
        f"  {word:<14} {about} {dollars(amount_cents)}\n"
        f"{aside if intent.position == 'buy' and intent.price_in_cents is None else ''}"
        f"  buying power   {dollars(account.buying_power_in_cents)} now, {about} {dollars(after_cents)} after"
    )
    if intent.position == "buy" and after_cents < 0:
        session.remark("  This is more than your buying power: it will be refused.")
    elif intent.position == "buy" and aside_cents > account.buying_power_in_cents:
        session.remark(
            "  What is set aside is more than your buying power: it may be refused. Buy fewer, or set a --limit."
        )
    if intent.position == "sell":
        session.remark(f"  you have       {shares(free_shares) if free_shares else 'no'} {intent.symbol} to sell")
    if intent.position == "sell" and intent.num_shares > free_shares:
        session.remark("  This is more than you have to sell: it will be refused.")
    if not yes and not click.confirm("Place this order?", err=True):
        raise Failed("not placed")


def set_aside_cents(intent: "Intent", last_price_in_cents: int) -> int:
    """The most that a broker holds for a purchase: for one at the market's price, a little more than it should cost."""
    if intent.price_in_cents is not None:
        return intent.price_in_cents * intent.num_shares
    return last_price_in_cents * (100 + COLLAR_PERCENT) // 100 * intent.num_shares


def _free_shares(session: "Session", symbol: str) -> int:
    return sum(one.shares - one.held_shares for one in session.client.positions() if one.symbol == symbol)


def _tell(session: "Session", placed: "Placed") -> None:
    from locksley.commands.wording import outcome  # noqa: PLC0415

    session.say(outcome(placed))
    if session.as_json:
        session.document(placed)
