"""Kafka's side of consuming: a consumer's handlers, called with the messages of their topics. `consume` and `aconsume`.

The loop is `msgpact.consuming`'s, whose a message is decides `msgpact.guard`; here is what is Kafka's own: polling, offsets, the
partitions that come and go, the dead letters' producer.
"""

import contextlib
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Required, TypedDict, Unpack

from msgpact.adapters.kafka_source import HEADER, KafkaSource
from msgpact.calls import refuse_running_loop
from msgpact.consumer import Consumer
from msgpact.consuming.control import Control, Counts, OnUnrouted, Settings, stopped_by_sigterm
from msgpact.consuming.loop import Loop
from msgpact.consuming.steps import arun, run
from msgpact.errors import UsageError
from msgpact.extras import require
from msgpact.guard import Discriminator, Guard, Mode
from msgpact.receivers import Handler
from msgpact.records.kafka import to_record
from msgpact.retries import Retries

__all__ = ["HEADER", "Control", "Counts", "Options", "Retries", "aconsume", "consume"]


class Options(TypedDict, total=False):
    """What `consume` and `aconsume` can be told by keyword.

    Attributes:
        dead_letter: The topic of what cannot be handled; `{topic}` in it is the message's own. It must be told.
        topics: The deployed names of the topics that contracts name, where they differ.
        discriminator: What tells the messages of one topic apart: a name in the metadata, a path in the contents
            (`$.type`), or a function of the message.
        mode: What breaks the contract is handled all the same (`observe`, unless told), or is a dead letter (`enforce`).
        on_unrouted: What becomes of a message that no handler expects: `ack`, unless told; `dead_letter`; or `fail`, which
            ends the loop.
        arguments: What handlers take beside the message, by name.
        handlers: What is called instead of a handler: for a method, the one of an instance.
        retries: How often a message that was not handled is tried again: 5 times, unless told; None for ever; or `Retries`.
        timeout: Seconds that a handler may take.
        commit_every: Messages after which offsets are committed: 5,000, unless told; or
        commit_after: Seconds, whichever comes first: 1, unless told.
        dead_letter_config: What the dead letters' `confluent_kafka.Producer` is told beside the connection.
        control: What the loop is seen and stopped by from outside.
    """

    dead_letter: Required[str]
    topics: Mapping[str, str]
    discriminator: Discriminator | None
    mode: Mode
    on_unrouted: OnUnrouted
    arguments: Mapping[str, object]
    handlers: Mapping[Handler, Handler]
    retries: Retries | int | None
    timeout: float | None
    commit_every: int
    commit_after: float
    dead_letter_config: Mapping[str, Any]
    control: Control


def consume(consumers: Consumer | Iterable[Consumer], config: Mapping[str, Any], **options: Unpack[Options]) -> Control:
    """Call a consumer's handlers with the messages of their topics, until SIGTERM or `Control.stop`. At least once.

    Args:
        consumers: Whose handlers are called.
        config: As of `confluent_kafka.Consumer`: `bootstrap.servers`, `group.id`, …. A group that is new begins with the
            earliest messages, unless it is told otherwise.
        options: As `Options` says.

    Returns:
        The control, with its counts.

    Raises:
        DeclarationError: a handler cannot be called, or nothing tells whose a message is.
        UsageError: a setting cannot be; or a message is nobody's and *on_unrouted* is `fail`.
        Unavailable: the client cannot go on.
        WrongDriver: an event loop is running: await `aconsume`.
    """
    refuse_running_loop("consume", "kafka.aconsume(...)")
    with _prepared(consumers, config, **options) as loop:
        run(loop)
    return loop.control


async def aconsume(
    consumers: Consumer | Iterable[Consumer], config: Mapping[str, Any], **options: Unpack[Options]
) -> Control:
    """As `consume`, on the caller's event loop; plain handlers run on it too."""
    with _prepared(consumers, config, **options) as loop:
        await arun(loop)
    return loop.control


@contextlib.contextmanager
def _prepared(
    consumers: Consumer | Iterable[Consumer],
    config: Mapping[str, Any],
    *,
    dead_letter: str,
    topics: Mapping[str, str] | None = None,
    discriminator: Discriminator | None = None,
    mode: Mode = "observe",
    on_unrouted: OnUnrouted = "ack",
    arguments: Mapping[str, object] | None = None,
    handlers: Mapping[Handler, Handler] | None = None,
    retries: Retries | int | None = 5,
    timeout: float | None = None,
    commit_every: int = 5000,
    commit_after: float = 1.0,
    dead_letter_config: Mapping[str, Any] | None = None,
    control: Control | None = None,
) -> Iterator[Loop[Any]]:
    """The loop, its clients connected; in the end what is settled is committed and they are closed."""
    policy = retries if isinstance(retries, Retries) else Retries(retries)
    settings = Settings(policy, on_unrouted, timeout, commit_every, commit_after)
    guard = Guard(
        consumers,
        topics=topics,
        discriminator=discriminator,
        mode=mode,
        arguments=arguments,
        handlers=handlers,
        native=to_record,
    )
    _check_config(config)
    client = require("confluent_kafka", extra="kafka", feature="consuming from Kafka")
    control = control or Control()
    with stopped_by_sigterm(control):
        source = KafkaSource(client, config, dead_letter, dead_letter_config or {})
        loop = Loop[Any](source, guard, settings, control)
        source.subscribe(guard.addresses, loop)
        try:
            yield loop
        finally:
            source.close()


def _check_config(config: Mapping[str, Any]) -> None:
    for name in ("bootstrap.servers", "group.id"):
        if not config.get(name):
            raise UsageError(f"Cannot consume from Kafka without {name!r}: it is not in the config. Set it.")
    if "on_commit" in config:
        raise UsageError(
            "Cannot consume with on_commit: offsets are committed here. Leave it out; the log has what fails."
        )
    if str(config.get("enable.auto.commit", False)).lower() != "false":
        raise UsageError(
            "Cannot consume with enable.auto.commit: it would commit messages that are not handled. Leave it out: they are "
            "committed here when they are."
        )
