"""What OpenTelemetry is told of a loop, by its SDK, which keeps it in memory."""

import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from opentelemetry import context, metrics, trace
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind, StatusCode

from msgpact import Consumer, Message, match
from msgpact.consuming.control import Control, Settings
from msgpact.consuming.loop import Loop
from msgpact.consuming.observing import ATTRIBUTES, UNOBSERVED, Observer, destination_of, observer_of
from msgpact.consuming.steps import run
from msgpact.errors import Unavailable
from msgpact.guard import Guard, Mode
from msgpact.receivers import Reason
from msgpact.retries import Retries

SECRET = "4242 4242"
TRACE, PARENT = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"


@dataclass
class Listening:
    """An SDK of the test's own: nothing is set up for the process."""

    spans: InMemorySpanExporter = field(default_factory=InMemorySpanExporter)
    reader: InMemoryMetricReader = field(default_factory=InMemoryMetricReader)

    def __post_init__(self) -> None:
        self.tracers, self.meters = (
            TracerProvider(shutdown_on_exit=False),
            MeterProvider([self.reader], shutdown_on_exit=False),
        )
        self.tracers.add_span_processor(SimpleSpanProcessor(self.spans))

    def observer(self, system: str = "kafka", *, payloads: bool = False) -> Observer:
        return observer_of(system, payloads=payloads, tracers=self.tracers, meters=self.meters)

    def finished(self) -> list[ReadableSpan]:
        return list(self.spans.get_finished_spans())

    def counted(self, metric: str) -> list[tuple[dict[str, Any], Any]]:
        """The points of a metric: attributes without those that are always the same, and the value, or how many."""
        data = self.reader.get_metrics_data()
        found = []
        for resource in data.resource_metrics if data is not None else ():
            for scope in resource.scope_metrics:
                for each in scope.metrics:
                    for point in each.data.data_points if each.name == metric else ():
                        said = {name: value for name, value in (point.attributes or {}).items() if name not in COMMON}
                        found.append((said, getattr(point, "value", None) if hasattr(point, "value") else point.count))
        return found


COMMON = ("messaging.system", "messaging.operation.name", "messaging.destination.name")


@pytest.fixture
def listening() -> Iterator[Listening]:
    found = Listening()
    yield found
    found.tracers.shutdown()
    found.meters.shutdown()


class Line:
    """A transport of a list, which ends the loop when nothing is left."""

    def __init__(self, control: Control, messages: list[Message]) -> None:
        self.control, self.messages, self.buried = control, messages, list[Reason]()

    def take_now(self) -> list[Message]:
        taken, self.messages = self.messages, []
        return taken

    def take(self, seconds: float) -> list[Message]:
        self.control.stop()
        return []

    def idle(self, seconds: float) -> None:
        self.control.stop()

    def read(self, item: Message) -> Message:
        return item

    def key(self, item: Message) -> None:
        return None

    def settled(self, item: Message) -> None: ...

    def bury(self, item: Message, reason: Reason) -> None:
        self.buried.append(reason)

    def flush(self) -> bool:
        return True


def message(body: bytes | None = b'{"id": 1}', *, topic: str = "orders.v1", **more: Any) -> Message:
    return Message(body, metadata={"topic": topic, "key": None, "partition": 3, "offset": 7}, **more)


def consume(
    observer: Observer, *messages: Message, handler: Any = lambda order: None, mode: Mode = "observe", **settings: Any
) -> Control:
    shop, control = Consumer("shop", provider="orders"), Control()
    shop.expects("an order was placed", contents={"id": match.integer(42)}, metadata={"topic": "orders.v1"})(handler)
    told = Settings(**{"retries": Retries(0), "every": 1, **settings})
    run(Loop(Line(control, list(messages)), Guard(shop, mode=mode), told, control, observer=observer))
    return control


# -- traces ----------------------------------------------------------------------------------------------------------


def test_a_message_that_is_handled_is_a_span(listening: Listening) -> None:
    consume(listening.observer(), message())

    (span,) = listening.finished()
    assert (span.name, span.kind, span.parent) == ("process orders.v1", SpanKind.CONSUMER, None)
    assert span.status.status_code is StatusCode.UNSET
    assert span.attributes == {
        "messaging.system": "kafka",
        "messaging.operation.name": "process",
        "messaging.operation.type": "process",
        "messaging.destination.name": "orders.v1",
        "messaging.destination.partition.id": "3",
        "messaging.kafka.offset": 7,
        "messaging.message.body.size": 9,
        "msgpact.outcome": "handled",
    }


def test_its_parent_is_who_sent_it(listening: Listening) -> None:
    consume(listening.observer(), message(headers=[("traceparent", f"00-{TRACE}-{PARENT}-01".encode())]))

    (span,) = listening.finished()
    assert span.parent is not None
    assert span.context is not None
    assert f"{span.parent.span_id:016x}" == PARENT
    assert f"{span.context.trace_id:032x}" == TRACE


def on_order(order: dict[str, int]) -> None:
    trace.get_current_span().set_attribute("seen", True)


async def on_order_later(order: dict[str, int]) -> None:
    trace.get_current_span().set_attribute("seen", True)


