"""SNS's and SQS's side: a consumer's handlers, called with the messages of queues, which SNS may have brought; and capturing.

The loop is `msgpact.consuming`'s, whose a message is decides `msgpact.guard`; here is what is SQS's own: long polls, visibility,
deletions, the dead letters.
"""

import asyncio
import contextlib
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Required, Unpack

from msgpact.adapters.sns_sqs_capture import capture
from msgpact.adapters.sqs_lambda import KEYS, lambda_handler
from msgpact.adapters.sqs_leases import BATCH, Item
from msgpact.adapters.sqs_source import SqsSource
from msgpact.calls import refuse_running_loop
from msgpact.consumer import Consumer
from msgpact.consuming import options
from msgpact.consuming.control import Control, Counts, checked_whole, stopped_by_sigterm
from msgpact.consuming.loop import Loop
from msgpact.consuming.steps import arun, run
from msgpact.errors import UsageError
from msgpact.receivers import HEADER
from msgpact.records.sqs import name_of
from msgpact.retries import Retries

__all__ = ["HEADER", "Control", "Counts", "Options", "Retries", "aconsume", "capture", "consume", "lambda_handler"]

AFTER = 1.0
"""Seconds after which what is settled is deleted, if it is not enough for a batch."""


class Options(options.Options, total=False):
    """What `consume` and `aconsume` can be told by keyword, beside what all transports can be.

    Attributes:
        dead_letter: The URL of the queue of what cannot be handled; `{queue}` in it is the name of the message's own. It must
            be told.
        names: The deployed names of topics and queues that contracts name, where they differ.
        raw: Whether SNS delivers messages raw (True) or in envelopes (False); found out by their form, unless told.
        wait: Seconds that a long poll takes, and a stop that comes while nothing is there: 5, unless told; at most 20.
        visibility: Seconds after which others get what a process had in hand that was killed: 30, unless told. It is
            prolonged as long as the process lives, however long a handler takes.
    """

    dead_letter: Required[str]
    names: Mapping[str, str]
    raw: bool | None
    wait: int
    visibility: int


def consume(
    consumers: Consumer | Iterable[Consumer], client: Any, queue_urls: str | Iterable[str], **said: Unpack[Options]
) -> Control:
    """Call a consumer's handlers with the messages of queues, until SIGTERM or `Control.stop`. At least once.

    Args:
        consumers: Whose handlers are called.
        client: `boto3.client("sqs")`. It is called from several threads, which boto3 allows.
        queue_urls: The URL of the queue, or of several.
        said: As `Options` says.

    Returns:
        The control, with its counts.

    Raises:
        DeclarationError: a handler cannot be called, or nothing tells whose a message is.
        UsageError: a setting cannot be, there is no such queue; or a message is nobody's and *on_unrouted* is `fail`.
        WrongDriver: an event loop is running: await `aconsume`.
    """
    refuse_running_loop("consume", "sns_sqs.aconsume(...)")
    with _prepared(consumers, client, queue_urls, **said) as (loop, source):
        try:
            run(loop)
        finally:
            source.close()
    return loop.control


async def aconsume(
    consumers: Consumer | Iterable[Consumer], client: Any, queue_urls: str | Iterable[str], **said: Unpack[Options]
) -> Control:
    """As `consume`, on the caller's event loop; plain handlers run on it too."""
    with _prepared(consumers, client, queue_urls, **said) as (loop, source):
        try:
            await arun(loop)
        finally:
            await asyncio.to_thread(source.close)
    return loop.control


@contextlib.contextmanager
def _prepared(
    consumers: Consumer | Iterable[Consumer],
    client: Any,
    queue_urls: str | Iterable[str],
    *,
    dead_letter: str | None = None,
    names: Mapping[str, str] | None = None,
    raw: bool | None = None,
    wait: int = 5,
    visibility: int = 30,
    **common: Unpack[options.Options],
) -> Iterator[tuple[Loop[Item], SqsSource]]:
    """The loop, and its source, which is to be closed."""
    settings = options.settings_of(Options, every=BATCH, after=AFTER, **common)
    guard = options.guard_of(consumers, keys=KEYS, names=names, native=None, **common)
    urls = [queue_urls] if isinstance(queue_urls, str) else list(dict.fromkeys(queue_urls))
    dead_letter = options.checked_dead_letter(dead_letter, "https://sqs…/{queue}-dead", ("queue",))
    _check(client, urls, dead_letter, wait, visibility)
    options.refuse_circle(dead_letter, [dead_letter.replace("{queue}", name_of(each)) for each in urls], urls)
    control = common.get("control") or Control()
    with stopped_by_sigterm(control):
        source = SqsSource(
            client,
            urls,
            dead_letter,
            raw=raw,
            wait=wait,
            visibility=visibility,
            retries=settings.retries,
            control=control,
        )
        loop = Loop[Item](source, guard, settings, control)
        source.start(loop)
        yield loop, source


def _check(client: Any, urls: list[str], dead_letter: str, wait: int, visibility: int) -> None:
    service = getattr(getattr(getattr(client, "meta", None), "service_model", None), "service_name", None)
    if service != "sqs":
        raise UsageError(f"Cannot consume from SQS by {client!r}: it is no client for it. Give boto3.client('sqs').")
    if not urls:
        raise UsageError("Cannot consume from SQS without a queue: none is named. Give the URL of one.")
    for each in (*urls, dead_letter):
        if not each.startswith(("http://", "https://")):
            raise UsageError(
                f"Cannot use the queue {each!r}: it is no URL. Give the one that create_queue and get_queue_url return."
            )
    checked_whole("wait", wait)
    checked_whole("visibility", visibility)
    if not 0 < wait <= 20:
        raise UsageError(f"Cannot use wait={wait!r}: a long poll of SQS takes 1 to 20 seconds. Say 5.")
    if not 0 < visibility <= 43200:
        raise UsageError(f"Cannot use visibility={visibility!r}: SQS takes 1 to 43,200 seconds. Say 30.")
    if client.meta.config.read_timeout is not None and client.meta.config.read_timeout <= wait:
        raise UsageError(
            f"Cannot wait {wait} s for messages by a client whose read_timeout is {client.meta.config.read_timeout} s: it would "
            "give up before SQS answers. Say less than that, or botocore.config.Config(read_timeout=30)."
        )
