"""`msgpact verify`"""

import os
import sys

import click

from msgpact import config, modules
from msgpact.cli.output import echo, style
from msgpact.provider import Provider
from msgpact.reporters import reporter, write_report
from msgpact.reporters.console import verification_line, verification_summary
from msgpact.results import InteractionResult, Outcome, exit_code
from msgpact.verifier import verify

__all__ = ["command"]


@click.command("verify")
@click.argument("provider", nargs=-1, required=True, metavar="MODULE:NAME...")
@click.option(
    "--pacts",
    "pacts",
    multiple=True,
    metavar="PATH",
    help="A pact file, or a folder of them. Repeatable. Default: the pacts setting.",
)
@click.option(
    "--description",
    multiple=True,
    metavar="TEXT",
    help="Only interactions so described; * stands for any text. Repeatable.",
)
@click.option(
    "--state", multiple=True, metavar="TEXT", help="Only interactions in a provider state so named. Repeatable."
)
@click.option("--consumer", multiple=True, metavar="NAME", help="Only this consumer's pacts. Repeatable.")
@click.option("--timeout", type=float, metavar="SECONDS", help="The most that one producer or state may take.")
@click.option(
    "--report",
    "reports",
    multiple=True,
    metavar="NAME[=FILE]",
    help="console, junit, json or github; to a file, or instead of the console report. Repeatable.",
)
def command(
    provider: tuple[str, ...],
    pacts: tuple[str, ...],
    description: tuple[str, ...],
    state: tuple[str, ...],
    consumer: tuple[str, ...],
    timeout: float | None,
    reports: tuple[str, ...],
) -> int:
    """Verify a provider against pacts, in this process.

    MODULE:NAME is a msgpact.Provider: orders.contract:orders
    """
    sys.path.insert(0, os.getcwd())
    settings = config.load(timeout=timeout)
    wanted = [(name, reporter(name), file) for name, _, file in (each.partition("=") for each in reports)]
    on_screen = not any(not file for _, _, file in wanted) or any(
        name == "console" and not file for name, _, file in wanted
    )

    def show(result: InteractionResult) -> None:
        if on_screen:
            echo(verification_line(result, style))

    outcomes: list[Outcome] = []
    for spec in provider:
        found = modules.load_object(spec, Provider)
        assert isinstance(found, Provider)
        report = verify(
            found,
            pacts or (settings.pacts,),
            description=description,
            state=state,
            consumer=consumer,
            timeout=settings.timeout,
            on_result=show,
        )
        if on_screen:
            echo(verification_summary(report, style))
        for name, render, file in wanted:
            if file:
                write_report(render(report), file)
            elif name != "console":
                click.echo(render(report), nl=False)
        outcomes += [each.outcome for each in report.problems]
        outcomes += [each.outcome for each in report.results if each.failed]
    return exit_code(outcomes)
