"""Money, shares and times as people read them. Integers in, text out."""

import re
from datetime import UTC, datetime

import click

CENTS_PER_DOLLAR = 100
SECONDS_PER_MINUTE = 60
SECONDS_PER_HOUR = 3_600
SECONDS_PER_DAY = 86_400
NONE = "-"
SENTENCE_CHARS = 30  # so much of one says something still
PRICE_CENTS_MAX = 99_999_999
AMOUNT_CENTS_MAX = 100_000_000_000_000
SHARES_MAX = 1_000_000
DIGITS_MAX = 13  # as many as the most of either has, and few enough to be read as a number

_DOLLARS = re.compile(r"\$?(\d{1,3}(?:,\d{3})+|\d+)(?:\.(\d{1,2}))?")
_SHARES = re.compile(r"\d{1,3}(?:,\d{3})+|\d+")


def dollars(cents: int | None) -> str:
    """`$1,234.50`, `-$0.05`."""
    if cents is None:
        return NONE
    whole, rest = divmod(abs(cents), CENTS_PER_DOLLAR)
    return f"{'-' if cents < 0 else ''}${whole:,}.{rest:02}"


def change(cents: int | None) -> str:
    """With its sign: `+1.20`, `-0.05`."""
    if cents is None:
        return NONE
    whole, rest = divmod(abs(cents), CENTS_PER_DOLLAR)
    return f"{'-' if cents < 0 else '+'}{whole:,}.{rest:02}"


def percent(change_cents: int | None, of_cents: int) -> str:
    """`+1.25 %`, in hundredths, rounded toward zero."""
    if change_cents is None or of_cents == 0:
        return NONE
    part = abs(change_cents) * 10_000 // abs(of_cents)
    return basis_points(-part if change_cents < 0 else part)


def basis_points(part: int | None) -> str:
    """As `percent` writes it: 125 is `+1.25 %`."""
    if part is None:
        return NONE
    whole, rest = divmod(abs(part), 100)
    return f"{'-' if part < 0 else '+' if part else ''}{whole:,}.{rest:02} %"


def shares(number: int | None) -> str:
    return NONE if number is None else f"{number:,}"


def age(seconds: float) -> str:
    """`now`, `12 s`, `3 min`, `5 h`, `2 d`."""
    whole_s = max(0, int(seconds))
    if whole_s < 1:
        return "now"
    if whole_s < SECONDS_PER_MINUTE:
        return f"{whole_s} s"
    if whole_s < SECONDS_PER_HOUR:
        return f"{whole_s // SECONDS_PER_MINUTE} min"
    if whole_s < SECONDS_PER_DAY:
        return f"{whole_s // SECONDS_PER_HOUR} h"
    return f"{whole_s // SECONDS_PER_DAY} d"


def ago(moment: datetime) -> str:
    """`just now`, `12 s ago`."""
    told = age_of(moment)
    return "just now" if told == "now" else f"{told} ago"


def age_of(moment: datetime) -> str:
    return age((datetime.now(UTC) - moment).total_seconds())


def when(moment: datetime) -> str:
    """In this machine's time: `2026-11-22 14:03:05`."""
    return moment.astimezone().strftime("%Y-%m-%d %H:%M:%S")


class Dollars(click.ParamType[int]):
    """Dollars as people write them, to cents; within what a broker takes."""

    name, a_name, most_cents, example = "amount", "an amount", AMOUNT_CENTS_MAX, "1000 or 12.50"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> int:
        found = _DOLLARS.fullmatch(str(value).strip())
        if found is None:
            self.fail(
                f"'{value}' is no {self.name}; write dollars and at most two decimals, like {self.example}", param, ctx
            )
        whole = found[1].replace(",", "").lstrip("0")
        cents = int(whole[:DIGITS_MAX] or "0") * CENTS_PER_DOLLAR + int((found[2] or "0").ljust(2, "0"))
        if len(whole) > DIGITS_MAX or not 1 <= cents <= self.most_cents:
            self.fail(
                f"'{value}' is out of range: {self.a_name} is from {dollars(1)} to {dollars(self.most_cents)}",
                param,
                ctx,
            )
        return cents


class Price(Dollars):
    name, a_name, most_cents, example = "price", "a price", PRICE_CENTS_MAX, "187.50"


class Shares(click.ParamType[int]):
    """Whole shares, one at least; no more than a broker takes."""

    name = "shares"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> int:
        text = str(value).strip()
        number = text.replace(",", "").lstrip("0")
        if not _SHARES.fullmatch(text) or not number:
            self.fail(f"'{value}' is no number of shares; write a whole number, like 10", param, ctx)
        if len(number) > DIGITS_MAX or int(number) > SHARES_MAX:
            self.fail(f"'{value}' is out of range: an order is for 1 to {shares(SHARES_MAX)} shares", param, ctx)
        return int(number)


class Ticker(click.ParamType[str]):
    """`meta` is META."""

    name = "symbol"

    def convert(self, value: object, _param: click.Parameter | None, _ctx: click.Context | None) -> str:
        return str(value).strip().upper()
