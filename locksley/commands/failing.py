"""How a command ends badly: one line that says what to do, and a code. 1: refused or failed; 2: bad use."""

import click

FAILED = 1
BAD_USE = 2
INTERRUPTED = 130


class Failed(click.ClickException):
    """What was asked for was not done, or nobody knows."""

    exit_code = FAILED


class BadUse(click.ClickException):
    """It was asked for in a way that can not be done."""

    exit_code = BAD_USE
