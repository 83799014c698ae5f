"""`msgpact stub`: the messages of contracts on a real topic, as their contracts state them."""

import json
import re
import uuid
from pathlib import Path
from typing import Any

import pytest
from command_line import Run
from confluent_kafka import Consumer, TopicPartition
from kafka_servers import Kafka, free_port
from pacts import HTTP, Raw, message, pact_file

import msgpact
from msgpact import match
from msgpact.adapters.embedded_kafka import EmbeddedKafka
from msgpact.records.kafka import from_record
from msgpact.registries.embedded import EmbeddedRegistry
from msgpact.serializers.avro import Avro
from msgpact.serializers.framing import Confluent, RegisteredSchema

NOWHERE = f"kafka://127.0.0.1:{free_port()}"


def records(kafka: Kafka, topic: str, most: int, partition: int = 0) -> list[Any]:
    """What a topic holds, by a consumer of its own."""
    consumer = Consumer({"bootstrap.servers": kafka.bootstrap, "group.id": "test", "log_level": 0})
    consumer.assign([TopicPartition(topic, partition, 0)])
    found: list[Any] = []
    while len(found) < most:
        found += consumer.consume(most - len(found), 10)
    consumer.close()
    return found


def placed(topic: str, **more: Any) -> Raw:
    metadata = {"topic": topic, "key": "42", "event-type": "placed"}
    return message("an order was placed", {"id": 42, "total": 9.5}, metadata=metadata, **more)


def test_what_a_contract_states_is_published(run: Run, project: Path, kafka: Kafka, topic: str) -> None:
    pact_file(project / "pacts", placed(topic))

    done = run("stub", "--to", f"kafka://{kafka.bootstrap}")

    assert done.code == 0, done.err
    assert re.fullmatch(
        rf"✓ fulfilment: an order was placed → {topic}\[0\] at 0\n1 published to kafka://{kafka.bootstrap} \(seed \d+\)\n",
        done.out,
    )
    (record,) = records(kafka, topic, 1)
    assert (record.key(), record.value()) == (b"42", b'{"id":42,"total":9.5}')
    assert dict(record.headers()) == {"event-type": b"placed", "content-type": b"application/json"}
    assert msgpact.check(msgpact.load("pacts/fulfilment-orders.json")["an order was placed"], from_record(record)) == ()


GENERATED: Raw = {"body": {"$.id": {"type": "RandomInt", "min": 1, "max": 10**9}}}


def test_generated_values_are_others_each_time_and_the_same_for_a_seed(
    run: Run, project: Path, embedded_kafka: EmbeddedKafka
) -> None:
    topic = f"stub-{uuid.uuid4()}"
    embedded_kafka.create_topic(topic)
    pact_file(project / "pacts", placed(topic, rules={"$.id": {"match": "integer"}}, generators=GENERATED))
    once = ("stub", "--to", f"kafka://{embedded_kafka.bootstrap}", "--times", "2", "--rate", "1000", "--seed")

    for seed in ("1", "1", "2"):
        assert run(*once, seed).code == 0

    first, second, again, again2, other, _ = (each.value() for each in records(embedded_kafka, topic, 6))
    assert (first, second) == (again, again2)
    assert len({first, second, other}) == 3


@pytest.mark.parametrize(
    ("path", "template"), [("{}", "{}"), ("{{topic}}.e2e", "{}.e2e")], ids=["literally", "by the contract's"]
)
def test_the_url_says_where(run: Run, project: Path, embedded_kafka: EmbeddedKafka, path: str, template: str) -> None:
    topic = f"stub-{uuid.uuid4()}"
    embedded_kafka.create_topic(template.format(topic))
    pact_file(project / "pacts", placed("orders.v1" if path == "{}" else topic))

    done = run("stub", "--to", f"kafka://{embedded_kafka.bootstrap}/{path.format(topic)}")

    assert done.code == 0, done.err
    assert [each.key() for each in records(embedded_kafka, template.format(topic), 1)] == [b"42"]


def test_only_what_is_chosen(run: Run, project: Path, embedded_kafka: EmbeddedKafka) -> None:
    topic = f"stub-{uuid.uuid4()}"
    embedded_kafka.create_topic(topic)
    pact_file(project / "pacts", placed(topic), message("another", metadata={"topic": topic}), HTTP)
    pact_file(project / "pacts", message("a third", metadata={"topic": topic}), consumer="ledger")

    done = run(
        "stub", "--to", f"kafka://{embedded_kafka.bootstrap}", "--consumer", "fulfilment", "--description", "an*r"
    )

    assert [line.split(" → ")[0] for line in done.out.splitlines()][:-1] == ["✓ fulfilment: another"]


