"""People who signed up earlier: put into the data directory before the broker starts, since a password's hash takes long.

Reads from and writes to the broker's own storage, by the broker's own code; their passwords can not be used, their tokens can.
"""

import asyncio
from pathlib import Path
from typing import NamedTuple

from locksley.config import Config
from locksley.embedded import embedded
from locksley.orders.identity import OrderIds
from locksley.people.port import Person
from locksley.people.program_tokens import ProgramTokens


class Resident(NamedTuple):
    user_id: str
    token: str


def move_in(data_dir: Path, count: int, paper_cash_cents: int = 10_000_000) -> list[Resident]:
    return asyncio.run(_move_in(Config(data_dir=data_dir, paper_cash_cents=paper_cash_cents), count))


async def _move_in(config: Config, count: int) -> list[Resident]:
    async with embedded(config) as (on, stores):
        ids = OrderIds(on.chance.getrandbits)

        def new_id() -> str:
            return ids.new(on.clock.now_ms())

        tokens = ProgramTokens(stores.people_db, on.clock, new_id)
        residents = []
        for number in range(count):
            person = Person(
                user_id=new_id(),
                email=f"resident{number}@example.org",
                password_hash="no password",
                created_at_ms=on.clock.now_ms(),
            )
            await stores.people_db.add(person, config.paper_cash_cents)
            _, secret = await tokens.make(person.user_id, "trading")
            residents.append(Resident(person.user_id, secret))
        return residents
