"""FastStream's side of consuming: a middleware that holds what `@broker.subscriber` handlers are given to the contract.

FastStream takes, decodes, calls, retries and acknowledges; whether a message is as its contract says, `msgpact.guard` decides.
"""

import copy
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from typing import Any, Literal

from msgpact.adapters.faststream_transports import TRANSPORTS, Letter
from msgpact.consumer import Consumer
from msgpact.consuming.control import Counts
from msgpact.consuming.telling import Telling
from msgpact.errors import UsageError
from msgpact.extras import require
from msgpact.guard import Discriminator, Guard, Mode, Reject, Unrouted, one_of
from msgpact.model import Message
from msgpact.receivers import HEADER, Reason

require("faststream", extra="faststream", feature="the middleware for FastStream")

from faststream import BaseMiddleware, SourceType  # noqa: E402  (what stands above says what to install)
from faststream.exceptions import IgnoredException  # noqa: E402  (as above)

__all__ = ["HEADER", "ContractMiddleware", "Counts", "OnUnrouted"]

OnUnrouted = Literal["handle", "dead_letter"]


class _Buried(IgnoredException):
    """Nobody is to handle a message: it is among the dead letters, and acknowledged."""

    def __str__(self) -> str:
        return "The message went to the dead letters"


class ContractMiddleware:
    """Holds what a FastStream broker takes to a consumer's contract: `KafkaBroker(…, middlewares=[ContractMiddleware(shop)])`.

    Args:
        consumers: Whose contract it is.
        transport: What the broker is: `kafka` (of `faststream.confluent` or `faststream.kafka`) or `rabbitmq`.
        mode: Whether what breaks the contract is handled all the same (`observe`), or is a dead letter (`enforce`).
        dead_letter: The topic, or the queue, of what is not to be handled; `{topic}`, `{exchange}` or `{routingKey}` in it
            are the message's own. Without one what cannot be decoded is left to FastStream.
        names: The deployed names of the topics, exchanges and routing keys that contracts name, where they differ.
        discriminator: What tells the messages of one address apart: a name in the metadata, a path in the contents
            (`$.type`), or a function of the message.
        on_unrouted: What becomes of a message that the contract does not say anything of: FastStream's handler has it
            (`handle`), or it is a dead letter (`dead_letter`).
        log_payloads: Whether contents and metadata are logged of what breaks the contract.

    Attributes:
        counts: How many messages, as a loop's `Control.counts`; *failures* are times that a handler raised.

    Raises:
        UsageError: a setting cannot be.
    """

    def __init__(
        self,
        consumers: Consumer | Iterable[Consumer],
        *,
        transport: Literal["kafka", "rabbitmq"] = "kafka",
        mode: Mode = "observe",
        dead_letter: str | None = None,
        names: Mapping[str, str] | None = None,
        discriminator: Discriminator | None = None,
        on_unrouted: OnUnrouted = "handle",
        log_payloads: bool = False,
    ) -> None:
        self.counts = Counts()
        self._transport = TRANSPORTS[one_of("transport", transport, tuple(TRANSPORTS))]
        self._mode = one_of("mode", mode, ("observe", "enforce"))
        self._buries_unrouted = one_of("on_unrouted", on_unrouted, ("handle", "dead_letter")) == "dead_letter"
        if dead_letter is None and (mode == "enforce" or self._buries_unrouted):
            said = "mode='enforce'" if mode == "enforce" else "on_unrouted='dead_letter'"
            raise UsageError(
                f"Cannot say {said} without dead letters: name where they go, dead_letter='{{topic}}.dead'."
            )
        self._consumers = (consumers,) if isinstance(consumers, Consumer) else tuple(consumers)
        self._dead_letter, self._names, self._discriminator = dead_letter, names, discriminator
        self._telling = Telling(payloads=log_payloads)
        self._guard: Guard | None = None

    def load(self) -> None:
        """Read the contract now, and not with the first message: `FastStream(broker, on_startup=[contract.load])`.

        Raises:
            DeclarationError: it states no messages, or nothing tells whose a message is.
        """
        # FastStream gives handlers what else they take.
        taken = [each.parameters.named for consumer in self._consumers for each in consumer.load()]
        self._guard = Guard(
            self._consumers,
            keys=self._transport.keys,
            names=self._names,
            discriminator=self._discriminator,
            mode=self._mode,
            arguments=dict.fromkeys(name for named in taken for name in named),
        )

    def __call__(self, msg: Any, /, *, context: Any) -> "BaseMiddleware[Any, Any]":
        """What FastStream asks of a middleware, for each message."""
        return _Held(msg, context=context, contract=self)

    async def hold(self, call_next: Callable[[Any], Awaitable[Any]], msg: Any, broker: Any) -> Any:
        """Have a message, or a batch of them, handled but for what is not to be.

        Args:
            call_next: What handles it.
            msg: FastStream's message.
            broker: FastStream's broker.

        Raises:
            IgnoredException: nothing is left to be handled.
            Unavailable: a registry, or the dead letters, cannot be reached.
        """
        is_batch = isinstance(msg.raw_message, tuple | list)
        records: Sequence[Any] = msg.raw_message if is_batch else (msg.raw_message,)
        kept = [n for n, each in enumerate(records) if await self._is_to_be_handled(each, msg.correlation_id, broker)]
        if not kept:
            await msg.ack()
            raise _Buried
        try:
            result = await call_next(msg if len(kept) == len(records) else _only(msg, kept))
        except IgnoredException:
            raise
        except Exception:
            self.counts.failures += 1
            raise
        self.counts.handled += len(kept)
        return result

    async def _is_to_be_handled(self, record: Any, correlation_id: str | None, broker: Any) -> bool:
        message = self._transport.read(record)
        reason = self._reason_against(message)
        if reason is None or self._dead_letter is None:
            return True
        where = self._transport.where(self._dead_letter, message)
        await self._transport.bury(broker, Letter(where, message, reason, correlation_id))
        self.counts.dead += 1
        self._telling.dead(reason, message)
        return False

    def _reason_against(self, message: Message) -> Reason | None:
        """Why a message is not to be handled; what is wrong with it is counted and logged."""
        if self._guard is None:
            self.load()
        assert self._guard is not None
        decision = self._guard.decide(message)
        if isinstance(decision, Unrouted):
            self.counts.unrouted += 1
            is_dead = any(name == HEADER for name, _ in message.headers)  # who reads the dead letters has no contract
            return Reason("unrouted") if self._buries_unrouted and not is_dead else None
        reasons = decision.reasons if isinstance(decision, Reject) else decision.broken
        if reasons and (self._dead_letter is None or any(each.kind == "contract" for each in reasons)):
            self.counts.broken += 1
            self._telling.broken(reasons, message)
        return reasons[0] if isinstance(decision, Reject) else None


class _Held(BaseMiddleware[Any, Any]):
    """The middleware of one message."""

    __slots__ = ("_contract",)

    def __init__(self, msg: Any, /, *, context: Any, contract: ContractMiddleware) -> None:
        super().__init__(msg, context=context)
        self._contract = contract

    async def consume_scope(self, call_next: Callable[[Any], Awaitable[Any]], msg: Any) -> Any:
        if msg.source_type is not SourceType.CONSUME:  # an answer to what was asked for
            return await call_next(msg)
        return await self._contract.hold(call_next, msg, self.context.get("broker"))

    async def after_processed(self, exc_type: type[BaseException] | None = None, *_: Any, **__: Any) -> bool | None:
        return exc_type is _Buried  # nothing went wrong: it is acknowledged as if it were handled


def _only(msg: Any, kept: Sequence[int]) -> Any:
    """A batch with some of its messages."""
    some = copy.copy(msg)
    for name in ("raw_message", "body", "batch_headers"):
        all_of_it = getattr(msg, name)
        setattr(some, name, type(all_of_it)(all_of_it[n] for n in kept if n < len(all_of_it)))
    some.clear_cache()
    return some
