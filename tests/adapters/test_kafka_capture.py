"""Capturing what an application sends to Kafka: what is swapped, what is put back, and what a verification makes of it."""

import asyncio
import functools
import json
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import confluent_kafka
import pytest
from confluent_kafka import Producer, SerializingProducer
from confluent_kafka.aio import AIOProducer, AsyncSerializingProducer
from confluent_kafka.schema_registry import SchemaRegistryClient, header_schema_id_serializer
from confluent_kafka.schema_registry.avro import AvroSerializer
from pacts import Raw, message, pact

import msgpact
from msgpact import InteractionResult, Message, Outgoing, match
from msgpact.adapters import kafka
from msgpact.errors import DeclarationError, ModuleNotLoadable, UsageError
from msgpact.planning import plan
from msgpact.registries.confluent import ConfluentRegistry
from msgpact.registries.embedded import EmbeddedRegistry
from msgpact.reporters.console import explain
from msgpact.results import Outcome
from msgpact.serializers.avro import Avro
from msgpact.serializers.framing import Confluent
from msgpact.verifier import provider_cases

TOPIC = {"topic": "orders.v1"}
BODY = b'{"id": 42}'


@pytest.fixture
def bus(monkeypatch: pytest.MonkeyPatch) -> Any:
    """The application's module that has a producer, which nothing could deliver for."""
    module: Any = ModuleType("app_bus")
    module.producer = Producer({"log_level": 0})
    monkeypatch.setitem(sys.modules, "app_bus", module)
    return module


@pytest.fixture
def orders() -> msgpact.Provider:
    return msgpact.Provider("orders")


def verified(orders: msgpact.Provider, raw: Raw | None = None) -> InteractionResult:
    contract = pact(raw if raw is not None else message(metadata=TOPIC))
    (result,) = msgpact.verify(orders, contract).results
    return result


# -- what stands at a place ------------------------------------------------------------------------------------------


class OrdersProducer(Producer):
    """An application's own kind."""

    def __init__(self, topic: str) -> None:
        super().__init__({"log_level": 0})
        self.topic = topic

    def place(self, id: int) -> None:
        self.produce(self.topic, b'{"id": %d}' % id)


class Bus:
    shared: Any = None

    def __init__(self) -> None:
        self.producer = Producer({"log_level": 0})


def as_bytes(value: Any, context: Any) -> bytes:
    return b'{"id": %d}' % value["id"]


@functools.lru_cache
def get_producer() -> Producer:
    return Producer({"log_level": 0})


def by_produce(there: Any) -> None:
    there.produce("orders.v1", BODY)


def by_values(there: Any) -> None:
    there.produce("orders.v1", value={"id": 42})


PLACES: dict[str, tuple[Callable[[], Any], Callable[[Any], object], str]] = {
    "a producer": (lambda: Producer({"log_level": 0}), by_produce, "app_bus:it"),
    "none yet": (lambda: None, by_produce, "app_bus:it"),
    "the class": (lambda: Producer, lambda it: by_produce(it({"bootstrap.servers": "nowhere:1"})), "app_bus:it"),
    "a class of its own": (lambda: OrdersProducer, lambda it: it("orders.v1").place(42), "app_bus:it"),
    "one of its own": (lambda: OrdersProducer("orders.v1"), lambda it: it.place(42), "app_bus:it"),
    "a serializing one": (
        lambda: SerializingProducer({"log_level": 0, "value.serializer": as_bytes}),
        by_values,
        "app_bus:it",
    ),
    "a function": (lambda: lambda: Producer({"log_level": 0}), lambda it: by_produce(it()), "app_bus:it"),
    "a function that keeps it": (lambda: get_producer, lambda it: by_produce(it()), "app_bus:it"),
    "an attribute": (Bus, lambda it: by_produce(it.producer), "app_bus:it.producer"),
    "an attribute of the class": (Bus, lambda it: by_produce(it.shared), "app_bus:it.shared"),
    "one that is captured otherwise": (kafka.CapturingProducer, by_produce, "app_bus:it"),
}


