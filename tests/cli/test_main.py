"""The `msgpact` command itself: help, version, unknown commands, and errors that nobody foresaw."""

import importlib
import importlib.metadata
import sys

import click
import pytest
from command_line import Done, Run, words

from msgpact.cli.main import COMMANDS


@pytest.mark.parametrize("option", ["--help", "-h"])
def test_help_lists_the_commands(run: Run, option: str) -> None:
    done = run(option)

    assert (done.code, done.err) == (0, "")
    assert [name for name in COMMANDS if f"  {name} " not in done.out] == []


@pytest.mark.parametrize("command", COMMANDS)
def test_help_of_a_command(run: Run, command: str) -> None:
    done = run(command, "--help")

    assert done.code == 0
    assert done.out.startswith(f"Usage: msgpact {command} ")


def test_the_version(run: Run) -> None:
    assert run("--version").out == f"msgpact, version {importlib.metadata.version('msgpact')}\n"


@pytest.mark.parametrize(
    ("name", "hint"),
    [("verfy", "Did you mean 'verify'?"), ("x", "Choose one of: demo, draft, record, schema, stub, verify, watch.")],
)
def test_an_unknown_command(run: Run, name: str, hint: str) -> None:
    assert run(name) == Done(2, "", f"Cannot run '{name}': there is no such command. {hint}\n")


@pytest.mark.parametrize("arguments", [["verify"], ["record"], ["verify", "--unheard-of", "a:b"]], ids=words)
def test_wrong_use_names_the_help(run: Run, arguments: list[str]) -> None:
    done = run(*arguments)

    assert (done.code, done.out) == (2, "")
    assert f"Try 'msgpact {arguments[0]} --help' for help." in done.err


@pytest.mark.parametrize(
    ("error", "code", "last_line"),
    [
        (ZeroDivisionError("unforeseen"), 3, "ZeroDivisionError: unforeseen"),
        (KeyboardInterrupt(), 130, "Interrupted."),
        (click.Abort(), 130, "Interrupted."),
        (EOFError(), 130, "Interrupted."),
    ],
    ids=lambda each: type(each).__name__,
)
def test_what_nobody_foresaw_is_not_a_broken_contract(
    run: Run, monkeypatch: pytest.MonkeyPatch, error: BaseException, code: int, last_line: str
) -> None:
    def fails(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr("msgpact.cli.verify.named", fails)
    done = run("verify", "a:b")

    assert (done.code, done.err.splitlines()[-1]) == (code, last_line)


def test_a_command_is_imported_only_when_it_is_run(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in COMMANDS:
        monkeypatch.delitem(sys.modules, f"msgpact.cli.{name}", raising=False)

    run("--help")

    assert [name for name in COMMANDS if f"msgpact.cli.{name}" in sys.modules] == []


def test_shells_can_complete_commands(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in (("_MSGPACT_COMPLETE", "bash_complete"), ("COMP_WORDS", "msgpact v"), ("COMP_CWORD", "1")):
        monkeypatch.setenv(name, value)

    assert run().out == "plain,verify\n"


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_of_the_table_is_there(name: str) -> None:
    assert isinstance(importlib.import_module(f"msgpact.cli.{name}").command, click.Command)
