"""The `msgpact` command: finds the subcommand, and turns errors into a sentence and an exit code."""

import contextlib
import difflib
import importlib
import os
import sys
import traceback

import click

from msgpact.calls import LEFT_BEHIND, in_users_code
from msgpact.cli.output import complain, prepare, what_failed
from msgpact.errors import MsgpactError, UsageError

__all__ = ["COMMANDS", "main"]

COMMANDS = {
    "demo": "Play the whole loop over an embedded Kafka: record, verify, publish, consume, break.",
    "draft": "Draft a consumer's expectations from live messages.",
    "record": "Give a consumer's handlers their messages and write the pacts.",
    "schema": "Say what a change of a schema breaks, and whom.",
    "stub": "Publish the messages of contracts on a broker.",
    "verify": "Verify a provider against pacts, in this process.",
    "watch": "Say how messages of a live topic differ from contracts.",
}


class _Commands(click.Group):
    """Subcommands are imported when they are run: `msgpact verify` pays for nothing else."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002  (click's signature)
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command:  # noqa: ARG002  (as above)
        if cmd_name not in COMMANDS:
            close = difflib.get_close_matches(cmd_name, COMMANDS, n=1)
            hint = f"Did you mean {close[0]!r}?" if close else f"Choose one of: {', '.join(COMMANDS)}."
            raise UsageError(f"Cannot run {cmd_name!r}: there is no such command. {hint}")
        command: click.Command = importlib.import_module(f"msgpact.cli.{cmd_name}").command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002  (as above)
        with formatter.section("Commands"):
            formatter.write_dl(sorted(COMMANDS.items()))


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="msgpact")
def cli() -> None:
    """Message contracts between event-driven services."""


def main() -> None:
    """Run the command line and exit.

    Exit codes: 0 done; 1 contract broken; 2 wrong use, or nothing to verify; 3 the user's code failed; 4 a broker or the
    network is unavailable; 130 interrupted.
    """
    prepare()
    left_behind = len(LEFT_BEHIND)
    code = _code()
    if failed := what_failed():
        complain(failed)
        code = 2
    if len(LEFT_BEHIND) > left_behind:
        # Nothing else would end a coroutine that keeps whatever is thrown into it.
        for stream in (sys.stdout, sys.stderr):
            with contextlib.suppress(OSError, ValueError):
                stream.flush()
        os._exit(code)
    sys.exit(code)


def _code() -> int:
    try:
        return cli.main(standalone_mode=False, prog_name="msgpact") or 0
    except click.ClickException as error:
        with contextlib.suppress(OSError, ValueError):
            error.show()
        return 2
    except (click.Abort, KeyboardInterrupt):
        complain("Interrupted.")
        return 130
    except MsgpactError as error:
        complain(str(error))
        if error.exit_code == 3 and error.__cause__ is not None:
            complain("".join(traceback.format_exception(in_users_code(error.__cause__))).rstrip())
        return error.exit_code
    except SystemExit:
        raise
    except BaseException:
        # Not 1, as Python would say: that is a broken contract.
        complain(traceback.format_exc().rstrip())
        return 3