@pytest.mark.parametrize(("there", "publish", "place"), PLACES.values(), ids=PLACES)
def test_a_place(
    bus: Any, orders: msgpact.Provider, there: Callable[[], Any], publish: Callable[[Any], object], place: str
) -> None:
    bus.it = before = there()
    held = dict(vars(before)) if isinstance(before, Bus) else {}
    orders.produces("an order was placed", capture=kafka.at(place))(lambda: publish(bus.it))

    result = verified(orders)

    assert result.outcome is Outcome.PASSED, result.text
    assert bus.it is before
    assert not isinstance(before, Bus) or vars(before) == held


async def asynchronously(there: Any) -> None:
    async with there as producer:
        sent = await producer.produce("orders.v1", BODY)
        assert (await sent).value() == BODY
        await producer.flush()


async def asynchronous_values(there: Any) -> None:
    await there.produce("orders.v1", value={"id": 42})


async def in_a_transaction(there: Any) -> None:
    await there.init_transactions()
    await there.begin_transaction()
    await there.produce("orders.v1", BODY)
    await there.commit_transaction()
    await there.begin_transaction()
    await there.produce("elsewhere", BODY)
    await there.abort_transaction()


@pytest.mark.parametrize("publish", [asynchronously, in_a_transaction], ids=lambda each: each.__name__)
def test_a_place_with_an_asynchronous_producer(bus: Any, orders: msgpact.Provider, publish: Any) -> None:
    async def verify() -> InteractionResult:
        bus.it = there = AIOProducer({"log_level": 0})

        @orders.produces("an order was placed", capture=kafka.at("app_bus:it"))
        async def placed() -> None:
            await publish(bus.it)

        (result,) = (await msgpact.averify(orders, pact(message(metadata=TOPIC)))).results
        assert bus.it is there
        await there.close()
        return result

    assert asyncio.run(verify()).outcome is Outcome.PASSED


def test_a_place_with_an_asynchronous_class(bus: Any, orders: msgpact.Provider) -> None:
    bus.it, bus.serializing = AIOProducer, AsyncSerializingProducer

    @orders.produces("an order was placed", capture=kafka.at("app_bus:it"))
    async def placed() -> None:
        await asynchronously(bus.it({"bootstrap.servers": "nowhere:1"}))

    @orders.produces("an order was returned", capture=kafka.at("app_bus:serializing"))
    async def returned() -> None:
        await asynchronous_values(await bus.serializing({"value.serializer": as_bytes}))

    assert verified(orders).outcome is Outcome.PASSED
    assert verified(orders, message("an order was returned", metadata=TOPIC)).outcome is Outcome.PASSED


def test_a_place_with_an_asynchronous_serializing_producer(bus: Any, orders: msgpact.Provider) -> None:
    async def verify() -> InteractionResult:
        bus.it = there = await AsyncSerializingProducer({"log_level": 0, "value.serializer": as_bytes})

        @orders.produces("an order was placed", capture=kafka.at("app_bus:it"))
        async def placed() -> None:
            await asynchronous_values(bus.it)

        (result,) = (await msgpact.averify(orders, pact(message(metadata=TOPIC)))).results
        await there.close()
        return result

    result = asyncio.run(verify())

    assert result.outcome is Outcome.PASSED, result.text


def test_several_places(bus: Any, orders: msgpact.Provider) -> None:
    bus.also = bus.producer
    orders.produces("an order was placed", capture=kafka.at("app_bus:producer", "app_bus:also"))(
        lambda: by_produce(bus.also)
    )

    assert verified(orders).outcome is Outcome.PASSED


def test_everywhere(bus: Any, orders: msgpact.Provider) -> None:
    bus.Producer = Producer
    there = bus.producer
    for description, publish in {
        "its producer": lambda: by_produce(bus.producer),
        "its class": lambda: by_produce(bus.Producer({"log_level": 0})),
    }.items():
        orders.produces(description, capture=kafka.capture())(publish)

    assert [verified(orders, message(each, metadata=TOPIC)).outcome.value for each in orders.producers] == [
        "passed"
    ] * 2
    assert (bus.producer, bus.Producer) == (there, Producer)