def test_a_message_goes_out_in_its_frame(run: Run, project: Path, embedded_kafka: EmbeddedKafka) -> None:
    topic = f"stub-{uuid.uuid4()}"
    embedded_kafka.create_topic(topic)
    schema = {"type": "record", "name": "Placed", "fields": [{"name": "id", "type": "long"}]}
    shop = msgpact.Consumer("shop", provider="orders")

    @shop.expects(
        "an order was placed",
        contents={"id": match.integer(42)},
        metadata={"topic": topic},
        serializer=Avro(schema, framing=Confluent()),
    )
    def on_placed(_: dict[str, object]) -> None: ...

    assert msgpact.record(shop, "pacts").ok
    to = ("stub", "--to", f"kafka://{embedded_kafka.bootstrap}")
    with EmbeddedRegistry() as registry:
        without, unknown = run(*to), run(*to, "--registry", registry.url)
        schema_id = registry.register(f"{topic}-value", RegisteredSchema("AVRO", json.dumps(schema), {}))
        done = run(*to, "--registry", registry.url)

    assert (without.code, unknown.code) == (2, 2)
    assert "no schema registry is named" in without.err
    assert f"not registered for the subject '{topic}-value'" in unknown.err
    assert done.code == 0, done.err
    assert [each.value() for each in records(embedded_kafka, topic, 1)] == [
        b"\0" + schema_id.to_bytes(4, "big") + b"\x54"
    ]


# -- what is refused -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("interactions", "arguments", "says"),
    [
        ([], [], "Cannot publish: the pacts hold no one-way message. Name others."),
        ([HTTP], [], "Cannot publish: the pacts hold no one-way message."),
        (
            [message()],
            ["--description", "unheard of"],
            "Cannot publish: nothing is selected by description 'unheard of'.",
        ),
        ([message()], ["--pacts", "empty"], "Cannot publish by 'empty': the folder holds no pact"),
        ([message()], ["--times", "0"], "Cannot publish 0 times"),
        ([message()], ["--rate", "-1"], "Cannot publish 1 times at a rate of -1.0"),
        (
            [message(rules={"$.id": {"match": "integer"}}, generators={"body": {"$.id": {"type": "RandomString"}}})],
            [],
            "Cannot make an example of 'an order was placed': what its generators make does not meet its rules (contents $.id:",
        ),
    ],
    ids=[
        "no interaction",
        "HTTP only",
        "none so described",
        "an empty folder",
        "no times",
        "no rate",
        "a broken generator",
    ],
)
def test_nothing_published(run: Run, project: Path, interactions: list[Raw], arguments: list[str], says: str) -> None:
    (project / "empty").mkdir()
    pact_file(project / "pacts", *interactions)

    done = run("stub", "--to", NOWHERE, *arguments)

    assert (done.code, done.out) == (2, "")
    assert done.err.startswith(says)


def test_a_message_without_an_address(run: Run, project: Path, embedded_kafka: EmbeddedKafka) -> None:
    pact_file(project / "pacts", message())

    done = run("stub", "--to", f"kafka://{embedded_kafka.bootstrap}")

    assert done.code == 2
    assert "it states no topic" in done.err


def test_a_broker_that_is_not_there(run: Run, project: Path) -> None:
    pact_file(project / "pacts", placed("orders.v1"))

    done = run("stub", "--to", NOWHERE.replace("//", "//me:hidden@") + "?security.protocol=PLAINTEXT&timeout=0.5")

    assert (done.code, done.out) == (4, "")
    assert done.err.startswith(f"Cannot reach Kafka at '{NOWHERE}': ")
    assert "hidden" not in done.err


@pytest.mark.server
def test_a_topic_that_cannot_be(run: Run, project: Path, real_kafka: Kafka) -> None:
    pact_file(project / "pacts", placed("orders v1"))

    done = run("stub", "--to", f"kafka://{real_kafka.bootstrap}?timeout=3")

    assert done.code == 2
    assert done.err.startswith("Cannot publish on the topic 'orders v1'")
