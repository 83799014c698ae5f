"""RabbitMQ's side of consuming: a consumer's handlers, called with the messages of queues. `consume` and `aconsume`.

And of capturing what is published: `at`, `capture`, `CapturingExchange`. The loop is `msgpact.consuming`'s, whose a message is
decides `msgpact.guard`; here is what is RabbitMQ's own: connections, acknowledgements, the dead letters and their confirmations.
"""

import asyncio
import contextlib
from collections.abc import Iterable, Iterator, Mapping
from typing import Required, Unpack
from urllib.parse import SplitResult, unquote, urlsplit

from msgpact.adapters.rabbitmq_capture import at, capture
from msgpact.adapters.rabbitmq_connection import Connection, Delivery, in_words
from msgpact.adapters.rabbitmq_exchange import CapturingExchange
from msgpact.adapters.rabbitmq_letters import Address
from msgpact.adapters.rabbitmq_source import RabbitSource
from msgpact.calls import refuse_running_loop
from msgpact.consumer import Consumer
from msgpact.consuming import options
from msgpact.consuming.control import Control, Counts, checked_whole, stopped_by_sigterm
from msgpact.consuming.loop import Loop
from msgpact.consuming.steps import arun, in_thread, run
from msgpact.errors import MsgpactError, Unavailable, UsageError
from msgpact.extras import require
from msgpact.receivers import HEADER
from msgpact.retries import Retries

__all__ = [
    "HEADER",
    "CapturingExchange",
    "Control",
    "Counts",
    "Options",
    "Retries",
    "aconsume",
    "at",
    "capture",
    "consume",
]


class Options(options.Options, total=False):
    """What `consume` and `aconsume` can be told by keyword, beside what all transports can be.

    Attributes:
        dead_letter: Where what cannot be handled goes: a queue (`{queue}.dead`), or exchange and routing key with a slash
            between them (`dead/{queue}`). `{queue}`, `{exchange}` and `{routingKey}` in it are the message's own. It must be
            told, and there must be such a queue.
        names: The deployed names of exchanges and routing keys that contracts name, where they differ.
        prefetch: Messages of each queue that may be here and not acknowledged: 200, unless told.
        acknowledge_every: Messages after which those that are settled are acknowledged: half as many, unless told; or
        acknowledge_after: Seconds, whichever comes first: 1, unless told.
    """

    dead_letter: Required[str]
    names: Mapping[str, str]
    prefetch: int
    acknowledge_every: int
    acknowledge_after: float


def consume(
    consumers: Consumer | Iterable[Consumer], url: str, queues: str | Iterable[str], **said: Unpack[Options]
) -> Control:
    """Call a consumer's handlers with the messages of queues, until SIGTERM or `Control.stop`. At least once.

    Args:
        consumers: Whose handlers are called.
        url: As aio-pika takes it: `amqp://user:password@host:5672/virtual-host`, with `?heartbeat=…` and the like.
        queues: The queue, or queues, which there must be.
        said: As `Options` says.

    Returns:
        The control, with its counts.

    Raises:
        DeclarationError: a handler cannot be called, or nothing tells whose a message is.
        UsageError: a setting cannot be, or there is no such queue; or a message is nobody's and *on_unrouted* is `fail`.
        Unavailable: RabbitMQ cannot be reached at the start, or refuses us. Later on it is waited for.
        WrongDriver: an event loop is running: await `aconsume`.
    """
    refuse_running_loop("consume", "rabbitmq.aconsume(...)")
    with _prepared(consumers, url, queues, **said) as (loop, source, place):
        try:
            _open(source, loop, place)
            run(loop)
        finally:
            source.close()
    return loop.control


async def aconsume(
    consumers: Consumer | Iterable[Consumer], url: str, queues: str | Iterable[str], **said: Unpack[Options]
) -> Control:
    """As `consume`, on the caller's event loop; plain handlers run on it too."""
    with _prepared(consumers, url, queues, **said) as (loop, source, place):
        try:
            await in_thread(_open, source, loop, place)
            await arun(loop)
        finally:
            await asyncio.to_thread(source.close)
    return loop.control