class Slotted:
    __slots__ = ("producer",)


def test_a_place_in_slots(bus: Any, orders: msgpact.Provider) -> None:
    bus.it = Slotted()
    bus.it.producer = there = Producer({"log_level": 0})
    orders.produces("an order was placed", capture=kafka.at("app_bus:it.producer"))(lambda: by_produce(bus.it.producer))

    assert verified(orders).outcome is Outcome.PASSED
    assert bus.it.producer is there


WRONG_PLACES = {
    "no text": (3, DeclarationError, "Cannot capture at 3: it is not of the form MODULE:NAME"),
    "no name": ("app_bus", DeclarationError, "it is not of the form MODULE:NAME"),
    "no module": ("app_buss:producer", ModuleNotLoadable, "there is no module 'app_buss'"),
    "no such name": ("app_bus:prod", DeclarationError, "the module app_bus has no 'prod'"),
    "an object that has one": (
        "app_bus:bus",
        DeclarationError,
        "no Kafka producer. .* holds it, 'app_bus:bus.producer'",
    ),
    "something else": ("app_bus:text", DeclarationError, "there is 'text', no Kafka producer"),
    "a read-only one": ("app_bus:fixed.producer", DeclarationError, "does not let it be set"),
}


@pytest.mark.parametrize(("place", "kind", "words"), WRONG_PLACES.values(), ids=WRONG_PLACES)
def test_what_is_no_place(bus: Any, orders: msgpact.Provider, place: Any, kind: type[Exception], words: str) -> None:
    class Fixed:
        producer = property(lambda self: None)

    bus.bus, bus.text, bus.fixed = Bus(), "text", Fixed()

    def verify() -> None:
        orders.produces("an order was placed", capture=kafka.at(place))(lambda: None)
        result = verified(orders)
        assert result.outcome is Outcome.MISUSED
        raise kind(result.text)

    with pytest.raises(kind, match=words):
        verify()


def test_no_place() -> None:
    with pytest.raises(DeclarationError, match="Cannot capture at no place"):
        kafka.at()


# -- put back --------------------------------------------------------------------------------------------------------


def test_it_is_put_back_when_the_function_raises(bus: Any, orders: msgpact.Provider) -> None:
    there = bus.producer

    @orders.produces("an order was placed", capture=kafka.at("app_bus:producer"))
    def placed() -> None:
        by_produce(bus.producer)
        raise OSError("disk full")

    result = verified(orders)

    assert result.outcome is Outcome.RAISED
    assert "raised OSError: disk full" in result.text
    assert bus.producer is there


def test_what_the_application_puts_there_itself_stays(bus: Any, orders: msgpact.Provider) -> None:
    new = Producer({"log_level": 0})

    @orders.produces("an order was placed", capture=kafka.at("app_bus:producer"))
    def placed() -> None:
        by_produce(bus.producer)
        bus.producer = new

    assert verified(orders).outcome is Outcome.PASSED
    assert bus.producer is new


def test_a_producer_that_is_made_while_setting_up(bus: Any, orders: msgpact.Provider) -> None:
    del bus.producer

    @orders.around
    def started() -> Any:
        bus.producer = Producer({"log_level": 0})
        yield
        del bus.producer

    @orders.produces("an order was placed", capture=kafka.at("app_bus:producer"))
    def placed() -> None:
        by_produce(bus.producer)

    assert verified(orders).outcome is Outcome.PASSED
    assert not hasattr(bus, "producer")


def test_what_states_and_tear_downs_send_is_neither_sent_nor_judged(bus: Any, orders: msgpact.Provider) -> None:
    @orders.state("an order exists")
    def exists() -> Any:
        by_produce(bus.producer)
        yield
        by_produce(bus.producer)

    @orders.produces("an order was placed", capture=kafka.at("app_bus:producer"))
    def placed() -> None: ...

    result = verified(orders, message(metadata=TOPIC, given=["an order exists"]))

    assert result.outcome is Outcome.BROKEN
    assert "sent nothing that was captured" in result.text
    assert len(bus.producer) == 0


