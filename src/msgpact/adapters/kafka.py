"""Kafka's side: a consumer's handlers called with the messages of their topics, `consume` and `aconsume`; and capturing.

The loop is `msgpact.consuming`'s, whose a message is decides `msgpact.guard`; here is what is Kafka's own: polling, offsets, the
partitions that come and go, the dead letters' producer. What captures is imported when it is first asked for.
"""

import asyncio
import contextlib
import importlib
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, Required, Unpack

from msgpact.adapters.kafka_source import KafkaSource
from msgpact.calls import refuse_running_loop
from msgpact.consumer import Consumer
from msgpact.consuming import options
from msgpact.consuming.control import Control, Counts, stopped_by_sigterm
from msgpact.consuming.loop import Loop
from msgpact.consuming.steps import arun, run
from msgpact.errors import UsageError
from msgpact.extras import require
from msgpact.receivers import HEADER
from msgpact.records.kafka import to_record
from msgpact.retries import Retries

if TYPE_CHECKING:
    from msgpact.adapters.kafka_async_producer import CapturingAIOProducer
    from msgpact.adapters.kafka_capture import at, capture
    from msgpact.adapters.kafka_producer import CapturingProducer

__all__ = [
    "HEADER",
    "CapturingAIOProducer",
    "CapturingProducer",
    "Control",
    "Counts",
    "Options",
    "Retries",
    "aconsume",
    "at",
    "capture",
    "consume",
]

_LATER = {
    "CapturingAIOProducer": "msgpact.adapters.kafka_async_producer",
    "CapturingProducer": "msgpact.adapters.kafka_producer",
    "at": "msgpact.adapters.kafka_capture",
    "capture": "msgpact.adapters.kafka_capture",
}

if not TYPE_CHECKING:  # else type checkers would take any name for one

    def __getattr__(name: str) -> Any:
        """A name of `_LATER`."""
        if name not in _LATER:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        value = globals()[name] = getattr(importlib.import_module(_LATER[name]), name)
        return value


class Options(options.Options, total=False):
    """What `consume` and `aconsume` can be told by keyword, beside what all transports can be.

    Attributes:
        dead_letter: The topic of what cannot be handled; `{topic}` in it is the message's own. It must be told.
        topics: The deployed names of the topics that contracts name, where they differ.
        commit_every: Messages after which offsets are committed: 5,000, unless told; or
        commit_after: Seconds, whichever comes first: 1, unless told.
        dead_letter_config: What the dead letters' `confluent_kafka.Producer` is told beside the connection.
    """

    dead_letter: Required[str]
    topics: Mapping[str, str]
    commit_every: int
    commit_after: float
    dead_letter_config: Mapping[str, Any]


def consume(consumers: Consumer | Iterable[Consumer], config: Mapping[str, Any], **said: Unpack[Options]) -> Control:
    """Call a consumer's handlers with the messages of their topics, until SIGTERM or `Control.stop`. At least once.

    Args:
        consumers: Whose handlers are called.
        config: As of `confluent_kafka.Consumer`: `bootstrap.servers`, `group.id`, …. A group that is new begins with the
            earliest messages, unless it is told otherwise.
        said: As `Options` says.

    Returns:
        The control, with its counts.

    Raises:
        DeclarationError: a handler cannot be called, or nothing tells whose a message is.
        UsageError: a setting cannot be; or a message is nobody's and *on_unrouted* is `fail`.
        Unavailable: the client cannot go on.
        WrongDriver: an event loop is running: await `aconsume`.
    """
    refuse_running_loop("consume", "kafka.aconsume(...)")
    with _prepared(consumers, config, **said) as (loop, source):
        try:
            run(loop)
        finally:
            source.close()
    return loop.control


async def aconsume(
    consumers: Consumer | Iterable[Consumer], config: Mapping[str, Any], **said: Unpack[Options]
) -> Control:
    """As `consume`, on the caller's event loop; plain handlers run on it too."""
    with _prepared(consumers, config, **said) as (loop, source):
        try:
            await arun(loop)
        finally:
            await asyncio.to_thread(source.close)  # which waits for Kafka
    return loop.control


@contextlib.contextmanager
def _prepared(
    consumers: Consumer | Iterable[Consumer],
    config: Mapping[str, Any],
    *,
    dead_letter: str | None = None,
    topics: Mapping[str, str] | None = None,
    commit_every: int = 5000,
    commit_after: float = 1.0,
    dead_letter_config: Mapping[str, Any] | None = None,
    **common: Unpack[options.Options],
) -> Iterator[tuple[Loop[Any], KafkaSource]]:
    """The loop, and its source, which is to be closed: that commits what is settled."""
    settings = options.settings_of(Options, every=commit_every, after=commit_after, **common)
    guard = options.guard_of(consumers, keys=("topic",), names=topics, native=to_record, **common)
    topics_of = guard.deployed("topic")
    dead_letter = options.checked_dead_letter(dead_letter, "{topic}.dead", ("topic",))
    options.refuse_circle(dead_letter, [dead_letter.replace("{topic}", each) for each in topics_of], topics_of)
    _check_config(config)
    client = require("confluent_kafka", extra="kafka", feature="consuming from Kafka")
    control = common.get("control") or Control()
    with stopped_by_sigterm(control):
        try:
            source = KafkaSource(client, config, dead_letter, dead_letter_config or {}, guard.needs)
        except (client.KafkaException, TypeError, ValueError) as error:
            said = error.args[0].str() if isinstance(error, client.KafkaException) else error
            raise UsageError(f"Cannot consume from Kafka with that config: {said}. Mend it.") from None
        loop = Loop[Any](source, guard, settings, control)
        source.subscribe(topics_of, loop)
        yield loop, source


def _check_config(config: Mapping[str, Any]) -> None:
    if not isinstance(config, Mapping):
        raise UsageError(f"Cannot consume from Kafka with {config!r}: it is no config. Say {{'bootstrap.servers': …}}.")
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
