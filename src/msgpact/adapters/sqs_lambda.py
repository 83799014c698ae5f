"""A Lambda function that is invoked by SQS: an event's messages, given to a consumer's handlers as the loop gives them theirs.

What is tried again, and how often, is the event source's affair: a message that was not handled is named in the answer, and
comes again after the queue's visibility timeout.
"""

import asyncio
import contextlib
import weakref
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from msgpact.adapters.sqs_letters import DeadLetters
from msgpact.adapters.sqs_reading import message_of
from msgpact.calls import in_users_code, in_words, refuse_generators, refuse_running_loop
from msgpact.consumer import Consumer
from msgpact.consuming.control import LOG, OnUnrouted
from msgpact.consuming.steps import call_of
from msgpact.consuming.telling import BREAKS, said_of, without_words
from msgpact.errors import MsgpactError, Unavailable, UsageError, shown
from msgpact.extras import require
from msgpact.guard import Accept, Discriminator, Guard, Mode, Reject, Unrouted, one_of
from msgpact.receivers import Handler, Handling, Reason
from msgpact.records import aws_lambda
from msgpact.records.sqs import name_of

__all__ = ["Event", "lambda_handler"]

Event = Mapping[str, Any]

KEYS = ("topic", "queue")
"""What routes a message. Of one that SNS delivered raw the topic is not known."""


def lambda_handler(
    consumers: Consumer | Iterable[Consumer],
    *,
    dead_letter: str | None = None,
    client: Any = None,
    names: Mapping[str, str] | None = None,
    raw: bool | None = None,
    discriminator: Discriminator | None = None,
    mode: Mode = "observe",
    on_unrouted: OnUnrouted = "ack",
    arguments: Mapping[str, object] | None = None,
    handlers: Mapping[Handler, Handler] | None = None,
    log_payloads: bool = False,
) -> Callable[[Event, object], dict[str, Any]]:
    """Make the entry point of a Lambda function that SQS invokes, whose event source has `ReportBatchItemFailures`.

    Args:
        consumers: Whose handlers are called, plain ones and coroutines.
        dead_letter: The URL of the queue of what can never be handled: it cannot be decoded, or breaks the contract where that
            is enforced. Without it that is a failure as any other, and the queue's own redrive policy applies.
        client: `boto3.client("sqs")` for it; made by the environment, unless told.
        names: The deployed names of topics and queues that contracts name, where they differ.
        raw: Whether SNS delivers messages raw (True) or in envelopes (False); found out by their form, unless told.
        discriminator: What tells the messages of one address apart, as of `consume`.
        mode: What breaks the contract is handled all the same (`observe`), or not (`enforce`).
        on_unrouted: What becomes of a message that no handler expects: it is taken (`ack`), goes to *dead_letter*, or is a
            failure (`fail`).
        arguments: What handlers take beside the message, by name.
        handlers: What is called instead of a handler: for a method, the one of an instance.
        log_payloads: Whether the words of exceptions, which may quote a message, are logged.

    Returns:
        A function of the event and Lambda's context, which answers with `batchItemFailures`. Of a FIFO queue's group all messages
        after one that failed are failures, and are not handled.

    Raises:
        DeclarationError: a handler cannot be called, or nothing tells whose a message is.
        UsageError: a setting cannot be. By the function: the event is none of SQS.
    """
    one_of("on_unrouted", on_unrouted, ("ack", "dead_letter", "fail"))
    if on_unrouted == "dead_letter" and dead_letter is None:
        raise UsageError(
            "Cannot use on_unrouted='dead_letter' without the URL of a queue for it. Say dead_letter='https://sqs...'."
        )
    guard = Guard(
        consumers,
        keys=KEYS,
        names=names,
        discriminator=discriminator,
        mode=mode,
        arguments=arguments,
        handlers=handlers,
    )
    if dead_letter is not None and client is None:
        client = require("boto3", extra="sqs", feature="dead letters of a Lambda function").client("sqs")
    return _Function(guard, raw, on_unrouted, client, dead_letter, log_payloads=log_payloads).handle


@dataclass(frozen=True, slots=True)
class _Record:
    """A message of an event: as boto3 would give it, its queue's name, and what it is known by there."""

    native: Mapping[str, Any]
    queue: str

    @property
    def id(self) -> str:
        return str(self.native["MessageId"])

    @property
    def group(self) -> Hashable:
        """What is to be handled in order with others of the same group; None if it need not be."""
        if not self.queue.endswith(".fifo"):
            return None
        return self.queue, self.native["Attributes"].get("MessageGroupId")


