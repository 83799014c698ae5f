"""The commands that talk to a broker, over SNS and SQS: what is theirs alone."""

import uuid
from pathlib import Path
from typing import Any

import pytest
from command_line import Run
from pacts import message, pact_file

from msgpact import Message
from msgpact.adapters.embedded_sns_sqs import EmbeddedSnsSqs
from msgpact.adapters.links import Sampling, link_from
from msgpact.cli.links import looked_at

KEYS = "?aws_access_key_id=test&aws_secret_access_key=hidden"

CONTRACT = """
import os
import boto3
import msgpact
from msgpact.adapters import sns_sqs

orders = msgpact.Provider("orders")
client = boto3.client(
    "sqs", endpoint_url=os.environ["SQS"], region_name="us-east-1", aws_access_key_id="a", aws_secret_access_key="b"
)

@orders.produces("returned", metadata={"queue": "orders", "attempt": 3})
def returned():
    return {"id": 42}

def sent():
    client.send_message(
        QueueUrl="http://nowhere/0/orders",
        MessageBody='{"id": 42}',
        MessageAttributes={"attempt": {"DataType": "Number", "StringValue": "3"}},
    )

orders.produces("captured", capture=sns_sqs.capture())(sent)
orders.produces("captured everywhere", capture=sns_sqs.capture(everywhere=True))(sent)
"""


@pytest.fixture
def queue(embedded_sqs: EmbeddedSnsSqs, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("SQS", embedded_sqs.url)
    name = f"queue-{uuid.uuid4()}"
    embedded_sqs.client("sqs").create_queue(QueueName=name)
    return name


def url(server: EmbeddedSnsSqs, queue: str, service: str = "sqs") -> str:
    return f"{server.url.replace('http', f'{service}+http')}/{queue}{KEYS}"


def left(server: EmbeddedSnsSqs, queue: str) -> list[dict[str, Any]]:
    client = server.client("sqs")
    address = client.get_queue_url(QueueName=queue)["QueueUrl"]
    asked = {"MaxNumberOfMessages": 10, "MessageAttributeNames": ["All"], "MessageSystemAttributeNames": ["All"]}
    found: list[dict[str, Any]] = client.receive_message(QueueUrl=address, **asked).get("Messages", [])
    return found


@pytest.mark.parametrize("description", ["returned", "captured", "captured everywhere"])
def test_what_is_sent_is_received(
    run: Run, project: Path, embedded_sqs: EmbeddedSnsSqs, queue: str, description: str
) -> None:
    """Also what was captured, which is really sent then."""
    (project / "orders_contract.py").write_text(CONTRACT)
    pact_file(project / "pacts", message(description, metadata={"queue": "orders", "attempt": 3, "receiveCount": 1}))

    without = run("verify", "orders_contract:orders")
    done = run("verify", "orders_contract:orders", "--via", url(embedded_sqs, queue))

    assert (without.code, done.code) == (1, 0), done.out  # how often it was received only SQS knows
    assert left(embedded_sqs, queue) == []


def test_stub_and_watch(run: Run, project: Path, embedded_sqs: EmbeddedSnsSqs, queue: str) -> None:
    pact_file(project / "pacts", message("an order was placed", metadata={"queue": queue, "attempt": 3}))
    everywhere = url(embedded_sqs, "")

    stubbed = run("stub", "--to", everywhere, "--times", "3")
    watched = run("watch", "--from", everywhere, "--messages", "3")

    assert (stubbed.code, watched.code) == (0, 0), (stubbed.err, watched.err)
    assert watched.out.startswith("✓ fulfilment: an order was placed: 3 of 3 messages fit\n")
    assert watched.err.startswith("To look at a queue raises the receive counts of its messages")
    assert [each["Attributes"]["ApproximateReceiveCount"] for each in left(embedded_sqs, queue)] == ["2", "2", "2"]
    assert "hidden" not in stubbed.out + watched.out + watched.err


def test_over_a_topic(run: Run, project: Path, embedded_sqs: EmbeddedSnsSqs) -> None:
    topic = f"topic-{uuid.uuid4()}"
    arn = embedded_sqs.client("sns").create_topic(Name=topic)["TopicArn"]
    (project / "contract.py").write_text(
        "import msgpact\norders = msgpact.Provider('orders')\n"
        f"@orders.produces('placed', metadata={{'topic': {topic!r}, 'subject': 'placed'}})\ndef placed(): return {{'id': 42}}\n"
    )
    pact_file(project / "pacts", message("placed", metadata={"topic": topic, "subject": "placed"}))

    done = run("verify", "contract:orders", "--via", url(embedded_sqs, "", "sns"))

    assert done.code == 0, done.out
    assert embedded_sqs.client("sqs").list_queues(QueueNamePrefix="msgpact-").get("QueueUrls", []) == []
    assert embedded_sqs.client("sns").list_subscriptions_by_topic(TopicArn=arn)["Subscriptions"] == []


def test_what_a_topic_brings_to_a_queue_is_watched(
    run: Run, project: Path, embedded_sqs: EmbeddedSnsSqs, queue: str
) -> None:
    """The contract states the topic, which is in the envelope; the URL names the queue."""
    topic = f"topic-{uuid.uuid4()}"
    arn = embedded_sqs.client("sns").create_topic(Name=topic)["TopicArn"]
    address = f"arn:aws:sqs:us-east-1:123456789012:{queue}"
    subscription = embedded_sqs.client("sns").subscribe(TopicArn=arn, Protocol="sqs", Endpoint=address)[
        "SubscriptionArn"
    ]
    pact_file(project / "pacts", message("placed", metadata={"topic": topic, "subject": "placed"}))
    embedded_sqs.client("sns").publish(TopicArn=arn, Message='{"id": 1}', Subject="placed")

    done = run("watch", "--from", url(embedded_sqs, queue), "--messages", "1")
    embedded_sqs.client("sns").unsubscribe(SubscriptionArn=subscription)

    assert done.code == 0, done.out
    assert done.out.startswith("✓ fulfilment: placed: 1 of 1 message fit")


def test_who_stops_looking_gives_messages_back(embedded_sqs: EmbeddedSnsSqs, queue: str) -> None:
    link = link_from(url(embedded_sqs, queue))
    link.send(Message(b"{}", content_type="application/json", metadata={"queue": queue}))

    with looked_at(link, Sampling(2, 30)) as messages:
        next(messages)
        hidden = left(embedded_sqs, queue)

    assert (hidden, len(left(embedded_sqs, queue))) == ([], 1)
    link.close()