@pytest.mark.parametrize("handler", [on_order, on_order_later])
@pytest.mark.parametrize("timeout", [None, 60.0], ids=["", "with a timeout"])
def test_a_handler_runs_within_the_span(handler: Any, timeout: float | None, listening: Listening) -> None:
    before = context.get_current()

    consume(listening.observer(), message(), message(), handler=handler, timeout=timeout)

    assert [(span.attributes or {}).get("seen") for span in listening.finished()] == [True, True]
    assert context.get_current() == before


def test_a_tombstone_says_so(listening: Listening) -> None:
    consume(listening.observer(), message(None))

    (span,) = listening.finished()
    assert span.attributes is not None
    assert span.attributes["messaging.kafka.message.tombstone"] is True
    assert span.attributes["msgpact.outcome"] == "unrouted"


def test_what_breaks_the_contract_is_an_event(listening: Listening) -> None:
    consume(listening.observer(), message(b'{"id": "4242 4242"}'))

    (span,) = listening.finished()
    (event,) = span.events
    assert span.status.status_code is StatusCode.UNSET
    assert event.name == "msgpact.broken"
    assert event.attributes == {
        "msgpact.pact": "shop-orders",
        "msgpact.description": "an order was placed",
        "msgpact.path": "$.id",
        "msgpact.rule": "an integer",
    }
    assert SECRET not in span.to_json()


def refuse(order: dict[str, int]) -> None:
    raise LookupError(SECRET)


async def refuse_later(order: dict[str, int]) -> None:
    raise LookupError(SECRET)


@pytest.mark.parametrize("handler", [refuse, refuse_later])
def test_a_handler_that_raises_makes_an_error_without_its_words(handler: Any, listening: Listening) -> None:
    consume(listening.observer(), message(), handler=handler)

    (span, *_) = listening.finished()
    assert span.status.status_code is StatusCode.ERROR
    assert span.attributes is not None
    assert span.attributes["error.type"] == "LookupError"
    assert SECRET not in span.to_json()


def test_its_words_are_told_where_that_is_asked_for(listening: Listening) -> None:
    consume(listening.observer(payloads=True), message(), handler=refuse)

    (span, *_) = listening.finished()
    assert SECRET in span.to_json()


def unavailable(order: dict[str, int]) -> None:
    raise Unavailable("Cannot reach the database: it is away. Start it.")


def test_an_error_has_its_modules_name(listening: Listening) -> None:
    consume(listening.observer(), message(), handler=unavailable)

    (span, *_) = listening.finished()
    assert span.attributes is not None
    assert span.attributes["error.type"] == "msgpact.errors.Unavailable"


@pytest.mark.parametrize(
    ("system", "metadata", "expected"),
    [
        pytest.param(
            "rabbitmq",
            {
                "exchange": "shop",
                "routingKey": "orders.v1",
                "deliveryTag": 4,
                "messageId": "m-1",
                "correlationId": "c-1",
            },
            {
                "messaging.destination.name": "shop",
                "messaging.rabbitmq.destination.routing_key": "orders.v1",
                "messaging.rabbitmq.message.delivery_tag": 4,
                "messaging.message.id": "m-1",
                "messaging.message.conversation_id": "c-1",
            },
            id="RabbitMQ",
        ),
        pytest.param(
            "rabbitmq",
            {"exchange": "", "routingKey": "orders.v1"},
            {"messaging.destination.name": "orders.v1", "messaging.rabbitmq.destination.routing_key": "orders.v1"},
            id="RabbitMQ's default exchange",
        ),
        pytest.param(
            "aws_sqs",
            {"queue": "orders", "messageId": "m-1"},
            {"messaging.destination.name": "orders", "messaging.message.id": "m-1"},
            id="SQS",
        ),
        pytest.param("memory", {"topic": "orders"}, {"messaging.destination.name": "orders"}, id="in memory"),
        pytest.param("other", {}, {"messaging.destination.name": ""}, id="nothing known"),
    ],
)
def test_what_is_said_of_a_message(
    system: str, metadata: dict[str, Any], expected: dict[str, Any], listening: Listening
) -> None:
    listening.observer(system).begin(Message(b"1", metadata=metadata)).end()

    (span,) = listening.finished()
    always = {
        "messaging.operation.name": "process",
        "messaging.operation.type": "process",
        "messaging.message.body.size": 1,
    }
    assert span.attributes == {"messaging.system": system, **always, **expected}


# -- metrics ---------------------------------------------------------------------------------------------------------


def outcomes(listening: Listening) -> list[tuple[dict[str, Any], Any]]:
    return listening.counted("messaging.client.consumed.messages")


def test_messages_are_counted_by_what_became_of_them(listening: Listening) -> None:
    control = consume(
        listening.observer(),
        message(),
        message(),
        message(b'{"id": "x"}'),
        message(b'{"id": '),
        message(topic="others.v1"),
        mode="enforce",
    )

    assert sorted(outcomes(listening), key=str) == [
        ({"msgpact.outcome": "dead", "msgpact.kind": "contract"}, 2),
        ({"msgpact.outcome": "handled"}, 2),
        ({"msgpact.outcome": "unrouted"}, 1),
    ]
    assert listening.counted("msgpact.broken.messages") == [({"msgpact.pact": "shop-orders"}, 2)]
    assert (control.counts.handled, control.counts.dead, control.counts.unrouted, control.counts.broken) == (2, 2, 1, 2)


