"""The `msgpact` command: finds the subcommand, and turns errors into a sentence and an exit code."""

import importlib
import os
import sys

import click

from msgpact.errors import MsgpactError

__all__ = ["main"]

COMMANDS = {
    "demo": "Play the whole loop over an embedded Kafka: record, verify, publish, consume, break.",
    "record": "Give a consumer's handlers their messages and write the pacts.",
    "verify": "Verify a provider against pacts, in this process.",
}


class _Commands(click.Group):
    """Subcommands are imported when they are run: `msgpact verify` pays for nothing else."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002  (click's signature)
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002  (as above)
        if cmd_name not in COMMANDS:
            return None
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
    try:
        code = cli.main(standalone_mode=False)
    except click.ClickException as error:
        error.show()
        code = 2
    except click.Abort:
        click.echo("Interrupted.", err=True)
        code = 130
    except KeyboardInterrupt:
        click.echo("Interrupted.", err=True)
        code = 130
    except MsgpactError as error:
        click.echo(str(error), err=True)
        code = error.exit_code
    except BrokenPipeError:  # `msgpact … | head`: nobody reads on
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = 141
    sys.exit(code or 0)