def test_a_verification_within_another(bus: Any, orders: msgpact.Provider) -> None:
    inner = msgpact.Provider("orders")
    capture = kafka.at("app_bus:producer")
    inner.produces("an order was placed", capture=capture)(lambda: by_produce(bus.producer))

    @orders.produces("an order was placed", capture=capture)
    def placed() -> None:
        assert verified(inner).outcome is Outcome.PASSED
        bus.producer.produce("orders.v1", b'{"id": 43}')

    result = verified(orders)

    assert [each.actual for each in result.mismatches] == [43]


@pytest.mark.parametrize(
    "there", [lambda: OrdersProducer("orders.v1"), lambda: OrdersProducer], ids=["one", "its class"]
)
def test_a_verification_within_another_of_the_applications_own_kind(
    bus: Any, orders: msgpact.Provider, there: Callable[[], Any]
) -> None:
    bus.it = there()
    inner = msgpact.Provider("orders")

    def place(id: int) -> None:
        (bus.it("orders.v1") if isinstance(bus.it, type) else bus.it).place(id)

    inner.produces("an order was placed", capture=kafka.at("app_bus:it"))(lambda: place(42))

    @orders.produces("an order was placed", capture=kafka.at("app_bus:it"))
    def placed() -> None:
        assert verified(inner).outcome is Outcome.PASSED
        place(43)

    result = verified(orders)

    assert [each.actual for each in result.mismatches] == [43]


def test_two_at_once_are_refused(bus: Any) -> None:
    together = asyncio.Barrier(2)
    there = bus.producer

    def provider() -> msgpact.Provider:
        orders = msgpact.Provider("orders")

        @orders.produces("an order was placed", capture=kafka.at("app_bus:producer"))
        async def placed() -> None:
            by_produce(bus.producer)
            await together.wait()

        return orders

    async def verify(orders: msgpact.Provider) -> InteractionResult:
        (result,) = (await msgpact.averify(orders, pact(message(metadata=TOPIC)))).results
        if result.outcome is Outcome.MISUSED:
            await together.wait()
        return result

    async def both() -> tuple[InteractionResult, ...]:
        return await asyncio.gather(verify(provider()), verify(provider()))

    results = asyncio.run(both())

    assert [each.outcome for each in results] == [Outcome.PASSED, Outcome.MISUSED]
    assert "are being captured there. Verify one after another" in results[1].text
    assert bus.producer is there


# -- what is handed to a function ------------------------------------------------------------------------------------


def test_a_parameter_that_is_annotated(orders: msgpact.Provider) -> None:
    @orders.produces("an order was placed")
    def placed(producer: kafka.CapturingProducer) -> None:
        by_produce(producer)

    assert verified(orders).outcome is Outcome.PASSED


def test_an_asynchronous_one(orders: msgpact.Provider) -> None:
    @orders.produces("an order was placed")
    async def placed(producer: kafka.CapturingAIOProducer) -> None:
        await producer.produce("orders.v1", BODY)
        assert [each.contents for each in producer.messages] == [BODY]

    assert verified(orders).outcome is Outcome.PASSED


def test_around_hands_it_to_the_application(bus: Any, orders: msgpact.Provider) -> None:
    @orders.around
    def wired(producer: kafka.CapturingProducer) -> Any:
        bus.producer = producer
        yield

    orders.produces("an order was placed")(lambda: by_produce(bus.producer))
    orders.produces("an order was returned")(lambda: {"id": 42})

    assert verified(orders).outcome is Outcome.PASSED
    assert verified(orders, message("an order was returned")).outcome is Outcome.PASSED


def test_one_that_the_test_has(orders: msgpact.Provider) -> None:
    producer = kafka.CapturingProducer()
    producer.produce("orders.v1", b'{"id": 41}')

    @orders.produces("an order was placed")
    def placed(producer: kafka.CapturingProducer) -> None:
        by_produce(producer)

    run = plan(orders, [pact(message(metadata=TOPIC))])
    (case,) = provider_cases(run, explain)
    case.verify(producer=producer)

    assert [each.contents for each in producer.messages] == [b'{"id": 41}', BODY]


