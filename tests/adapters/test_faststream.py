"""FastStream's handlers under a contract: on its brokers in memory, and on Kafka."""

import asyncio
import json
import logging
import uuid
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any

import pika
import pytest
from confluent_kafka import Consumer as KafkaConsumer
from confluent_kafka import Producer
from faststream import AckPolicy, BaseMiddleware, Context
from faststream import confluent as of_confluent
from faststream import kafka as of_aiokafka
from faststream import rabbit as of_rabbit
from kafka_servers import Kafka
from pydantic import BaseModel
from rabbitmq_servers import RunningRabbitMQ

import msgpact
from msgpact import match
from msgpact.adapters.faststream import HEADER, ContractMiddleware
from msgpact.errors import DeclarationError, UsageError

GOOD, BROKEN = b'{"id": 1, "total": 3}', b'{"id": "secret", "total": 3}'
NACK = AckPolicy.NACK_ON_ERROR
UNREADABLE, WRONG = b'{"id": 1, "tot', b'{"id": 1, "total": "much"}'


class Order(BaseModel):
    id: int | str
    total: float


IN_KAFKA, IN_RABBITMQ = {"topic": "orders.v1"}, {"exchange": "default", "routingKey": "orders.v1"}


def contract_of(metadata: dict[str, Any]) -> msgpact.Consumer:
    shop = msgpact.Consumer("shop", provider="orders")

    @shop.expects("an order was placed", contents={"id": 42, "total": match.number(12.5)}, metadata=metadata)
    async def on_order_placed(order: Order) -> None: ...

    return shop


# -- its brokers in memory -------------------------------------------------------------------------------------------


@dataclass
class Service:
    """A service on a broker in memory: what its handlers were given, and where what they return goes."""

    contract: ContractMiddleware
    broker: Any
    in_memory: Any
    handled: list[Any] = field(default_factory=list)
    dead: list[Any] = field(default_factory=list)
    answered: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        subscriber, publisher = self.broker.subscriber, self.broker.publisher
        subscriber("orders.v1")(publisher("answers")(self.on_order))
        subscriber("orders.v1.dead")(self.on_dead)
        subscriber("answers")(self.on_answer)

    async def on_order(self, order: Order) -> str:
        self.handled.append(order.id)
        if order.total < 0:
            raise LookupError("no such total")
        return "done"

    async def on_dead(self, body: Any, message: Annotated[Any, Context()]) -> None:
        self.dead.append(message)

    async def on_answer(self, answer: str) -> None:
        self.answered.append(answer)

    def receives(self, *contents: bytes, **more: Any) -> None:
        async def publish() -> None:
            async with self.in_memory(self.broker):
                for each in contents:
                    await self.broker.publish(each, "orders.v1", **more)

        asyncio.run(publish())


BROKERS: dict[str, tuple[Any, Any, Any]] = {
    "confluent-kafka": ("kafka", of_confluent.KafkaBroker, of_confluent.TestKafkaBroker),
    "aiokafka": ("kafka", of_aiokafka.KafkaBroker, of_aiokafka.TestKafkaBroker),
    "RabbitMQ": ("rabbitmq", of_rabbit.RabbitBroker, of_rabbit.TestRabbitBroker),
}


def service_on(broker: str, **options: Any) -> Service:
    transport, of, in_memory = BROKERS[broker]
    shop = contract_of(IN_KAFKA if transport == "kafka" else {"routingKey": "orders.v1"})
    contract = ContractMiddleware(shop, transport=transport, **options)
    return Service(contract, of(middlewares=[contract], logger=None), in_memory)


@pytest.fixture(params=BROKERS)
def broker(request: pytest.FixtureRequest) -> str:
    return str(request.param)


WHERE = {
    "confluent-kafka": "{topic}.dead",
    "aiokafka": "{topic}.dead",
    "RabbitMQ": "{routingKey}.dead",
}


def test_what_breaks_the_contract_is_handled_counted_and_logged(broker: str, caplog: pytest.LogCaptureFixture) -> None:
    service = service_on(broker)

    service.receives(GOOD, BROKEN, GOOD)

    assert service.handled == [1, "secret", 1]
    assert service.answered == ["done", "done", "done"]
    counts = service.contract.counts
    assert (counts.broken, counts.dead, counts.failures) == (1, 0, 0)
    (record,) = (each for each in caplog.records if each.name == "msgpact.consume")
    assert record.getMessage() == "a message breaks the contract of 'an order was placed': $.id is not a number"
    assert "secret" not in str(vars(record))