@contextlib.contextmanager
def _prepared(
    consumers: Consumer | Iterable[Consumer],
    url: str,
    queues: str | Iterable[str],
    *,
    dead_letter: str | None = None,
    names: Mapping[str, str] | None = None,
    prefetch: int = 200,
    acknowledge_every: int | None = None,
    acknowledge_after: float = 1.0,
    **common: Unpack[options.Options],
) -> Iterator[tuple[Loop[Delivery], RabbitSource, str]]:
    """The loop, its source, which is to be opened and closed, and the address as it may be shown."""
    checked_whole("prefetch", prefetch)
    every = max(1, prefetch // 2) if acknowledge_every is None else acknowledge_every
    settings = options.settings_of(Options, every=every, after=acknowledge_after, **common)
    guard = options.guard_of(consumers, keys=("exchange", "routingKey"), names=names, native=None, **common)
    parts, wanted = _parts(url), [queues] if isinstance(queues, str) else list(queues)
    _check(wanted, prefetch, every, settings.retries.hold)
    dead_letter = options.checked_dead_letter(dead_letter, "{queue}.dead", ("queue", "exchange", "routingKey"))
    address = Address.of(dead_letter)
    if not address.exchange:
        options.refuse_circle(dead_letter, [address.filled(queue=each).routing_key for each in wanted], wanted)
    feature = "consuming from RabbitMQ"
    client = require("aiormq", extra="rabbitmq", feature=feature)
    record = require("aio_pika", extra="rabbitmq", feature=feature).IncomingMessage
    control = common.get("control") or Control()
    with stopped_by_sigterm(control):
        connection = Connection(client, url, wanted, prefetch)
        source = RabbitSource(client, record, connection, user=unquote(parts.username or "guest"), dead_letter=address)
        yield Loop[Delivery](source, guard, settings, control), source, f"{parts.hostname}:{parts.port or 5672}"


def _parts(url: str) -> SplitResult:
    """The URL taken apart; nothing of it is said where it cannot be, as it may hold a password."""
    try:
        parts = urlsplit(url)
        if parts.scheme in ("amqp", "amqps") and parts.hostname and parts.port != 0:
            return parts
    except ValueError:  # its port is none
        pass
    raise UsageError(
        "Cannot consume from RabbitMQ by that URL: it is none of AMQP's. Say amqp://user:password@host:5672/virtual-host."
    )


def _check(queues: list[str], prefetch: int, every: int, hold: int) -> None:
    if not queues:
        raise UsageError("Cannot consume from RabbitMQ without a queue: none is named. Name one.")
    if not 1 <= prefetch <= 65535:
        raise UsageError(f"Cannot use prefetch={prefetch!r}: it is from 1 to 65535. Say 200.")
    if every > prefetch:
        raise UsageError(
            f"Cannot acknowledge every {every!r} messages with prefetch={prefetch!r}: no more than that come before they are. "
            f"Say acknowledge_every={prefetch}, or less."
        )
    if prefetch <= hold:
        raise UsageError(
            f"Cannot hold {hold!r} messages with prefetch={prefetch!r}: no other one would come that shows whose the trouble is. "
            f"Say prefetch={hold + 1}, or retries=Retries(hold=2) and prefetch=3."
        )


def _open(source: RabbitSource, loop: Loop[Delivery], place: str) -> None:
    """Connect, or say in a sentence why that cannot be."""
    try:
        source.open(loop)
    except Exception as error:
        raise _said(error, place) from error


def _said(error: BaseException, place: str) -> MsgpactError:
    cls, advice = _ADVICE.get(type(error).__name__, (Unavailable, "Start it, or give its URL."))
    return cls(f"Cannot consume from RabbitMQ at {place}: {in_words(error)}. {advice}")


_ANOTHER_HOST = "Name a virtual host that there is, and that our user may enter."

_ADVICE: Mapping[str, tuple[type[MsgpactError], str]] = {
    "ChannelNotFoundEntity": (UsageError, "Declare the queue first."),
    "ChannelLockedResource": (UsageError, "The queue is another connection's own: declare it as not exclusive."),
    "ChannelAccessRefused": (Unavailable, "Give our user the right to read it, or end who has it for himself."),
    "ProbableAuthenticationError": (Unavailable, "Give the user and password that it knows."),
    "InvalidFrameError": (Unavailable, _ANOTHER_HOST),
    "AMQPInternalError": (Unavailable, _ANOTHER_HOST),  # before aio-pika 10
}