def test_one_that_around_gives(orders: msgpact.Provider) -> None:
    @orders.around
    def given() -> Any:
        yield {"producer": kafka.CapturingProducer()}

    @orders.produces("an order was placed")
    def placed(producer: Any) -> None:
        by_produce(producer)

    @orders.produces("an order was returned")
    def returned(producer: Any) -> None: ...

    result = verified(orders, message("an order was returned"))

    assert verified(orders).outcome is Outcome.PASSED
    assert "sent nothing that was captured. Hand the CapturingProducer that it takes to" in result.text


def test_a_client_that_is_kept_sends_nothing_later(orders: msgpact.Provider) -> None:
    kept: list[kafka.CapturingProducer] = []

    @orders.produces("an order was placed")
    def placed(producer: kafka.CapturingProducer) -> None:
        kept.append(producer)
        by_produce(producer)

    assert verified(orders).outcome is Outcome.PASSED
    with pytest.raises(UsageError, match="'an order was placed', which is over"):
        by_produce(kept[0])


def test_what_threads_send(bus: Any, orders: msgpact.Provider) -> None:
    @orders.produces("an order was placed", capture=kafka.at("app_bus:producer"))
    def placed() -> None:
        threads = [threading.Thread(target=by_produce, args=[bus.producer]) for _ in range(8)]
        for each in threads:
            each.start()
        for each in threads:
            each.join()

    assert verified(orders).outcome is Outcome.PASSED


# -- which of several ------------------------------------------------------------------------------------------------


def sends(*sent: tuple[str, bytes | None]) -> Callable[[Any], None]:
    def placed(producer: Any) -> None:
        for topic, value in sent:
            producer.produce(topic, value)

    placed.__annotations__["producer"] = kafka.CapturingProducer
    return placed


VERDICTS: dict[str, tuple[Callable[[Any], None], Outcome, str]] = {
    "one of several": (sends(("audit", b""), ("orders.v1", b'{"id": 1}'), ("orders.v1", BODY)), Outcome.PASSED, ""),
    "none that fits": (
        sends(("audit", b"1"), ("orders.v1", b'{"id": 1}'), ("orders.v1", b"{}")),
        Outcome.BROKEN,
        "Of what was sent, topic 'orders.v1': 9 bytes comes closest. All of it:\n  topic 'audit': 1 bytes\n",
    ),
    "another topic": (
        sends(("orders.v2", BODY), ("orders.v1.dead", None)),
        Outcome.BROKEN,
        "sent nothing to topic 'orders.v1'. What it sent:\n  topic 'orders.v2': 10 bytes\n  topic 'orders.v1.dead': a tombstone",
    ),
    "nothing": (sends(), Outcome.BROKEN, "sent nothing that was captured. Hand the CapturingProducer that it takes to"),
    "a tombstone": (sends(("orders.v1", None)), Outcome.BROKEN, ""),
}


@pytest.mark.parametrize(("produce", "outcome", "text"), VERDICTS.values(), ids=VERDICTS)
def test_which_of_several(orders: msgpact.Provider, produce: Any, outcome: Outcome, text: str) -> None:
    orders.produces("an order was placed")(produce)

    result = verified(orders)

    assert result.outcome is outcome
    assert text in result.text


def test_a_transaction_that_is_not_committed_sends_nothing(orders: msgpact.Provider) -> None:
    @orders.produces("an order was placed")
    def placed(producer: kafka.CapturingProducer) -> None:
        producer.begin_transaction()
        by_produce(producer)

    result = verified(orders)

    assert result.outcome is Outcome.BROKEN
    assert (
        "sent nothing in the end:\n  topic 'orders.v1': 10 bytes (not sent: its transaction was not committed)"
        in result.text
    )


def test_nothing_came_where_another_producer_stands(bus: Any, orders: msgpact.Provider) -> None:
    bus.other = Producer({"log_level": 0})
    orders.produces("an order was placed", capture=kafka.at("app_bus:producer"))(lambda: by_produce(bus.other))

    result = verified(orders)

    assert result.outcome is Outcome.BROKEN
    assert "A CapturingProducer stood at 'app_bus:producer'; producers stand also at 'app_bus:other'" in result.text


