"""`msgpact verify`"""

import os
import re
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import click

from msgpact import config as settings_of
from msgpact.cli.links import CONFIG, known_registry, way
from msgpact.cli.output import complain, echo, style
from msgpact.cli.targets import named
from msgpact.errors import MsgpactError, UsageError
from msgpact.pactfile import files
from msgpact.provider import Provider
from msgpact.reporters import reporter, write_report
from msgpact.reporters.base import Reporter
from msgpact.reporters.console import verification_line, verification_summary
from msgpact.results import InteractionResult, Outcome, VerificationReport, exit_code
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
@click.option(
    "--registry",
    metavar="ADDRESS",
    help="Of the schema registry that knows the frames of messages: http://…, glue:REGION/NAME, or a folder.",
)
@click.option(
    "--via",
    metavar="URL",
    help="Publish each message at this broker, read it back from there and check that: kafka://…, amqp://…, sqs://… or sns://…",
)
@CONFIG
@click.option("--timeout", type=float, metavar="SECONDS", help="The most that one producer or state may take.")
@click.option(
    "--report",
    "reports",
    multiple=True,
    metavar="NAME[=FILE]",
    help="console, github, json or junit; to a file, or instead of the console report. "
    "{provider} in FILE stands for the provider's name. Repeatable.",
)
def command(
    provider: tuple[str, ...],
    pacts: tuple[str, ...],
    description: tuple[str, ...],
    state: tuple[str, ...],
    consumer: tuple[str, ...],
    registry: str | None,
    via: str | None,
    config: str | None,
    timeout: float | None,
    reports: tuple[str, ...],
) -> int:
    """Verify a provider against pacts, in this process.

    MODULE:NAME is a msgpact.Provider: orders.contract:orders
    """
    settings = settings_of.load(timeout=timeout, registry=registry, via=via)
    known = known_registry(settings.registry)
    wanted = _wanted(reports)
    providers = named(provider, Provider)
    _check_files(wanted, providers)
    on_screen = [each.name for each in wanted if each.file is None]
    streams = not on_screen or "console" in on_screen

    def show(result: InteractionResult) -> None:
        if streams:
            echo(verification_line(result, style))

    outcomes: list[Outcome] = []
    with way(settings.via, config) as journey:
        for each in providers:
            report = verify(
                each,
                _meant_for(each, providers, pacts or (settings.pacts,)),
                description=description,
                state=state,
                consumer=consumer,
                timeout=settings.timeout,
                registry=known,
                via=journey,
                on_result=show,
            )
            outcomes.append(report.outcome)
            if streams:
                echo(verification_summary(report, style))
            outcomes += [_delivered(report, one) for one in wanted]
    return exit_code(outcomes)


def _meant_for(provider: Provider, providers: Sequence[Provider], pacts: Sequence[str]) -> list[str]:
    """The pacts without files that are those of another provider which is verified too."""
    others = {each.name for each in providers} - {provider.name}
    return [each for each in pacts if not (others and Path(each).is_file() and _provider_of(each) in others)]


def _provider_of(file: str) -> str | None:
    try:
        return files.load(file).provider
    except MsgpactError:  # the verification will say so
        return None


class _Wanted(NamedTuple):
    """A report that is asked for: to a file, or (None) to stdout."""

    name: str
    render: Reporter
    file: str | None
    folder: str
    """The current one when the run began: users' code may change it."""


def _wanted(reports: Sequence[str]) -> list[_Wanted]:
    wanted = []
    for each in reports:
        name, equals, file = each.partition("=")
        if equals and not file:
            raise UsageError(f"Cannot write the report {each!r}: it names no file. Write {name}=FILE.")
        wanted.append(_Wanted(name, reporter(name), file or None, os.getcwd()))
    return wanted


def _check_files(wanted: Sequence[_Wanted], providers: Sequence[Provider]) -> None:
    for each in wanted:
        if each.file is not None and "{provider}" not in each.file and len({one.name for one in providers}) > 1:
            raise UsageError(
                f"Cannot write the reports of {len(providers)} providers to {each.file!r}: each would replace the other. "
                f"Write {{provider}} in it: {each.name}=report-{{provider}}."
            )


def _delivered(report: VerificationReport, wanted: _Wanted) -> Outcome:
    """Write a report; one that cannot be written does not keep the others from being written."""
    if wanted.file is None:
        if wanted.name != "console":  # which has been streamed
            echo(wanted.render(report).removesuffix("\n"))
        return Outcome.PASSED
    name = re.sub(r'[\x00-\x1f<>:"/\\|?*]', "_", report.provider)  # what some file system refuses
    try:
        file = wanted.file.replace("{provider}", name)
        is_here = os.getcwd() == wanted.folder
        write_report(wanted.render(report), file if is_here else os.path.join(wanted.folder, file))
    except UsageError as error:
        complain(str(error))
        return Outcome.MISUSED
    return Outcome.PASSED
