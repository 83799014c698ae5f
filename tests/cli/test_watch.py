"""`msgpact watch`: what it says of the messages of a real topic, and that nobody notices it."""

import json
import uuid
from pathlib import Path

import pytest
from command_line import Done, Run
from confluent_kafka import Producer
from confluent_kafka.admin import AdminClient
from kafka_servers import Kafka, RunningKafka, free_port
from pacts import message, pact_file

from msgpact.adapters.embedded_kafka import EmbeddedKafka

NOWHERE = f"kafka://127.0.0.1:{free_port()}"


def produce(kafka: Kafka, topic: str, *documents: object) -> None:
    producer = Producer({"bootstrap.servers": kafka.bootstrap, "log_level": 0})
    for each in documents:
        producer.produce(topic, json.dumps(each).encode(), headers={"content-type": b"application/json"})
    producer.flush()


GOOD = {"id": 42, "total": 9.5}


@pytest.fixture
def watched(project: Path, embedded_kafka: EmbeddedKafka) -> str:
    """A topic with a contract about it."""
    topic = f"watched-{uuid.uuid4()}"
    embedded_kafka.create_topic(topic, partitions=2)
    pact_file(project / "pacts", message("an order was placed", GOOD, metadata={"topic": topic}))
    return topic


def watch(run: Run, kafka: Kafka, messages: int, *more: str) -> Done:
    return run("watch", "--from", f"kafka://{kafka.bootstrap}", "--messages", str(messages), *more)


def test_without_drift(run: Run, watched: str, embedded_kafka: EmbeddedKafka) -> None:
    produce(embedded_kafka, watched, {"id": 1, "total": 2}, GOOD)

    done = watch(run, embedded_kafka, 2)

    assert done == Done(
        0,
        "✓ fulfilment: an order was placed: 2 of 2 messages fit\n2 messages seen, 1 of 1 expectations met with some\n",
        "",
    )


DRIFTED = [{"id": "x-1", "total": 1, "currency": "EUR"}, {"id": "x-2", "total": 1}, GOOD]


def test_with_drift(run: Run, watched: str, embedded_kafka: EmbeddedKafka) -> None:
    produce(embedded_kafka, watched, *DRIFTED)

    done = watch(run, embedded_kafka, 3)

    assert done.code == 1
    lines = done.out.splitlines()
    assert lines[0] == "✗ fulfilment: an order was placed: 1 of 3 messages fit"
    assert lines[1].startswith("    contents $.id: expected ")
    assert lines[1].endswith("(a string) (in 2 messages)")
    assert lines[2:] == [
        f"+ {watched}: fields that no contract names",
        "    $.currency: a string, in 1 of 3 (33 %)",
        "3 messages seen, 1 of 1 expectations met with some, 1 broken",
    ]


def test_values_are_not_shown_where_they_must_not_be(run: Run, watched: str, embedded_kafka: EmbeddedKafka) -> None:
    produce(embedded_kafka, watched, *DRIFTED)

    done = watch(run, embedded_kafka, 3, "--no-values")

    assert "got a string (in 2 messages)" in done.out
    assert "x-" not in done.out


def test_for_programs(run: Run, watched: str, embedded_kafka: EmbeddedKafka) -> None:
    produce(embedded_kafka, watched, *DRIFTED)

    done = watch(run, embedded_kafka, 3, "--format", "json")

    report = json.loads(done.out)
    (interaction,) = report["interactions"]
    assert (done.code, report["exitCode"], report["format"], report["version"]) == (1, 1, "msgpact-watch", 1)
    assert (interaction["seen"], interaction["fit"], interaction["breaks"][0]["times"]) == (3, 1, 2)
    assert report["newFields"][0]["fields"][0]["path"] == "$.currency"


def test_a_topic_by_another_name(run: Run, watched: str, embedded_kafka: EmbeddedKafka) -> None:
    """The contract's name is one thing, the deployed one another."""
    other = f"deployed-{uuid.uuid4()}"
    embedded_kafka.create_topic(other)
    produce(embedded_kafka, other, GOOD)

    done = run("watch", "--from", f"kafka://{embedded_kafka.bootstrap}/{other}", "--messages", "1")

    assert done.code == 0, done


@pytest.mark.parametrize(
    ("documents", "says"),
    [([], "no message was seen. Wait for longer: --seconds."), ([GOOD], "no contract expects any of the 1 messages.")],
    ids=["nothing seen", "nothing for a contract"],
)
def test_nothing_held_against_a_contract_is_not_green(
    run: Run, project: Path, watched: str, embedded_kafka: EmbeddedKafka, documents: list[object], says: str
) -> None:
    other = f"other-{uuid.uuid4()}"
    embedded_kafka.create_topic(other)
    produce(embedded_kafka, other, *documents)
    pact_file(project / "pacts", message("another", metadata={"topic": "another.v1"}), consumer="ledger")

    done = run("watch", "--from", f"kafka://{embedded_kafka.bootstrap}/{other}", "--messages", "1", "--seconds", "0.5")

    assert done.code == 2
    assert says in done.err


@pytest.mark.server
def test_nobody_notices(run: Run, project: Path, real_kafka: RunningKafka) -> None:
    """No group is left behind, and whoever consumes gets what was seen."""
    topic = f"watched-{uuid.uuid4()}"
    real_kafka.create_topic(topic)
    pact_file(project / "pacts", message("an order was placed", GOOD, metadata={"topic": topic}))
    produce(real_kafka, topic, *[GOOD] * 10)

    done = watch(run, real_kafka, 10)

    assert done.code == 0, done
    admin = AdminClient({"bootstrap.servers": real_kafka.bootstrap, "log_level": 0})
    assert "msgpact" not in {each.group_id for each in admin.list_consumer_groups().result(10).valid}


def test_a_topic_that_is_not_there(run: Run, project: Path, real_kafka: RunningKafka) -> None:
    pact_file(project / "pacts", message("an order was placed", GOOD, metadata={"topic": "nobody.made-it"}))

    done = watch(run, real_kafka, 1)

    assert done.code == 2
    assert done.err.startswith("Cannot look at the topic 'nobody.made-it'")


def test_a_broker_that_is_not_there(run: Run, watched: str) -> None:
    done = run("watch", "--from", f"{NOWHERE}?timeout=0.5")

    assert (done.code, done.out) == (4, "")
    assert done.err.startswith(f"Cannot reach Kafka at '{NOWHERE}'")
