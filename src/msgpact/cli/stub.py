"""`msgpact stub`"""

import time

import click

from msgpact import config as settings_of
from msgpact.cli.links import CONFIG, connected, known_registry, of_contracts, selection_of
from msgpact.cli.output import echo, style
from msgpact.errors import UsageError
from msgpact.planning import chosen
from msgpact.recorder import new_seed
from msgpact.stubs import SUBJECT, Stub, stubs

__all__ = ["command"]


@click.command("stub")
@of_contracts
@click.option("--to", "url", required=True, metavar="URL", help="The broker: kafka://…, amqp://…, sqs://… or sns://…")
@CONFIG
@click.option("--times", type=int, default=1, metavar="NUMBER", help="How often each message is published. Default: 1.")
@click.option(
    "--rate", type=float, metavar="NUMBER", help="How many are published in a second. Default: as fast as it goes."
)
@click.option("--seed", type=int, metavar="NUMBER", help="The seed of generated values; a run prints its own.")
@click.option("--registry", metavar="ADDRESS", help="Of the schema registry of messages that travel in a frame.")
@click.option(
    "--subject", default=SUBJECT, metavar="TEXT", help=f"Under which their schemas are registered. Default: {SUBJECT}."
)
def command(
    pacts: tuple[str, ...],
    description: tuple[str, ...],
    consumer: tuple[str, ...],
    url: str,
    config: str | None,
    times: int,
    rate: float | None,
    seed: int | None,
    registry: str | None,
    subject: str,
) -> int:
    """Publish the messages of contracts, in their providers' place: examples with generated values.

    Each goes where the URL says, else where its contract says.
    """
    if times < 1 or (rate is not None and not rate > 0):
        raise UsageError(f"Cannot publish {times} times at a rate of {rate or 'any'}: give numbers above 0.")
    settings = settings_of.load(seed=seed, registry=registry)
    known = known_registry(settings.registry)
    found = chosen(pacts or (settings.pacts,), selection_of(description, consumer), "publish", registry=known)
    seed = new_seed() if settings.seed is None else settings.seed
    began, published = time.monotonic(), 0
    with connected(url, config) as link:
        for stub in stubs(found, seed=seed, times=times, subject=subject):
            if rate is not None:
                time.sleep(max(0.0, began + published / rate - time.monotonic()))
            echo(_line(stub, link.send(stub.message)))
            published += 1
        echo(f"{published} published to {link.url} (seed {seed})")
    return 0


def _line(stub: Stub, place: str) -> str:
    contract, interaction = stub.planned
    return f"{style('✓', 'green')} {contract.consumer}: {interaction} → {place}"