class _Function:
    """What lives as long as the function's environment."""

    def __init__(
        self,
        guard: Guard,
        raw: bool | None,
        on_unrouted: OnUnrouted,
        client: Any,
        dead_letter: str | None,
        *,
        log_payloads: bool,
    ) -> None:
        self._guard, self._raw, self._on_unrouted = guard, raw, on_unrouted
        self._client, self._dead_letter, self._log_payloads = client, dead_letter, log_payloads
        self._runner: asyncio.Runner | None = None

    def handle(self, event: Event, context: object = None) -> dict[str, Any]:  # noqa: ARG002  (Lambda gives it)
        """Handle an event."""
        refuse_running_loop("handle an event of Lambda", "asyncio.to_thread(handler, event)")
        records = _records(event)
        letters = None if self._dead_letter is None else DeadLetters(self._client, self._dead_letter)
        failed: dict[str, None] = {}
        stopped = set[Hashable]()
        for each in records:
            if (each.group is not None and each.group in stopped) or not self._is_done(each, letters):
                stopped.add(each.group)
                failed[each.id] = None
        if letters is not None and not letters.deliver():
            failed |= dict.fromkeys(str(each["MessageId"]) for each in letters.undelivered)
        return {"batchItemFailures": [{"itemIdentifier": each} for each in failed]}

    def _is_done(self, record: _Record, letters: DeadLetters | None) -> bool:
        """Whether a message need not come again, but for its dead letter's sake."""
        try:
            message = message_of(record.native, record.queue, self._raw)
        except UsageError as error:  # it is no message as SQS has them
            return self._is_buried(record, (Reason("undecodable", error=in_words(error)),), letters)
        try:
            decision = self._guard.decide(message)
        except Exception as error:
            if isinstance(error, MsgpactError) and not isinstance(error, Unavailable):
                raise
            return self._failed(error, None)
        match decision:
            case Accept(handlings, broken):
                _tell_broken(broken)
                return all(self._is_handled(each) for each in handlings)
            case Reject(reasons):
                return self._is_buried(record, reasons, letters)
            case Unrouted():
                return self._is_taken(record, decision.where, letters)

    def _is_handled(self, handling: Handling) -> bool:
        try:
            value = handling.receiver.handler(handling.contents, **handling.names)
            if handling.receiver.is_async or hasattr(type(value), "__await__"):
                self._awaited(value)
            else:
                refuse_generators(value, call_of(handling.receiver))
        except (Exception, asyncio.CancelledError) as error:
            return self._failed(error, handling)
        return True

    def _failed(self, error: BaseException, handling: Handling | None) -> bool:
        who = "" if handling is None else f" by {handling.receiver.place}"
        kind = type(error).__name__
        error = in_users_code(error) if self._log_payloads else without_words(in_users_code(error))
        LOG.error("a message was not handled%s: it raised %s", who, kind, exc_info=error, extra={"error": kind})
        return False

    def _awaited(self, value: Any) -> None:
        """Await what a handler returned, on one event loop for all invocations."""

        async def wait() -> None:
            await value

        if self._runner is None:
            self._runner = asyncio.Runner(loop_factory=asyncio.new_event_loop)
            weakref.finalize(self, self._runner.close)
        self._runner.run(wait())

    def _is_buried(self, record: _Record, reasons: Sequence[Reason], letters: DeadLetters | None) -> bool:
        if any(each.kind == "contract" for each in reasons):
            _tell_broken(reasons)
        LOG.warning(
            "a message %s: %s", "goes to the dead letters" if letters else "is not handled", reasons[0].kind,
            extra={"kind": reasons[0].kind, "messageId": record.id, "description": reasons[0].description},
        )  # fmt: skip
        if letters is None:
            return False
        letters.add(record.native, record.queue, reasons[0])
        return True

    def _is_taken(self, record: _Record, address: str, letters: DeadLetters | None) -> bool:
        LOG.warning("no handler expects a message at %s", address, extra={"address": address, "messageId": record.id})
        if self._on_unrouted == "dead_letter":
            return self._is_buried(record, (Reason("unrouted"),), letters)
        return self._on_unrouted == "ack"


def _records(event: Event) -> list[_Record]:
    with contextlib.suppress(LookupError, TypeError):
        records = event["Records"]
        if records and all(each["eventSource"] == "aws:sqs" for each in records):
            return [_Record(aws_lambda.sqs_record(each), name_of(each["eventSourceARN"])) for each in records]
    raise UsageError(
        f"Cannot handle {shown(event)}: it is no event of SQS. Let SQS invoke the function: an event has Records, and the "
        "eventSource of each is aws:sqs."
    )


def _tell_broken(reasons: Iterable[Reason]) -> None:
    for each in reasons:
        LOG.warning(BREAKS, each.description, each.path, each.rule, extra=said_of(each))
