"""Money in integers. Orders and accounts are in cents (`_cents`), executions in ten-thousandths of a dollar (`_e4`)."""

E4_PER_CENT = 100
CENTS_PER_DOLLAR = 100
BASIS_POINTS = 10_000


def divide_half_even(numerator: int, denominator: int) -> int:
    """`numerator / denominator`, rounded to the nearest integer, a tie to the even one. `denominator` is positive."""
    quotient, remainder = divmod(numerator, denominator)
    twice = 2 * remainder
    if twice > denominator or (twice == denominator and quotient % 2 == 1):
        return quotient + 1
    return quotient


def execution_cash_cents(price_e4: int, num_shares: int) -> int:
    """The cash of one execution, rounded once, half to even."""
    return divide_half_even(price_e4 * num_shares, E4_PER_CENT)


def shown_price_cents(price_e4: int) -> int:
    """A price as people see it: rounded to cents, half to even."""
    cents, rest = divmod(price_e4, E4_PER_CENT)
    # Most prices are whole cents, and a history has twenty thousand of them.
    return cents if rest == 0 else divide_half_even(price_e4, E4_PER_CENT)


def highest_price_cents(last_price_cents: int, collar_bp: int) -> int:
    """The most a market buy may pay a share: the last price plus the collar, in whole cents, never above it."""
    return last_price_cents * (BASIS_POINTS + collar_bp) // BASIS_POINTS


def lowest_price_cents(last_price_cents: int, collar_bp: int) -> int:
    """The least a market sell may get a share: the last price less the collar, in whole cents, never below it; at least 1."""
    return max(1, -(-last_price_cents * (BASIS_POINTS - collar_bp) // BASIS_POINTS))


def written_cents(cents: int) -> str:
    """An amount from 0 on, as people read it: `$1,234.50`."""
    return f"${cents // CENTS_PER_DOLLAR:,}.{cents % CENTS_PER_DOLLAR:02}"