def test_where_it_is_enforced_it_is_a_dead_letter(broker: str) -> None:
    service = service_on(broker, mode="enforce", dead_letter=WHERE[broker])

    service.receives(GOOD, BROKEN, WRONG, UNREADABLE, GOOD, headers={"trace": "t-1"})

    assert service.handled == [1, 1]
    assert service.answered == ["done", "done"]
    assert [each.body for each in service.dead] == [BROKEN, WRONG, UNREADABLE]
    assert {each.headers["trace"] for each in service.dead} == {"t-1"}
    reasons = [json.loads(each.headers[HEADER]) for each in service.dead]
    assert [each["kind"] for each in reasons] == ["contract", "contract", "contract"]
    assert [each["path"] for each in reasons] == ["$.id", "$.total", "$"]
    counts = service.contract.counts
    assert (counts.broken, counts.dead) == (3, 3)


def test_what_cannot_be_decoded_is_a_dead_letter_even_where_it_is_only_observed(broker: str) -> None:
    service = service_on(broker, dead_letter=WHERE[broker])

    service.receives(BROKEN, WRONG, UNREADABLE, GOOD)

    assert service.handled == ["secret", 1]
    assert [each.body for each in service.dead] == [WRONG, UNREADABLE]
    assert {json.loads(each.headers[HEADER])["kind"] for each in service.dead} == {"undecodable"}


def test_without_dead_letters_it_is_left_to_faststream(broker: str) -> None:
    service = service_on(broker)

    with pytest.raises(ValueError, match="valid"):
        service.receives(WRONG)

    assert service.handled == []
    assert (service.contract.counts.broken, service.contract.counts.failures) == (1, 1)


def test_a_handler_that_raises_is_counted_and_left_to_faststream(broker: str) -> None:
    service = service_on(broker, mode="enforce", dead_letter=WHERE[broker])

    with pytest.raises(LookupError, match="no such total"):
        service.receives(b'{"id": 2, "total": -1}')

    assert service.dead == []
    assert (service.contract.counts.failures, service.contract.counts.broken) == (1, 0)


def test_a_key_goes_with_a_dead_letter() -> None:
    service = service_on("confluent-kafka", mode="enforce", dead_letter="{topic}.dead")

    service.receives(BROKEN, key=b"\xff1")

    (letter,) = service.dead
    assert letter.raw_message.key() == b"\xff1"


def test_the_properties_go_with_a_dead_letter_but_for_what_ends_it() -> None:
    service = service_on("RabbitMQ", mode="enforce", dead_letter="{routingKey}.dead")

    service.receives(BROKEN, message_id="m-1", content_type="application/json", expiration=60, priority=3)

    (letter,) = service.dead
    raw = letter.raw_message
    assert (raw.message_id, raw.content_type, raw.priority) == ("m-1", "application/json", 3)
    assert raw.expiration is None


@pytest.mark.parametrize(
    ("options", "handled", "dead"),
    [
        pytest.param({}, [1], 0, id="handled"),
        pytest.param({"on_unrouted": "dead_letter", "dead_letter": "orders.v1.dead"}, [], 1, id="kept among the dead"),
    ],
)
def test_what_the_contract_says_nothing_of(options: dict[str, Any], handled: list[int], dead: int) -> None:
    contract = ContractMiddleware(contract_of({"topic": "others.v1"}), **options)
    service = Service(
        contract, of_confluent.KafkaBroker(middlewares=[contract], logger=None), of_confluent.TestKafkaBroker
    )

    service.receives(GOOD)

    assert service.handled == handled
    assert len(service.dead) == contract.counts.dead == dead
    assert contract.counts.unrouted == 2  # as the answer, or the dead letter, is


@pytest.mark.parametrize("broker", ["confluent-kafka", "aiokafka"])
def test_of_a_batch_only_what_is_as_it_should_be_is_handled(broker: str) -> None:
    _, of, in_memory = BROKERS[broker]
    contract = ContractMiddleware(contract_of(IN_KAFKA), mode="enforce", dead_letter="dead")
    service = of(middlewares=[contract], logger=None)
    batches = []

    @service.subscriber("orders.v1", batch=True)  # type: ignore[untyped-decorator]  # of whichever broker it is
    async def on_orders(orders: list[Order]) -> None:
        batches.append([each.id for each in orders])

    async def publish() -> None:
        async with in_memory(service):
            await service.publish_batch(GOOD, BROKEN, GOOD, topic="orders.v1")
            await service.publish_batch(BROKEN, topic="orders.v1")

    asyncio.run(publish())

    assert batches == [[1, 1]]
    assert (contract.counts.handled, contract.counts.dead) == (2, 2)


# -- the same handler in a contract test -----------------------------------------------------------------------------