@pytest.mark.parametrize("kind", ["at", "capture"])
def test_deployed_names(bus: Any, orders: msgpact.Provider, kind: str) -> None:
    topics = {"orders.v1": "eu.orders.v1"}
    capture: Any = kafka.at("app_bus:producer", topics=topics) if kind == "at" else kafka.capture(topics=topics)
    orders.produces("an order was placed", capture=capture)(
        lambda: bus.producer.produce("eu.orders.v1", BODY, headers={"content-type": "application/json"})
    )

    expected = message(metadata={**TOPIC, "contentType": "application/json"})

    assert verified(orders, expected).outcome is Outcome.PASSED


@pytest.mark.parametrize(
    ("topics", "words"),
    [
        ("eu.orders.v1", "it is no dict of names"),
        ({"a": 1}, "it is no dict of names"),
        ({"a": "c", "b": "c"}, "two names stand for one"),
    ],
    ids=["text", "a number", "two for one"],
)
def test_what_are_no_deployed_names(topics: Any, words: str) -> None:
    with pytest.raises(DeclarationError, match=f"Cannot use topics=.*: {words}"):
        kafka.capture(topics=topics)


def test_what_is_captured_goes_a_way_by_a_real_producer(bus: Any, orders: msgpact.Provider) -> None:
    """As with `--via kafka://…`, whose producer is made when the first message is sent."""
    orders.produces("an order was placed", capture=kafka.capture())(lambda: by_produce(bus.producer))
    used: list[type] = []

    def through(message: Message) -> Message:
        used.append(type(confluent_kafka.Producer({"log_level": 0})))
        return Message(b'{"id": 43}', metadata=message.metadata)

    (result,) = msgpact.verify(orders, pact(message(metadata=TOPIC)), via=through).results

    assert used == [Producer]
    assert [each.actual for each in result.mismatches] == [43]


def test_a_function_for_several_messages(bus: Any, orders: msgpact.Provider) -> None:
    capture = kafka.at("app_bus:producer")

    @orders.produces("an order was placed", capture=capture)
    @orders.produces("an audit was written", capture=capture)
    def placed() -> None:
        by_produce(bus.producer)
        bus.producer.produce("audit", b'{"what": "placed"}')

    audited = message("an audit was written", {"what": "placed"}, metadata={"topic": "audit"})

    assert [verified(orders, each).outcome for each in (message(metadata=TOPIC), audited)] == [Outcome.PASSED] * 2


def test_what_a_real_producer_has_to_tell_of_its_broker_is_no_message(bus: Any, orders: msgpact.Provider) -> None:
    bus.other = Producer({"bootstrap.servers": "127.0.0.1:1", "log_level": 0})

    @orders.produces("an order was placed", capture=kafka.at("app_bus:producer"))
    def placed() -> None:
        by_produce(bus.producer)
        known = len(bus.other)
        for _ in range(3000):
            if len(bus.other) > known:
                return
            threading.Event().wait(0.01)
        raise AssertionError("it has nothing to tell")

    assert verified(orders).outcome is Outcome.PASSED


def test_what_reached_a_real_producer_besides_fails_the_case(bus: Any, orders: msgpact.Provider) -> None:
    bus.other = Producer({"log_level": 0})

    @orders.produces("an order was placed", capture=kafka.at("app_bus:producer"))
    def placed() -> None:
        by_produce(bus.producer)
        by_produce(bus.other)

    result = verified(orders)

    assert result.outcome is Outcome.BROKEN
    assert (
        "reached a client that does not capture: the producer at 'app_bus:other' holds 1 more messages than before"
        in result.text
    )


# -- content types ---------------------------------------------------------------------------------------------------

