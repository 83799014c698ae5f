"""What OpenTelemetry is told of consuming: a span for each time that a message is tried, counters, how long it took.

By its API alone, and only where something is set up that listens: that is found out once, when a loop is made. Where nothing
listens there is `UNOBSERVED`, and a loop takes its short way.
"""

import time
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Protocol

from msgpact.extras import available
from msgpact.model import Message
from msgpact.receivers import Reason

__all__ = ["UNOBSERVED", "Observer", "Seen", "Unobserved", "observer_of"]

Handler = Callable[..., Any]

NAME = "msgpact"
SECONDS = (0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10)
"""The buckets that the semantic conventions advise."""

DESTINATIONS = ("topic", "queue", "exchange", "routingKey")
"""The entries of the metadata that say where a message was, the first that does."""

ATTRIBUTES: dict[str, dict[str, str]] = {
    "kafka": {"partition": "messaging.destination.partition.id", "offset": "messaging.kafka.offset"},
    "rabbitmq": {
        "routingKey": "messaging.rabbitmq.destination.routing_key",
        "deliveryTag": "messaging.rabbitmq.message.delivery_tag",
        "messageId": "messaging.message.id",
        "correlationId": "messaging.message.conversation_id",
    },
    "aws_sqs": {"messageId": "messaging.message.id"},
}
"""By the system's name in the semantic conventions: entries of the metadata, and the attribute that each is."""


class Seen(Protocol):
    """One try of one message."""

    def around(self, handler: Handler) -> Handler:
        """The handler, called within the message's span."""

    def broken(self, reasons: Sequence[Reason]) -> None:
        """It breaks the contract."""

    def failed(self, error: BaseException) -> None:
        """A handler raised, or could not be called."""

    def settled(self, outcome: str, reason: Reason | None = None) -> None:
        """It was `handled`, is `dead`, or `unrouted`."""

    def end(self) -> None:
        """It is over."""


class Observer(Protocol):
    """Whom a loop tells what it does."""

    def begin(self, message: Message) -> Seen:
        """A message is tried."""

    def later(self, message: Message) -> Seen:
        """Something becomes of a message outside its tries."""

    def is_now(self, state: str) -> None:
        """The loop is running, paused or stopped."""


class Unobserved:
    """Nobody listens."""

    def begin(self, message: Message) -> "Unobserved":  # noqa: ARG002  (nobody listens)
        return self

    def later(self, message: Message) -> "Unobserved":  # noqa: ARG002  (as above)
        return self

    def around(self, handler: Handler) -> Handler:
        return handler

    def broken(self, reasons: Sequence[Reason]) -> None: ...

    def failed(self, error: BaseException) -> None: ...

    def settled(self, outcome: str, reason: Reason | None = None) -> None: ...

    def end(self) -> None: ...

    def is_now(self, state: str) -> None: ...


UNOBSERVED = Unobserved()


def observer_of(system: str, *, payloads: bool = False, tracers: Any = None, meters: Any = None) -> Observer:
    """Who listens, as it is set up now.

    Args:
        system: The transport, as the semantic conventions call it.
        payloads: Whether an exception's words, which may quote a message, are told too.
        tracers: The provider of tracers: the one that is set up, unless told.
        meters: The provider of meters, likewise.
    """
    trace, metrics = available("opentelemetry.trace"), available("opentelemetry.metrics")
    if trace is None or metrics is None:
        return UNOBSERVED
    tracers, meters = tracers or trace.get_tracer_provider(), meters or metrics.get_meter_provider()
    if not _listens(tracers) and not _listens(meters):
        return UNOBSERVED
    return _Telemetry(system, tracers.get_tracer(NAME), meters.get_meter(NAME), payloads=payloads)


def _listens(provider: object) -> bool:
    """Whether it is more than what the API has where nothing is set up."""
    return not type(provider).__module__.startswith(("opentelemetry.trace", "opentelemetry.metrics"))