def test_a_handler_is_tested_by_the_contract_and_called_by_faststream(tmp_path: Path) -> None:
    shop = msgpact.Consumer("shop", provider="orders")
    contract = ContractMiddleware(shop, mode="enforce", dead_letter="dead")
    broker = of_confluent.KafkaBroker(middlewares=[contract], logger=None)
    handled = []

    @broker.subscriber("orders.v1")
    @shop.expects("an order was placed", contents={"id": 42, "total": match.number(12.5)}, metadata=IN_KAFKA)
    async def on_order(order: Order) -> None:
        handled.append(order.id)

    async def publish() -> None:
        async with of_confluent.TestKafkaBroker(broker):
            await broker.publish(GOOD, "orders.v1")

    asyncio.run(publish())
    report = msgpact.record(shop, tmp_path)

    assert report.ok
    assert handled == [1, 42]


def test_the_decorators_in_the_wrong_order_are_refused() -> None:
    shop = msgpact.Consumer("shop", provider="orders")
    broker = of_confluent.KafkaBroker(logger=None)

    @broker.subscriber("orders.v1")
    async def on_order(order: Order) -> None: ...

    with pytest.raises(DeclarationError, match=r"it is what FastStream made .* Write the decorator below FastStream's"):
        shop.expects("an order was placed", contents={"id": 42}, metadata=IN_KAFKA)(on_order)


# -- settings --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "words"),
    [
        pytest.param({"mode": "enforced"}, "Cannot use mode='enforced'", id="mode"),
        pytest.param({"transport": "nats"}, "Cannot use transport='nats'", id="transport"),
        pytest.param({"on_unrouted": "ack"}, "Cannot use on_unrouted='ack'", id="on_unrouted"),
        pytest.param({"mode": "enforce"}, "Cannot say mode='enforce' without dead letters", id="no dead letters"),
        pytest.param(
            {"on_unrouted": "dead_letter"},
            "Cannot say on_unrouted='dead_letter' without dead letters",
            id="none for these",
        ),
    ],
)
def test_what_cannot_be_set(options: dict[str, Any], words: str) -> None:
    with pytest.raises(UsageError, match=words):
        ContractMiddleware(contract_of(IN_KAFKA), **options)


def test_a_contract_that_cannot_be_held_is_refused_at_the_start() -> None:
    contract = ContractMiddleware(msgpact.Consumer("shop", provider="orders"))

    with pytest.raises(DeclarationError, match="no handler expects a message"):
        contract.load()


@pytest.mark.parametrize(
    ("broker", "transport", "words"),
    [
        pytest.param("RabbitMQ", "kafka", r"Say what the broker is: transport='rabbitmq'", id="RabbitMQ"),
        pytest.param("confluent-kafka", "rabbitmq", r"Say what the broker is: transport='kafka'", id="Kafka"),
    ],
)
def test_another_broker_than_it_was_told(broker: str, transport: Any, words: str) -> None:
    _, of, in_memory = BROKERS[broker]
    contract = ContractMiddleware(contract_of(IN_KAFKA if transport == "kafka" else IN_RABBITMQ), transport=transport)
    service = Service(contract, of(middlewares=[contract], logger=None), in_memory)

    with pytest.raises(UsageError, match=words):
        service.receives(GOOD)


# -- Kafka -----------------------------------------------------------------------------------------------------------


def test_on_kafka_a_dead_letter_is_delivered_and_acknowledged(kafka: Kafka) -> None:
    topic = f"fast-{uuid.uuid4()}"
    for each in (topic, f"{topic}.dead"):
        kafka.create_topic(each)
    producer = Producer({"bootstrap.servers": kafka.bootstrap})
    for number, value in enumerate((GOOD, BROKEN, UNREADABLE, GOOD)):
        producer.produce(topic, value, f"key {number}", headers=[("trace", f"t-{number}")])
    producer.flush()
    contract = ContractMiddleware(contract_of({"topic": topic}), mode="enforce", dead_letter="{topic}.dead")
    broker = of_confluent.KafkaBroker(
        kafka.bootstrap,
        middlewares=[contract],
        logger=None,
        allow_auto_create_topics=False,
        config={"session.timeout.ms": 6000, "heartbeat.interval.ms": 300, "fetch.wait.max.ms": 10},  # type: ignore[arg-type]  # what FastStream hands on to the client
    )
    done = subscribed(
        broker.subscriber(topic, group_id=topic, auto_offset_reset="earliest", ack_policy=NACK, polling_interval=0.1)
    )

    asyncio.run(handled_by(broker, done))

    assert done.handled == [1, 1]
    letters = read(kafka, f"{topic}.dead", 2)
    assert [(each.key(), each.value()) for each in letters] == [(b"key 1", BROKEN), (b"key 2", UNREADABLE)]
    headers = [dict(each.headers()) for each in letters]
    assert [each["trace"] for each in headers] == [b"t-1", b"t-2"]
    assert [json.loads(each[HEADER])["offset"] for each in headers] == [1, 2]
    assert (contract.counts.handled, contract.counts.dead) == (2, 2)