TYPES: dict[str, tuple[dict[str, Any], dict[str, str] | None, bool]] = {
    "as it is sent": ({}, {"Content-Type": "application/json"}, True),
    "another than is sent": ({"content_type": "application/json"}, {"content-type": "text/plain"}, False),
    "as it is registered": ({"content_type": "application/json"}, None, True),
    "another than is registered": ({"content_type": "text/plain"}, None, False),
    "nobody says": ({}, None, True),
}


@pytest.mark.parametrize(("registered", "headers", "passes"), TYPES.values(), ids=TYPES)
def test_the_content_type(orders: msgpact.Provider, registered: Any, headers: Any, passes: bool) -> None:
    @orders.produces("an order was placed", **registered)
    def placed(producer: kafka.CapturingProducer) -> None:
        producer.produce("orders.v1", BODY, headers=headers)

    result = verified(orders, message(metadata={**TOPIC, "contentType": "application/json"}))

    assert (result.outcome is Outcome.PASSED) is passes


# -- contents with a schema ------------------------------------------------------------------------------------------

SCHEMA = {"type": "record", "name": "Order", "fields": [{"name": "id", "type": "long"}]}
NEWER = {**SCHEMA, "fields": [*SCHEMA["fields"], {"name": "note", "type": "string", "default": ""}]}


@pytest.mark.parametrize("header", [False, True], ids=["in front", "in a header"])
def test_framed_contents_are_read_as_they_are_sent(
    bus: Any, orders: msgpact.Provider, tmp_path: Path, header: bool
) -> None:
    """By Confluent's own serializer, against a registry: they are bytes already and are not serialized again."""
    shop = msgpact.Consumer("shop", provider="orders")
    expects = shop.expects(
        "an order was placed",
        contents={"id": match.integer(42)},
        serializer=Avro(SCHEMA, framing=Confluent(header=header)),
        metadata=TOPIC,
    )
    expects(lambda order: None)
    assert msgpact.record(shop, tmp_path).ok
    with EmbeddedRegistry() as registry, SchemaRegistryClient({"url": registry.url}) as client:
        conf = {"schema.id.serializer": header_schema_id_serializer} if header else {}
        serialize = AvroSerializer(client, json.dumps(NEWER), conf=conf)
        bus.it = SerializingProducer({"log_level": 0, "value.serializer": serialize})
        framing = Confluent(ConfluentRegistry(registry.url), header=header)

        @orders.produces("an order was placed", capture=kafka.at("app_bus:it"), serializer=Avro(NEWER, framing=framing))
        def placed() -> None:
            bus.it.produce("orders.v1", value={"id": 7, "note": "new"}, headers=[])

        (result,) = msgpact.verify(orders, tmp_path).results

    assert (result.outcome, result.text) == (Outcome.PASSED, "")


# -- what cannot be said ---------------------------------------------------------------------------------------------


def test_metadata_beside_a_capture(orders: msgpact.Provider) -> None:
    with pytest.raises(DeclarationError, match="what is captured is all that is sent"):
        orders.produces("an order was placed", metadata=TOPIC, capture=kafka.at("app_bus:producer"))


@pytest.mark.parametrize(
    "capture", ["app_bus:producer", kafka.CapturingProducer, [3]], ids=["text", "a class", "a list"]
)
def test_what_is_no_capture(orders: msgpact.Provider, capture: Any) -> None:
    with pytest.raises(DeclarationError, match=r"Cannot use capture=.* for 'an order was placed': it captures nothing"):
        orders.produces("an order was placed", capture=capture)


@pytest.mark.parametrize("returned", [Outgoing({"id": 42}), msgpact.Message(BODY)], ids=["Outgoing", "Message"])
def test_a_message_that_is_returned_and_captured(orders: msgpact.Provider, returned: object) -> None:
    @orders.produces("an order was placed")
    def placed(producer: kafka.CapturingProducer) -> object:
        by_produce(producer)
        return returned

    result = verified(orders)

    assert result.outcome is Outcome.MISUSED
    assert "it returned a message, and captures what is sent" in result.text


def test_capturing_needs_nothing_until_it_is_asked_for() -> None:
    with pytest.raises(AttributeError, match="has no attribute 'captures'"):
        kafka.captures  # type: ignore[attr-defined]  # there is none
