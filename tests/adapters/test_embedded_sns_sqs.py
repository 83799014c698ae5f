"""The embedded SNS and SQS: they start, serve any process, end, and forget."""

import subprocess
import sys
import uuid
from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError

from msgpact.adapters.embedded_sns_sqs import EmbeddedSnsSqs
from msgpact.records import sns


def queue_of(server: EmbeddedSnsSqs, topic: str) -> tuple[str, str]:
    """A topic and a queue that has subscribed to it: an ARN, and a URL."""
    client = server.client("sqs")
    url: str = client.create_queue(QueueName=f"queue-{uuid.uuid4()}")["QueueUrl"]
    arn = client.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    topic_arn: str = server.client("sns").create_topic(Name=topic)["TopicArn"]
    server.client("sns").subscribe(TopicArn=topic_arn, Protocol="sqs", Endpoint=arn)
    return topic_arn, url


def received(server: EmbeddedSnsSqs, url: str) -> list[Any]:
    answer = server.client("sqs").receive_message(QueueUrl=url, MessageAttributeNames=["All"], WaitTimeSeconds=1)
    return list(answer.get("Messages", []))


def test_a_topic_brings_messages_to_a_queue() -> None:
    with EmbeddedSnsSqs() as server:
        topic, url = queue_of(server, "orders")
        server.client("sns").publish(TopicArn=topic, Message="{}")

        (record,) = received(server, url)

    message = sns.from_sqs(record, url)
    assert (message.contents, message.metadata["topic"]) == (b"{}", "orders")


def test_another_process_reaches_it() -> None:
    with EmbeddedSnsSqs() as server:
        _, url = queue_of(server, "orders")
        code = f"import boto3; boto3.client('sqs', endpoint_url={server.url!r}, region_name='us-east-1', "
        code += "aws_access_key_id='x', aws_secret_access_key='x').send_message("
        code += f"QueueUrl={url!r}, MessageBody='from afar')"
        subprocess.run([sys.executable, "-c", code], check=True)

        assert [each["Body"] for each in received(server, url)] == ["from afar"]


def test_what_is_closed_answers_no_more_and_what_it_held_is_forgotten() -> None:
    with EmbeddedSnsSqs() as server:
        _, url = queue_of(server, "orders")
        server.close()

        with pytest.raises(EndpointConnectionError):
            received(server, url)

    # In a process of its own: in this one there may be others.
    done = subprocess.run([sys.executable, "-c", FORGOTTEN], capture_output=True, text=True, check=True)
    assert done.stdout == "there was queue, there is []\n"


FORGOTTEN = """
from msgpact.adapters.embedded_sns_sqs import EmbeddedSnsSqs
with EmbeddedSnsSqs() as server:
    url = server.client("sqs").create_queue(QueueName="queue")["QueueUrl"]
with EmbeddedSnsSqs() as server:
    print("there was", url.rpartition("/")[2] + ", there is", server.client("sqs").list_queues().get("QueueUrls", []))
"""


def test_two_of_one_process_have_the_same_queues_until_both_are_closed() -> None:
    with EmbeddedSnsSqs() as one:
        _, url = queue_of(one, "orders")
        with EmbeddedSnsSqs() as two:
            two.client("sqs").send_message(QueueUrl=url, MessageBody="hello")

        assert [each["Body"] for each in received(one, url)] == ["hello"]
