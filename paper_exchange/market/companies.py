"""Who is listed on the made-up market: well-known companies first, invented ones after them, busiest first."""

import csv
from collections.abc import Sequence
from importlib.resources import files
from itertools import product
from random import Random

import msgspec

from paper_exchange.market.seeded import seeded

LISTED_MAX = 5_000
_FIRST = """
    Alder Amber Anchor Apex Arbor Ashford Aspen Atlas Aurora Beacon Birch Blackwood Bluestone Bramble
    Bridgewell Brightwater Calder Cedar Cinder Clearbrook Cobalt Copperfield Coral Crescent Crestline Cypress
    Dalton Dovetail Driftwood Eastgate Elmhurst Ember Everfield Fairhaven Falcon Fernwood Foxglove Garnet
    Glenrock Granite Greenway Harbor Hartwell Hawthorn Hazel Highgate Hollis Indigo Ironbridge Ivory Jasper
    Juniper Keystone Kestrel Lakeshore Larkspur Laurel Lindenwood Lodestar Lowell Magnolia Maple Marlow Meadow
    Meridian Midland Milestone Moss Northfield Oakhurst Obsidian Onyx Orchard Osprey Palisade Pebble Pinecrest
    Pioneer Quarry Quill Raven Redwood Ridgeway Riverbend Rowan Saffron Sandstone Sequoia Silverlake Slate
    Sparrow Sterling Stonegate Summit Sycamore Tamarack Thistle Timber Topaz Tundra Umber Valley Vantage
    Verity Vesper Walnut Westbrook Whitfield Wildwood Willow Windmere Woodland Yarrow Zephyr
"""
_SECOND = """
    Acoustics Analytics Apparel Bancorp Batteries Biosciences Brands Capital Chemicals Components Dynamics
    Energy Foods Freight Genomics Gold Health Holdings Homes Hotels Industries Instruments Insurance Logistics
    Materials Media Metals Motors Networks Optics Paper Pharma Power Properties Rail Robotics Semiconductor
    Software Solar Systems Therapeutics Water
"""


class Company(msgspec.Struct, frozen=True):
    """A name that can be listed, and the level its price starts from."""

    symbol: str
    name: str
    price_e4: int


def well_known() -> list[Company]:
    """The companies of `companies.csv`, busiest first; its prices are in whole dollars and only roughly right."""
    with files(__package__).joinpath("companies.csv").open(encoding="utf-8") as rows:
        return [Company(row["symbol"], row["name"], int(row["price_dollars"]) * 10_000) for row in csv.DictReader(rows)]


def companies(count: int) -> list[Company]:
    """`count` companies, 1 to `LISTED_MAX`: always the same ones."""
    known = well_known()[:count]
    return known + invented(count - len(known), {company.symbol for company in known})


def invented(count: int, taken_symbols: set[str]) -> list[Company]:
    """`count` companies that do not exist, none with a symbol that is taken."""
    random = seeded("invented companies")
    names = [f"{first} {second}" for first, second in product(_FIRST.split(), _SECOND.split())]
    random.shuffle(names)
    taken = set(taken_symbols)
    return [Company(_symbol(name, taken, random), f"{name} Inc.", price_level_e4(random)) for name in names[:count]]


def price_level_e4(random: Random) -> int:
    """A price in whole cents, mostly 10 to 150 dollars, 2 to 800 at the edges."""
    dollars = min(800.0, max(2.0, random.lognormvariate(3.6, 0.9)))
    return int(dollars * 100) * 100


def _symbol(name: str, taken: set[str], random: Random) -> str:
    first, second = name.upper().split()
    while True:
        symbol = first[0] + random.choice(first[1:]) + second[0] + random.choice("BCDFGHJKLMNPQRSTVWXZ") + "X"
        if symbol not in taken:
            taken.add(symbol)
            return symbol


def by_symbol(known: Sequence[Company]) -> dict[str, Company]:
    return {company.symbol: company for company in known}
