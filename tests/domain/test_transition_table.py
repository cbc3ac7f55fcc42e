"""The table of the design, written out a second time: status by status, column by column."""

import pytest

from locksley.domain.order import CLOSED, OPEN, TABLE, Happening, Move, Status

COLUMNS = [
    Happening.ACCEPTED,
    Happening.REFUSED,
    Happening.NEVER_HAD,
    Happening.FILL_SOME_LEFT,
    Happening.FILL_NONE_LEFT,
    Happening.CANCEL_ASKED,
    Happening.CLOSED_BY_EXCHANGE,
]

# `!` is an alarm, `409` a refusal to the asker.
EXPECTED = """
pending          | submitted        | failed            | failed           | partially_filled  | filled  | pending_cancel     | cancelled
submitted        | submitted        | submitted!        | cancelled!       | partially_filled  | filled  | pending_cancel     | cancelled
partially_filled | partially_filled | partially_filled! | cancelled!       | partially_filled  | filled  | pending_cancel     | cancelled
pending_cancel   | pending_cancel   | failed            | cancelled        | pending_cancel    | filled  | pending_cancel     | cancelled
filled           | filled           | filled!           | filled!          | filled!           | filled! | filled 409         | filled
cancelled        | cancelled!       | cancelled         | cancelled        | cancelled!        | cancelled! | cancelled       | cancelled
failed           | failed!          | failed            | failed           | failed!           | failed! | failed 409         | failed!
"""


def _cells() -> dict[tuple[Status, Happening], Move]:
    cells = {}
    for line in EXPECTED.strip().splitlines():
        status, *moves = [cell.strip() for cell in line.split("|")]
        for happening, move in zip(COLUMNS, moves, strict=True):
            to = Status(move.removesuffix("!").removesuffix(" 409"))
            cells[Status(status), happening] = Move(to, alarm=move.endswith("!"), refused=move.endswith("409"))
    return cells


def test_every_pair_is_there() -> None:
    assert set(TABLE) == {(status, happening) for status in Status for happening in Happening}
    assert len(TABLE) == 7 * 7


@pytest.mark.parametrize("pair", sorted(_cells()), ids="-".join)
def test_move(pair: tuple[Status, Happening]) -> None:
    assert TABLE[pair] == _cells()[pair]


def test_a_closed_order_stays_as_it_is() -> None:
    assert all(move.to is status for (status, _), move in TABLE.items() if status in CLOSED)


def test_open_and_closed_make_up_all() -> None:
    assert set(Status) == OPEN | CLOSED
    assert not OPEN & CLOSED
