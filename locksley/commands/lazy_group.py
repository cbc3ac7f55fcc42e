"""A group that knows its commands by name and purpose, and imports one when it is run: so every `--help` is quick."""

from collections.abc import Mapping, Sequence
from importlib import import_module
from typing import NamedTuple

import click


class Lazy(NamedTuple):
    """`where` is `module:name`."""

    where: str
    purpose: str

    def load(self) -> click.Command:
        module, _, name = self.where.partition(":")
        command = getattr(import_module(module), name)
        assert isinstance(command, click.Command)
        return command


class LazyGroup(click.Group):
    """`sections`: what the help shows, in its order; heading, then commands by name."""

    sections: Mapping[str, Mapping[str, Lazy]] = {}

    def list_commands(self, _ctx: click.Context) -> list[str]:
        return [name for commands in self.sections.values() for name in commands]

    def get_command(self, _ctx: click.Context, name: str) -> click.Command | None:
        for commands in self.sections.values():
            if name in commands:
                return commands[name].load()
        return None

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        name = args[0]
        if not name.startswith("-") and name not in self.list_commands(ctx) and not ctx.resilient_parsing:
            unknown = click.NoSuchCommand(name, possibilities=self.list_commands(ctx), ctx=ctx)
            if not unknown.possibilities:
                unknown = click.NoSuchCommand(name, f"{unknown.message} See: {ctx.command_path} --help", ctx=ctx)
            raise unknown
        return super().resolve_command(ctx, args)

    def format_commands(self, _ctx: click.Context, formatter: click.HelpFormatter) -> None:
        widest = max(len(name) for commands in self.sections.values() for name in commands)
        for heading, commands in self.sections.items():
            with formatter.section(heading):
                formatter.write_dl([(name.ljust(widest), lazy.purpose) for name, lazy in commands.items()])

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list["click.shell_completion.CompletionItem"]:
        from click.shell_completion import CompletionItem  # noqa: PLC0415  (only a shell that completes needs it)

        named = [(name, lazy) for commands in self.sections.values() for name, lazy in commands.items()]
        found = [CompletionItem(name, help=lazy.purpose) for name, lazy in named if name.startswith(incomplete)]
        options: Sequence[CompletionItem] = click.Command.shell_complete(self, ctx, incomplete)
        return [*found, *options]
