"""How many shares: odd lots, round lots, and a heavy tail of large ones."""

from random import Random

ODD_LOT_SHARE = 0.35
SHARES_PER_PRINT = 260  # in the mean, near enough for what back-history shows
SHARES_MAX = 200_000
LOTS_SHOWN_MAX = 60


def print_shares(random: Random) -> int:
    """Shares of one print: 1 to `SHARES_MAX`; a third under 100, most at 100, few in the thousands."""
    if random.random() < ODD_LOT_SHARE:
        return 1 + int(99 * random.random() ** 2)
    return 100 * min(SHARES_MAX // 100, int(random.paretovariate(1.3)))


def shown_shares(random: Random) -> int:
    """Shares on one side of a quote: round lots, 100 to 6,000, mostly a few hundred."""
    return 100 * min(LOTS_SHOWN_MAX, int(random.paretovariate(0.9)))


def block_shares(random: Random) -> int:
    """Shares of a block agreed away from the market: 50,000 to 1,000,000."""
    return 100 * random.randint(500, 10_000)
