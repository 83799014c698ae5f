"""`msgpact draft`: a module from the messages of a real topic or of files."""

import json
import uuid
from pathlib import Path

import pytest
from command_line import Run
from confluent_kafka import Producer
from kafka_servers import free_port

import msgpact
from msgpact.adapters.embedded_kafka import EmbeddedKafka

NOWHERE = f"kafka://127.0.0.1:{free_port()}"


def test_from_a_topic(run: Run, project: Path, embedded_kafka: EmbeddedKafka) -> None:
    topic = f"drafted-{uuid.uuid4()}"
    embedded_kafka.create_topic(topic)
    producer = Producer({"bootstrap.servers": embedded_kafka.bootstrap, "log_level": 0})
    for number in range(6):
        producer.produce(
            topic, json.dumps({"id": number, "customer": f"Ann {number}"}), str(number), headers={"trace": b"1"}
        )
    producer.produce(topic, b"\0\1\2", "6", headers={"content-type": b"avro/binary"})
    producer.flush()
    names = ("--consumer", "shop", "--provider", "orders")

    done = run(
        "draft",
        "--from",
        f"kafka://{embedded_kafka.bootstrap}/{topic}",
        "--messages",
        "7",
        "--out",
        "shop/drafted.py",
        *names,
    )
    recorded = run("record", "shop.drafted:consumer")

    assert done.code == 0, done.err
    assert done.out.splitlines() == [
        f"✓ a message of {topic}: of 6",
        "- left out: 1 of avro/binary that cannot be read without a schema",
        f"{topic}: states no content type, for which a verification asks",
        "shop/drafted.py: 1 expectation, examples are made up; names of kinds, states and topics are real",
    ]
    assert "Ann" not in Path("shop/drafted.py").read_text()
    assert recorded.code == 0, recorded.out
    (interaction,) = msgpact.load("pacts/shop-orders.json")
    came = msgpact.Message(
        b'{"id": 1, "customer": "Bob"}',
        content_type="application/json",
        headers={"trace": "2"},
        metadata={"topic": topic, "key": "9"},
    )
    assert msgpact.check(interaction, came) == ()


LINES = """
{"contents": {"type": "placed", "id": 1, "total": 2}, "metadata": {"topic": "orders.v1"}}
{"contents": {"type": "placed", "id": 2, "total": 3}, "metadata": {"topic": "orders.v1"}}

{"contents": {"type": "gone", "id": 2}, "metadata": {"topic": "orders.v1"}}
{"contents": null, "metadata": {"topic": "orders.v1", "key": "2"}}
{"id": 3}
"""


@pytest.mark.parametrize("where", ["a file", "a folder"])
def test_from_files(run: Run, project: Path, where: str) -> None:
    if where == "a file":
        (project / "messages.jsonl").write_text(LINES)
    else:
        (project / "messages").mkdir()
        (project / "messages" / "README.md").write_text("none of them")
        for number, line in enumerate(LINES.split("\n")):
            if line:
                (project / "messages" / f"{number}.json").write_text(line)

    done = run(
        "draft", "--from", "messages.jsonl" if where == "a file" else "messages", "--out", "drafted.py", "--values"
    )

    assert done.code == 0, done.err
    assert done.out.splitlines() == [
        "✓ orders.v1: placed: of 2",
        "✓ orders.v1: gone: of 1",
        "✓ a tombstone of orders.v1: of 1",
        "✓ a message of no address: of 1",
        "orders.v1: told apart by $.type",
        "drafted.py: 4 expectations, examples are values that were seen",
    ]
    assert run("record", "drafted:consumer").code == 0


def test_files_can_be_watched_too(run: Run, project: Path) -> None:
    (project / "messages.jsonl").write_text(LINES)
    run("draft", "--from", "messages.jsonl", "--out", "drafted.py")
    run("record", "drafted:consumer")

    done = run("watch", "--from", "messages.jsonl", "--discriminator", "$.type")

    assert done.code == 0, done.out


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (["--from", "empty", "--out", "d.py"], 2, "Cannot draft a contract from the messages: there is none."),
        (["--from", "nowhere", "--out", "d.py"], 2, "Cannot reach a broker: its address is no URL."),
        (["--from", "broken.jsonl", "--out", "d.py"], 2, "Cannot read a message from broken.jsonl, line 2: "),
        (["--from", "wrong.json", "--out", "d.py"], 2, "Cannot read a message from wrong.json: its metadata are 1."),
        (["--from", "text.txt", "--out", "d.py"], 2, "Cannot read messages from 'text.txt': it is none of .json, "),
        (["--from", "empty", "--out", "d.txt"], 2, "Cannot write the draft 'd.txt': it is no Python module."),
        (["--from", "empty", "--out", "there.py"], 2, "Cannot write the draft 'there.py': there is such a file."),
        (["--from", f"{NOWHERE}/a?timeout=0.5", "--out", "d.py"], 4, f"Cannot reach Kafka at '{NOWHERE}/a'"),
        (["--from", f"{NOWHERE}?timeout=0", "--out", "d.py"], 2, "Cannot use timeout='0'"),
    ],
    ids=lambda each: str(each[1] if isinstance(each, list) else each).replace(NOWHERE, "kafka://nowhere"),
)
def test_what_cannot_be_drafted(run: Run, project: Path, arguments: list[str], code: int, says: str) -> None:
    (project / "empty").mkdir()
    (project / "there.py").touch()
    (project / "text.txt").touch()
    (project / "broken.jsonl").write_text("{}\n{\n")
    (project / "wrong.json").write_text('{"contents": 1, "metadata": 1}')

    done = run("draft", *arguments)

    assert (done.code, done.out) == (code, "")
    assert done.err.startswith(says)
    assert not (project / "d.py").exists()


def test_a_topic_must_be_named(run: Run, project: Path, embedded_kafka: EmbeddedKafka) -> None:
    done = run("draft", "--from", f"kafka://{embedded_kafka.bootstrap}", "--out", "d.py")

    assert done.code == 2
    assert "it names no topic" in done.err
