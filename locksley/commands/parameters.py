"""What a command takes, so that a wrong word is answered with the good ones."""

import re
from typing import Any

import click

_NEGATIVE = re.compile(r"-[$.]?\d")


class TakesNumbers(click.Command):
    """`-5` is a number here and no option: what is wrong with it is said as of every other number."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if any(_NEGATIVE.match(word) for word in args):
            ctx.ignore_unknown_options = True
        return super().parse_args(ctx, args)


class OneOf(click.Choice[str]):
    def get_invalid_choice_message(self, value: Any, ctx: click.Context | None) -> str:  # noqa: ARG002
        *others, last = self.choices
        return f"'{value}' is not known; use {', '.join(others)} or {last}"


class Count(click.IntRange):
    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        try:
            return super().convert(value, None, None)
        except click.BadParameter:
            bounds = f"{self.min} or more" if self.max is None else f"from {self.min} to {self.max}"
            self.fail(f"'{value}' is out of range; write a whole number, {bounds}", param, ctx)