def test_what_nobody_expects_may_be_dead(listening: Listening) -> None:
    consume(listening.observer(), message(topic="others.v1"), on_unrouted="dead_letter")

    assert outcomes(listening) == [({"msgpact.outcome": "dead", "msgpact.kind": "unrouted"}, 1)]


def test_what_fails_is_counted_each_time_and_once_when_it_is_given_up(listening: Listening) -> None:
    def poisoned(order: dict[str, int]) -> None:
        if order["id"] == 13:
            raise LookupError

    control = consume(listening.observer(), message(b'{"id": 13}'), message(), handler=poisoned)

    failures = control.counts.failures
    assert failures > 1
    assert listening.counted("msgpact.failures") == [({"error.type": "LookupError"}, failures)]
    assert sorted(outcomes(listening), key=str) == [
        ({"msgpact.outcome": "dead", "msgpact.kind": "failed"}, 1),
        ({"msgpact.outcome": "handled"}, 1),
    ]
    assert sorted(listening.counted("messaging.process.duration"), key=str) == [
        ({"error.type": "LookupError"}, failures),
        ({}, 1),
    ]


def test_while_it_is_paused_the_gauge_says_so(listening: Listening) -> None:
    gauge = list[object]()

    def away(order: dict[str, int]) -> None:
        gauge.extend(value for _, value in listening.counted("msgpact.paused"))
        raise Unavailable("Cannot reach the database: it is away. Start it.")

    consume(listening.observer(), message(), handler=away)

    assert gauge == [0, 1]
    assert listening.counted("msgpact.paused") == [({}, 0)]


def test_so_it_does_while_the_transport_waits(listening: Listening) -> None:
    gauge, control = list[object](), Control()

    class Away(Line):
        def take(self, seconds: float) -> list[Message]:
            control.waits_for("SQS does not answer")
            gauge.extend(value for _, value in listening.counted("msgpact.paused"))
            return super().take(seconds)

    shop = Consumer("shop", provider="orders")
    shop.expects("an order", contents={"id": 1}, metadata={"topic": "orders.v1"})(lambda order: None)
    run(Loop(Away(control, []), Guard(shop), Settings(), control, observer=listening.observer()))

    assert gauge == [1]
    assert listening.counted("msgpact.paused") == [({}, 0)]


# -- who listens -----------------------------------------------------------------------------------------------------


def test_where_nothing_is_set_up_nobody_listens() -> None:
    assert observer_of("kafka") is UNOBSERVED


@pytest.mark.parametrize("of", ["tracers", "meters"])
def test_one_who_listens_is_enough(of: str, listening: Listening) -> None:
    there = {of: getattr(listening, of)}

    observer = observer_of("kafka", **there)
    consume(observer, message())

    assert observer is not UNOBSERVED
    assert len(listening.finished()) == (of == "tracers")
    assert len(outcomes(listening)) == (of == "meters")


def test_nobody_listens_to_what_the_interface_has_by_itself() -> None:
    nobody = observer_of("kafka", tracers=trace.NoOpTracerProvider(), meters=metrics.NoOpMeterProvider())

    assert nobody is UNOBSERVED


def program(*, absent: bool, set_up: bool) -> str:
    lines = ["import sys"]
    if absent:
        lines.append("sys.modules['opentelemetry'] = sys.modules['opentelemetry.trace'] = None")
    if set_up:
        lines += ["from opentelemetry import trace", "from opentelemetry.sdk.trace import TracerProvider"]
        lines.append("trace.set_tracer_provider(TracerProvider())")
    lines += [
        "from msgpact.consuming.observing import UNOBSERVED, observer_of",
        "print(observer_of('kafka') is UNOBSERVED)",
    ]
    return "\n".join(lines)


@pytest.mark.parametrize(
    ("absent", "set_up", "expected"),
    [
        pytest.param(True, False, "True", id="it is not installed"),
        pytest.param(False, False, "True", id="it is not set up"),
        pytest.param(False, True, "False", id="it is set up"),
    ],
)
def test_it_is_found_out_when_a_loop_is_made(absent: bool, set_up: bool, expected: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", program(absent=absent, set_up=set_up)], capture_output=True, text=True, check=True
    )

    assert done.stdout.strip() == expected


def test_the_destination_is_the_first_that_there_is() -> None:
    assert destination_of(Message(b"", metadata={"queue": "q", "topic": "t"})) == "t"
    assert destination_of(Message(b"")) == ""


def test_every_transport_that_says_more_is_called_as_its_source_calls_it() -> None:
    from msgpact.adapters.kafka_source import KafkaSource
    from msgpact.adapters.rabbitmq_source import RabbitSource
    from msgpact.adapters.sqs_source import SqsSource

    assert {KafkaSource.system, RabbitSource.system, SqsSource.system} == ATTRIBUTES.keys()
