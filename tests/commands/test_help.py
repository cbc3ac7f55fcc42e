import os
import resource
import subprocess
import sys

import click
import pytest

from locksley.cli import Commands, cli
from tests.commands.command_line import ROOT, CommandLine, command

RUNS = 3
TIMES_PYTHON_MAX = 12  # 300 ms on a machine where Python itself takes 25; seen: 4 to 6
HEAVY = (
    "aiohttp",
    "rich",
    "msgspec",
    "asyncio",
    "granian",
    "apsw",
    "locksley.client",
    "locksley.app",
    "locksley.embedded",
)

NAMES = [name for commands in Commands.sections.values() for name in commands]

IMPORTED = """
import sys
from {module} import main
try:
    main(sys.argv[1:])
except SystemExit as ended:
    assert not ended.code, ended.code
print([name for name in {heavy!r} if name in sys.modules], file=sys.stderr)
"""


@pytest.mark.parametrize("name", NAMES)
def test_every_command_has_a_help_and_a_purpose(name: str) -> None:
    context = click.Context(cli)
    loaded = cli.get_command(context, name)
    assert loaded is not None
    assert loaded.help or loaded.get_short_help_str()
    assert "Usage:" in loaded.get_help(click.Context(loaded, info_name=name))


@pytest.mark.parametrize("words", [[], ["admin"], ["tokens"]])
def test_no_command_is_answered_with_the_help(nobody: CommandLine, words: list[str]) -> None:
    done, asked = nobody.run(*words), nobody.run(*words, "--help")
    assert (done.code, done.out, done.err) == (2, asked.out, "")
    assert done.out.startswith("Usage: locksley")
    assert done.out.count("\n") > 10


@pytest.mark.parametrize(
    ("module", "words"),
    [
        *(("locksley.cli", words) for words in ([], ["buy"], ["watch"], ["orders"], ["up"])),
        *(("paper_exchange.cli", words) for words in ([], ["serve"])),
        ("simulation.__main__", []),
    ],
)
def test_help_imports_nothing_that_takes_long(module: str, words: list[str]) -> None:
    program = IMPORTED.format(module=module, heavy=HEAVY)
    done = subprocess.run(
        [sys.executable, "-c", program, *words, "--help"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stderr == "[]\n"


@pytest.mark.parametrize("words", [[], ["buy"], ["up"]])
def test_help_takes_few_times_what_python_takes_to_start(words: list[str]) -> None:
    bare_s = min(_processor_s([sys.executable, "-c", "pass"]) for _ in range(RUNS))
    assert min(_processor_s(command(*words, "--help")) for _ in range(RUNS)) < TIMES_PYTHON_MAX * bare_s


def _processor_s(words: list[str]) -> float:
    """What a process used, not how long it took: others want the processor too."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(words, cwd=ROOT, env=os.environ, capture_output=True, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["qoute", "META"], "No such command 'qoute'. Did you mean 'quote'?"),
        (["byu", "META", "1"], "No such command 'byu'. Did you mean 'buy'?"),
        (["nothing"], "No such command 'nothing'. See: locksley --help"),
        (["buy", "META", "1", "--limt", "3"], "No such option '--limt'. Did you mean '--limit'?"),
        (["orders", "--status", "lost"], "'lost' is not known; use open, pending, "),
        (["buy", "META", "ten"], "'ten' is no number of shares; write a whole number, like 10"),
        (["chart", "META", "--range", "2d"], "'2d' is not known; use 1d, 1w, 1m, 1y or all"),
        (["orders", "--limit", "0"], "'0' is out of range; write a whole number, 1 or more"),
        (["admin", "log", "--limit", "x"], "'x' is out of range; write a whole number, from 1 to 100"),
        (["buy", "META", "-5"], "'-5' is no number of shares; write a whole number, like 10"),
        (["admin", "deposit", "x@example.org", "-5.50", "--reason", "x"], "'-5.50' is no amount; write dollars"),
        (["reconcile", "2026-11-22"], "locksley reconcile --date 2026-11-22"),
        (["buy", "META", "0"], "'0' is no number of shares"),
        (
            ["buy", "META", "1", "--limit", "1.234"],
            "'1.234' is no price; write dollars and at most two decimals, like 187.50",
        ),
        (["buy", "META", "1,000,001"], "'1,000,001' is out of range: an order is for 1 to 1,000,000 shares"),
        (["buy", "META", "9" * 5_000], "is out of range: an order is for 1 to 1,000,000 shares"),
        (["buy", "META", "1", "--limit", "0"], "'0' is out of range: a price is from $0.01 to $999,999.99"),
        (
            ["sell", "META", "1", "--limit", "1000000"],
            "'1000000' is out of range: a price is from $0.01 to $999,999.99",
        ),
        (["quote"], "name symbols, like: locksley quote AAPL META"),
        (["buy", "META", "1"], "there is nobody to ask whether to go on; say --yes"),
        (["admin", "reset-paper-account", "x@example.org"], "there is nobody to ask whether to go on; say --yes"),
        (["login", "--profile", "../up"], "can not be a profile's name"),
        (["account", "--url", "localhost"], "write it like http://127.0.0.1:8000"),
    ],
)
def test_wrong_words_are_one_line_that_helps(nobody: CommandLine, words: list[str], said: str) -> None:
    done = nobody.run(*words)
    assert (done.code, done.out, done.err.count("\n")) == (2, "", 1), done
    assert said in done.err


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion(nobody: CommandLine, shell: str) -> None:
    script = nobody.run("completion", shell)
    assert script.code == 0
    assert "_LOCKSLEY_COMPLETE" in script.out
    if shell == "bash":
        subprocess.run(["bash", "-n"], input=script.out, text=True, check=True)
        words = {"COMP_WORDS": "locksley ca", "COMP_CWORD": "1", "_LOCKSLEY_COMPLETE": "bash_complete"}
        assert nobody.run(**words).out.split() == ["plain,cancel"]
        words = {"COMP_WORDS": "locksley orders --st", "COMP_CWORD": "2", "_LOCKSLEY_COMPLETE": "bash_complete"}
        assert nobody.run(**words).out.split() == ["plain,--status"]
