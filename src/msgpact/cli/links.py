"""What the commands that talk to a broker have in common: options, and the link's end."""

import contextlib
from collections.abc import Callable, Generator, Iterator

import click

from msgpact.adapters.links import Link, Sampling, link_from, through
from msgpact.errors import UsageError
from msgpact.model import Message
from msgpact.provider import Selection
from msgpact.serializers.framed import Registry

__all__ = ["CONFIG", "connected", "known_registry", "looked_at", "of_contracts", "sampled", "selection_of", "way"]

CONFIG = click.option(
    "--config", metavar="FILE", help="More settings of the broker's client, a name=value a line: credentials."
)


def of_contracts(command: Callable[..., int]) -> Callable[..., int]:
    """The options that choose interactions of pacts."""
    for option in (
        click.option("--consumer", multiple=True, metavar="NAME", help="Only this consumer's pacts. Repeatable."),
        click.option(
            "--description",
            multiple=True,
            metavar="TEXT",
            help="Only interactions so described; * stands for any text. Repeatable.",
        ),
        click.option(
            "--pacts",
            multiple=True,
            metavar="PATH",
            help="A pact file, or a folder of them. Repeatable. Default: the pacts setting.",
        ),
    ):
        command = option(command)
    return command


def sampled(command: Callable[..., int]) -> Callable[..., int]:
    """The options that say how many messages are looked at."""
    for option in (
        click.option(
            "--seconds",
            type=click.FloatRange(min=0, min_open=True),
            default=10.0,
            metavar="NUMBER",
            help="How long messages are waited for. Default: 10.",
        ),
        click.option(
            "--messages",
            type=click.IntRange(min=1),
            default=1000,
            metavar="NUMBER",
            help="How many are enough. Default: 1000.",
        ),
    ):
        command = option(command)
    return command


def known_registry(address: str | None) -> Registry | None:
    """The schema registry that the settings name, if they do."""
    if address is None:
        return None
    from msgpact.registries.addresses import registry_from

    return registry_from(address)


def selection_of(description: tuple[str, ...], consumer: tuple[str, ...]) -> Selection:
    """The interactions that the options choose."""
    return Selection.of(description, (), consumer)


@contextlib.contextmanager
def connected(url: str, config: str | None) -> Iterator[Link]:
    """The link to a URL, let go of in the end."""
    link = link_from(url, config)
    try:
        yield link
    finally:
        link.close()


@contextlib.contextmanager
def looked_at(link: Link, sampling: Sampling) -> Iterator[Iterator[Message]]:
    """Messages; what it takes to look at them ends before the link does, whatever becomes of them: others wait for them."""
    messages = link.sample(sampling)
    try:
        yield messages
    finally:
        if isinstance(messages, Generator):
            messages.close()


@contextlib.contextmanager
def way(url: str | None, config: str | None) -> Iterator[Callable[[Message], Message] | None]:
    """By what way messages go before they are checked: through the broker at a URL, if there is one."""
    if url is None:
        if config is not None:
            raise UsageError(
                f"Cannot use the configuration {config!r}: it is for a broker, and none is named. Add --via URL."
            )
        yield None
        return
    with through(url, config) as journey:
        yield journey
