"""The command line: words to commands, and how their process ends. What a command does is in `commands/`, loaded when it is run."""

import os
import signal
import sys
from collections.abc import Mapping, Sequence

import click

from locksley.commands.failing import BAD_USE, FAILED, INTERRUPTED
from locksley.commands.lazy_group import Lazy, LazyGroup

HELP = {"help_option_names": ["-h", "--help"], "max_content_width": 110}


class Commands(LazyGroup):
    """Every command there is: where it is, and what for."""

    sections: Mapping[str, Mapping[str, Lazy]] = {
        "Prices": {
            "quote": Lazy("locksley.commands.quote:quote", "Prices of some symbols, or a search for them."),
            "chart": Lazy("locksley.commands.charts:chart", "How a price went, drawn."),
            "watch": Lazy("locksley.commands.watch:watch", "Live prices, until Ctrl-C."),
        },
        "Orders": {
            "buy": Lazy("locksley.commands.placing:buy", "Buy shares, at the market or at a limit."),
            "sell": Lazy("locksley.commands.placing:sell", "Sell shares, at the market or at a limit."),
            "cancel": Lazy("locksley.commands.orders:cancel", "Take an open order back."),
            "orders": Lazy("locksley.commands.orders:orders", "List orders, newest first, or follow them live."),
            "order": Lazy("locksley.commands.orders:order", "One order, and what happened to it."),
        },
        "What you have": {
            "account": Lazy("locksley.commands.holdings:account", "Cash, buying power and equity."),
            "positions": Lazy("locksley.commands.holdings:positions", "Shares, what they cost and are worth."),
            "portfolio": Lazy("locksley.commands.charts:portfolio", "What all of it was worth over time, drawn."),
            "activity": Lazy("locksley.commands.holdings:activity", "Fills and transfers, newest first."),
        },
        "Who you are": {
            "signup": Lazy("locksley.commands.people:signup", "Make an account, and sign in."),
            "login": Lazy("locksley.commands.people:login", "Sign in; the token is kept for you alone."),
            "logout": Lazy("locksley.commands.people:logout", "Sign out; the token is no longer good."),
            "password": Lazy("locksley.commands.people:password", "Change your password; other sessions end."),
            "tokens": Lazy("locksley.commands.tokens:tokens", "Long-lived tokens for programs."),
        },
        "Running it": {
            "up": Lazy("locksley.commands.up:up", "Run the broker, with a paper exchange beside it."),
            "import-bars": Lazy(
                "locksley.commands.import_bars:import_bars", "Daily bars from files, while it is stopped."
            ),
            "admin": Lazy("locksley.commands.admin:admin", "People, invitations, keys of a running broker."),
            "backup": Lazy("locksley.commands.backup:backup", "Everything into one file, while it runs."),
            "restore": Lazy("locksley.commands.backup:restore", "A backup back into a new data directory."),
            "archive": Lazy(
                "locksley.commands.archive:archive", "Old orders into files, a day each; nothing is removed."
            ),
            "dead-letters": Lazy("locksley.commands.operator:dead_letters", "Orders that nobody could settle."),
            "audit": Lazy("locksley.commands.operator:audit", "Who did what to an order, when and from where."),
            "reconcile": Lazy("locksley.commands.operator:reconcile", "Hold a day against the exchange."),
            "completion": Lazy("locksley.commands.completion:completion", "Let the shell complete all this."),
        },
    }


@click.group(cls=Commands, context_settings=HELP)
@click.version_option(package_name="locksley", message="locksley %(version)s")
def cli() -> None:
    """Locksley: a brokerage that anyone can run."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Ends the process: 0 done, 1 refused or failed, 2 bad use, 130 interrupted; but for 0 with one line that says what to do."""
    try:
        code = cli.main(args=arguments, prog_name="locksley", standalone_mode=False)
        sys.stdout.flush()
    except click.exceptions.NoArgsIsHelpError as nothing_asked:
        click.echo(nothing_asked.ctx.get_help())
        sys.exit(BAD_USE)
    except click.ClickException as error:
        _end(error.format_message(), error.exit_code)
    except (click.Abort, KeyboardInterrupt):
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # who presses it twice is to see no traceback either
        _end("", INTERRUPTED)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # so that nothing is said of it at the end
        _end("", FAILED)
    except OSError as error:
        _end(str(error), FAILED)
    else:
        sys.exit(code if isinstance(code, int) else 0)


def _end(sentence: str, code: int = BAD_USE) -> None:
    if one_line := " ".join(sentence.split()):
        print(f"locksley: {one_line}", file=sys.stderr)
    sys.exit(code)


if __name__ == "__main__":
    main()