@dataclass
class Done:
    """What a handler was given, until there were two of them."""

    handled: list[Any] = field(default_factory=list)
    is_enough: asyncio.Event = field(default_factory=asyncio.Event)


def subscribed(subscriber: Any) -> Done:
    done = Done()

    @subscriber  # type: ignore[untyped-decorator]  # of whichever broker it is
    async def on_order(order: Order) -> None:
        done.handled.append(order.id)
        if len(done.handled) == 2:
            done.is_enough.set()

    return done


async def handled_by(broker: Any, done: Done) -> None:
    async with broker:
        await broker.start()
        async with asyncio.timeout(60):
            await done.is_enough.wait()


def read(kafka: Kafka, topic: str, count: int) -> list[Any]:
    reader = KafkaConsumer(
        {
            "bootstrap.servers": kafka.bootstrap,
            "group.id": "reader",
            "auto.offset.reset": "earliest",
            "fetch.wait.max.ms": 10,
        }
    )
    try:
        reader.subscribe([topic])
        return list(reader.consume(count, 60))
    finally:
        reader.close()


# -- RabbitMQ --------------------------------------------------------------------------------------------------------


@pytest.mark.server
def test_on_rabbitmq_a_dead_letter_is_delivered_and_acknowledged(rabbitmq: RunningRabbitMQ) -> None:
    queue = rabbitmq.create_queue()
    dead = rabbitmq.create_queue(f"{queue}.dead")
    publish(rabbitmq, queue, GOOD, BROKEN, UNREADABLE, GOOD)
    contract = of_queue(queue, "{routingKey}.dead")
    broker = of_rabbit.RabbitBroker(rabbitmq.url, middlewares=[contract], logger=None)
    done = subscribed(broker.subscriber(of_rabbit.RabbitQueue(queue, declare=False), ack_policy=NACK))

    asyncio.run(handled_by(broker, done))

    assert done.handled == [1, 1]
    with rabbitmq.connect() as connection:
        channel = connection.channel()
        letters = [channel.basic_get(dead, auto_ack=True) for _ in range(2)]
        assert channel.queue_declare(queue, passive=True).method.message_count == 0
    assert [body for _, _, body in letters] == [BROKEN, UNREADABLE]
    headers = [properties.headers for _, properties, _ in letters]
    assert [each["trace"] for each in headers] == ["t-1", "t-2"]
    assert json.loads(headers[0][HEADER])["routingKey"] == queue


@pytest.mark.server
def test_where_there_is_no_queue_for_the_dead_nothing_is_acknowledged(rabbitmq: RunningRabbitMQ) -> None:
    queue = rabbitmq.create_queue()
    publish(rabbitmq, queue, BROKEN)
    contract, refused = of_queue(queue, "nowhere"), asyncio.Event()

    class Noting(BaseMiddleware[Any, Any]):
        async def after_processed(self, exc_type: Any = None, exc_val: Any = None, exc_tb: Any = None) -> bool:
            errors.append(exc_val)
            refused.set()
            return False

    errors = list[Any]()
    broker = of_rabbit.RabbitBroker(rabbitmq.url, middlewares=[Noting, contract], logger=None)
    handler = subscribed(broker.subscriber(of_rabbit.RabbitQueue(queue, declare=False), ack_policy=NACK))
    handler.is_enough = refused

    asyncio.run(handled_by(broker, handler))

    assert handler.handled == []
    assert str(errors[0]) == "Cannot deliver a dead letter to 'nowhere': there is no queue of that name. Declare it."
    with rabbitmq.connect() as connection:
        assert connection.channel().basic_get(queue)[2] == BROKEN


def of_queue(queue: str, dead_letter: str) -> ContractMiddleware:
    shop = contract_of({"exchange": "", "routingKey": queue})
    return ContractMiddleware(shop, transport="rabbitmq", mode="enforce", dead_letter=dead_letter)


def publish(rabbitmq: RunningRabbitMQ, queue: str, *bodies: bytes) -> None:
    with rabbitmq.connect() as connection:
        channel = connection.channel()
        for number, body in enumerate(bodies):
            headers = {"trace": f"t-{number}", "CC": []}
            channel.basic_publish("", queue, body, pika.BasicProperties(headers=headers, expiration="600000"))


# -- logs ------------------------------------------------------------------------------------------------------------


def test_payloads_are_logged_where_that_is_asked(caplog: pytest.LogCaptureFixture) -> None:
    service = service_on("confluent-kafka", log_payloads=True)

    with caplog.at_level(logging.WARNING):
        service.receives(BROKEN)

    (record,) = (each for each in caplog.records if each.name == "msgpact.consume")
    assert vars(record)["contents"] == BROKEN.decode()
