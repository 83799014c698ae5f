"""`msgpact record`"""

import click

from msgpact import config
from msgpact.cli.output import echo, style
from msgpact.cli.targets import named
from msgpact.consumer import Consumer
from msgpact.recorder import record
from msgpact.reporters.console import record_line, record_summary
from msgpact.results import Outcome, exit_code

__all__ = ["command"]


@click.command("record")
@click.argument("consumer", nargs=-1, required=True, metavar="MODULE:NAME...")
@click.option("--pacts", metavar="FOLDER", help="Where pacts are written. Default: the pacts setting.")
@click.option("--spec-version", metavar="VERSION", help="4.0 (default) or 3.0.0.")
@click.option("--seed", type=int, metavar="NUMBER", help="The seed of generated values; a run prints its own.")
@click.option("--timeout", type=float, metavar="SECONDS", help="The most that one handler may take.")
@click.option("--prune", is_flag=True, help="Also drop what modules recorded that cannot be found from here.")
def command(
    consumer: tuple[str, ...],
    pacts: str | None,
    spec_version: str | None,
    seed: int | None,
    timeout: float | None,
    prune: bool,
) -> int:
    """Give a consumer's handlers the messages they expect and write the pacts.

    MODULE:NAME is a msgpact.Consumer: fulfilment.contract:fulfilment
    """
    settings = config.load(pacts=pacts, spec_version=spec_version, seed=seed, timeout=timeout)
    outcomes: list[Outcome] = []
    for each in named(consumer, Consumer):
        report = record(
            each,
            settings.pacts,
            spec_version=settings.spec_version,
            seed=settings.seed,
            timeout=settings.timeout,
            prune=prune,
            on_result=lambda result: echo(record_line(result, style)),
        )
        echo(record_summary(report, style))
        outcomes.append(report.outcome)
    return exit_code(outcomes)
