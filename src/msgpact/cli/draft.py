"""`msgpact draft`"""

import os
from pathlib import Path

import click

from msgpact.adapters.links import Sampling
from msgpact.cli.links import CONFIG, connected, sampled
from msgpact.cli.output import complain, echo
from msgpact.errors import UsageError
from msgpact.live.drafting import Draft, draft

__all__ = ["command"]


@click.command("draft")
@click.option(
    "--from",
    "url",
    required=True,
    metavar="URL",
    help="The broker: kafka://…, amqp://…, sqs://… or sns://…; or a .jsonl file, or a folder of .json files.",
)
@CONFIG
@click.option("--out", required=True, metavar="FILE.py", help="The module that is written.")
@sampled
@click.option("--consumer", default="consumer", metavar="NAME", help="The name of the consumer. Default: consumer.")
@click.option("--provider", default="provider", metavar="NAME", help="The name of the provider. Default: provider.")
@click.option(
    "--discriminator",
    metavar="NAME",
    help="What tells messages of one address apart: an entry of the metadata, or a path in the contents ($.type). "
    "Default: it is found out.",
)
@click.option("--values", is_flag=True, help="Let examples be values that were seen; else they are made up.")
@click.option("--force", is_flag=True, help="Replace the file if there is one.")
def command(
    url: str,
    config: str | None,
    out: str,
    messages: int,
    seconds: float,
    consumer: str,
    provider: str,
    discriminator: str | None,
    values: bool,
    force: bool,
) -> int:
    """Draft a consumer's expectations from live messages, with matchers inferred, as a module that runs.

    It is a beginning: what messages have in common may be more than the consumer relies on.
    """
    _check(out, force)
    with connected(url, config) as link:
        if link.about:
            complain(link.about)
        found = draft(
            link.sample(Sampling(messages, seconds)),
            keys=link.keys,
            consumer=consumer,
            provider=provider,
            discriminator=discriminator,
            values=values,
        )
    try:
        Path(out).parent.mkdir(parents=True, exist_ok=True)
        Path(out).write_text(found.source, encoding="utf-8")
    except OSError as error:
        raise UsageError(f"Cannot write the draft {out!r}: {error.strerror or error}. Choose another file.") from None
    for line in _said(found, out, values):
        echo(line)
    return 0


def _check(out: str, force: bool) -> None:
    if not out.endswith(".py"):
        raise UsageError(f"Cannot write the draft {out!r}: it is no Python module. Write a name that ends in .py.")
    if os.path.exists(out) and not force:
        raise UsageError(f"Cannot write the draft {out!r}: there is such a file. Choose another, or say --force.")


def _said(found: Draft, out: str, values: bool) -> list[str]:
    lines = [f"✓ {each.description}: of {each.messages}" for each in found.expectations]
    lines += [f"- left out: {number} {why}" for why, number in found.left_out.items()]
    lines += [f"{address}: told apart by {name}" for address, name in found.discriminators.items()]
    lines += [f"{each}: states no content type, for which a verification asks" for each in found.untyped]
    kept = "values that were seen" if values else "made up; names of kinds, states and topics are real"
    number = len(found.expectations)
    return [*lines, f"{out}: {number} expectation{'s'[number == 1 :]}, examples are {kept}"]
