"""`locksley completion`: what a shell needs to complete commands and options."""

import click

from locksley.commands.failing import BadUse

HOW = {
    "bash": 'eval "$(locksley completion bash)"     # in ~/.bashrc',
    "zsh": 'eval "$(locksley completion zsh)"      # in ~/.zshrc, after compinit',
    "fish": "locksley completion fish | source      # in ~/.config/fish/config.fish",
}


@click.command(epilog="\b\n" + "\n".join(HOW.values()))
@click.argument("shell", type=click.Choice(list(HOW)))
@click.pass_context
def completion(ctx: click.Context, shell: str) -> None:
    """What lets a shell complete commands and options; for its startup file:"""
    from click.shell_completion import get_completion_class  # noqa: PLC0415

    kind = get_completion_class(shell)
    if kind is None:
        raise BadUse(f"there is no completion for {shell}")
    click.echo(kind(ctx.find_root().command, {}, "locksley", "_LOCKSLEY_COMPLETE").source())