class _Telemetry:
    """OpenTelemetry's API."""

    def __init__(self, system: str, tracer: Any, meter: Any, *, payloads: bool) -> None:
        self.payloads, self.tracer = payloads, tracer
        self.trace: Any = available("opentelemetry.trace")
        self._propagate: Any = available("opentelemetry.propagate")
        self._more = ATTRIBUTES.get(system, {})
        self._common = {"messaging.system": system, "messaging.operation.name": "process"}
        self.consumed = meter.create_counter(
            "messaging.client.consumed.messages", "{message}", "Messages that are settled, by msgpact.outcome."
        )
        self.broke = meter.create_counter("msgpact.broken.messages", "{message}", "Messages that break their contract.")
        self.failures = meter.create_counter("msgpact.failures", "{failure}", "Times that a message was not handled.")
        self.duration = meter.create_histogram(
            "messaging.process.duration",
            "s",
            "How long it took to handle a message.",
            explicit_bucket_boundaries_advisory=SECONDS,
        )
        self._paused = meter.create_gauge(
            "msgpact.paused", "1", "1 while the loop waits for what is outside the messages."
        )

    def attributes_of(self, message: Message) -> dict[str, Any]:
        """What is said of a message in metrics: of few different values."""
        return {**self._common, "messaging.destination.name": destination_of(message)}

    def begin(self, message: Message) -> Seen:
        attributes = self.attributes_of(message)
        more: dict[str, Any] = {"messaging.operation.type": "process"}
        for name, attribute in self._more.items():
            value = message.metadata.get(name)
            if value is not None:
                more[attribute] = value if name in ("offset", "deliveryTag") else str(value)
        if message.contents is None:
            more["messaging.kafka.message.tombstone"] = True
        else:
            more["messaging.message.body.size"] = len(message.contents)
        span = self.tracer.start_span(
            f"process {attributes['messaging.destination.name']}",
            context=self._propagate.extract(message, getter=_Headers()),
            kind=self.trace.SpanKind.CONSUMER,
            attributes={**attributes, **more},
        )
        return _Told(self, attributes, span)

    def later(self, message: Message) -> Seen:
        return _Told(self, self.attributes_of(message), self.trace.INVALID_SPAN)

    def is_now(self, state: str) -> None:
        self._paused.set(int(state == "paused"), self._common)


class _Told:
    """One try of one message, as OpenTelemetry is told of it."""

    def __init__(self, to: _Telemetry, attributes: dict[str, Any], span: Any) -> None:
        self._to, self._attributes, self._span = to, attributes, span
        self._since = time.perf_counter()
        self._error: str | None = None

    def around(self, handler: Handler) -> Handler:
        def called(*args: Any, **names: Any) -> Any:
            with self._current():
                value = handler(*args, **names)
            return self._within(value) if hasattr(type(value), "__await__") else value

        return called

    async def _within(self, awaitable: Any) -> Any:
        """Wherever it is awaited, the span is around it there."""
        with self._current():
            return await awaitable

    def _current(self) -> Any:
        return self._to.trace.use_span(self._span, record_exception=False, set_status_on_exception=False)

    def broken(self, reasons: Sequence[Reason]) -> None:
        for each in reasons:
            said = {"pact": each.pact, "description": each.description, "path": each.path, "rule": each.rule}
            self._span.add_event("msgpact.broken", {f"msgpact.{name}": text for name, text in said.items()})
        self._to.broke.add(1, self._attributes | {"msgpact.pact": reasons[0].pact})

    def failed(self, error: BaseException) -> None:
        self._error = _name_of(error)
        self._to.failures.add(1, self._attributes | {"error.type": self._error})
        if self._to.payloads:
            self._span.record_exception(error)

    def settled(self, outcome: str, reason: Reason | None = None) -> None:
        said: dict[str, Any] = {"msgpact.outcome": outcome} if reason is None else _of_dead(reason)
        if reason is not None:
            self._error = reason.kind
        self._to.consumed.add(1, self._attributes | said)
        self._span.set_attributes(said)

    def end(self) -> None:
        attributes = self._attributes
        if self._error is not None:
            attributes = attributes | {"error.type": self._error}
            self._span.set_attribute("error.type", self._error)
            self._span.set_status(self._to.trace.StatusCode.ERROR)
        self._to.duration.record(time.perf_counter() - self._since, attributes)
        self._span.end()


class _Headers:
    """The headers of a message, as propagators read them."""

    def get(self, carrier: Message, key: str) -> list[str] | None:
        found = [value.decode("utf-8", "replace") for name, value in carrier.headers if value and name.lower() == key]
        return found or None

    def keys(self, carrier: Message) -> Iterable[str]:
        return [name for name, _ in carrier.headers]


def _of_dead(reason: Reason) -> dict[str, Any]:
    return {"msgpact.outcome": "dead", "msgpact.kind": reason.kind}


def _name_of(error: BaseException) -> str:
    kind = type(error)
    return kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"


def destination_of(message: Message) -> str:
    """Where a message was: its topic, its queue, its exchange, or what stands for one."""
    for name in DESTINATIONS:
        found = message.metadata.get(name)
        if found:
            return str(found)
    return ""
