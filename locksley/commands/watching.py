"""Live prices on the screen: a table that is drawn anew, or a line for each price."""

import threading
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.console import Group, RenderableType
from rich.live import Live
from rich.text import Text

from locksley.client import PriceUpdate, Symbol
from locksley.client.sync_client import SyncPriceStream
from locksley.commands.board import COLUMNS, Board
from locksley.commands.formats import change, dollars, percent, when
from locksley.commands.tables import table

if TYPE_CHECKING:
    from locksley.commands.session import Session

DRAWN_PER_SECOND = 4
LINES_OUTSIDE_TABLE = 3


def live_table(session: "Session", symbols: Sequence[str], limit: int | None) -> None:
    """Until Ctrl-C, or `limit` prices have come."""
    board = Board(session.client.symbols(*symbols), time.monotonic())
    with session.client.watch(*symbols) as stream:
        screen = _Screen(session, board, stream)
        with Live(
            get_renderable=screen.draw, console=session.console, refresh_per_second=DRAWN_PER_SECOND, transient=False
        ) as live:
            left = limit
            for event in stream:
                with screen.lock:
                    board.take(event, time.monotonic())
                if isinstance(event, PriceUpdate) and left is not None:
                    left -= 1
                    if left == 0:
                        break
            live.refresh()


def lines(session: "Session", symbols: Sequence[str], limit: int | None) -> None:
    known = {symbol.symbol: symbol for symbol in session.client.symbols(*symbols)}
    left = limit
    with session.client.watch(*symbols) as stream:
        for event in stream:
            if session.as_json:
                session.document(event)
            elif isinstance(event, PriceUpdate):
                session.say(_line(event, known[event.symbol]))
            else:
                session.say(
                    "prices are stale: the broker hears nothing of its exchange" if event.stale else "prices are live"
                )
            if isinstance(event, PriceUpdate) and left is not None:
                left -= 1
                if left == 0:
                    return


def _line(update: PriceUpdate, symbol: Symbol) -> str:
    change_in_cents = update.price_in_cents - symbol.previous_close_in_cents
    return (
        f"{when(update.timestamp)}  {update.symbol:<6} {dollars(update.price_in_cents):>12}  {change(change_in_cents):>9}  "
        f"{percent(change_in_cents, symbol.previous_close_in_cents):>9}"
    )


class _Screen:
    """Drawn by a thread of the live display, while another takes prices in."""

    def __init__(self, session: "Session", board: Board, stream: SyncPriceStream) -> None:
        self._session = session
        self._board = board
        self._stream = stream
        self.lock = threading.Lock()

    def draw(self) -> RenderableType:
        connected = self._stream.connected
        with self.lock:
            rows = self._board.rows(time.monotonic(), connected)
        room = max(1, self._session.console.height - LINES_OUTSIDE_TABLE)
        drawn = table(COLUMNS, rows[:room], self._session.console.width)
        notes = [] if connected else [Text("The connection is lost and being made again.", style="yellow")]
        if len(rows) > room:
            notes.append(Text(f"{len(rows) - room} more do not fit this screen.", style="dim"))
        return Group(drawn, *notes) if notes else drawn
