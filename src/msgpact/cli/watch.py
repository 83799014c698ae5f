"""`msgpact watch`"""

import click

from msgpact import config as settings_of
from msgpact.adapters.links import Sampling
from msgpact.cli.links import CONFIG, connected, known_registry, looked_at, of_contracts, sampled, selection_of
from msgpact.cli.output import complain, echo
from msgpact.cli.watch_report import as_json, as_text
from msgpact.live.differences import DriftReport
from msgpact.live.drift import Drift
from msgpact.planning import chosen
from msgpact.routing import value_of

__all__ = ["command"]


@click.command("watch")
@of_contracts
@click.option(
    "--from", "url", required=True, metavar="URL", help="The broker: kafka://…, amqp://…, sqs://… or sns://…; or files."
)
@CONFIG
@sampled
@click.option(
    "--discriminator",
    metavar="NAME",
    help="What tells messages of one address apart: an entry of the metadata, or a path in the contents ($.type).",
)
@click.option("--registry", metavar="ADDRESS", help="Of the schema registry that knows the frames of messages.")
@click.option("--no-values", is_flag=True, help="Show of what breaks a contract its kind, and not its value.")
@click.option(
    "--format", "form", type=click.Choice(["console", "json"]), default="console", help="console (default) or json."
)
def command(
    pacts: tuple[str, ...],
    description: tuple[str, ...],
    consumer: tuple[str, ...],
    url: str,
    config: str | None,
    messages: int,
    seconds: float,
    discriminator: str | None,
    registry: str | None,
    no_values: bool,
    form: str,
) -> int:
    """Hold messages of a live topic against contracts, relaxed to types, and say field by field how they differ.

    Nothing is acknowledged, and no group of Kafka's is joined.
    """
    settings = settings_of.load(registry=registry)
    selection = selection_of(description, consumer)
    found = chosen(pacts or (settings.pacts,), selection, "watch", registry=known_registry(settings.registry))
    with connected(url, config) as link:
        drift = Drift(found, keys=link.keys, value_of=value_of(discriminator), shows_values=not no_values)
        if link.about:
            complain(link.about)
        with looked_at(link, Sampling(messages, seconds, drift.addresses)) as coming:
            for message in coming:
                drift.add(message)
    report = drift.report
    echo(as_json(report) if form == "json" else as_text(report))
    if report.exit_code == 2:
        complain(_nothing(report, str(link.url)))
    return report.exit_code


def _nothing(report: DriftReport, url: str) -> str:
    if not report.seen:
        return f"Cannot say anything of '{url}': no message was seen. Wait for longer: --seconds."
    return (
        f"Cannot say anything of '{url}': no contract expects any of the {report.seen} messages. "
        "Name other pacts, or another address."
    )
