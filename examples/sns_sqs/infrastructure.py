"""The topic, the queue that has subscribed to it, and the queue of the dead letters. `python -m infrastructure` makes them.

In life this is Terraform's or CloudFormation's.
"""

import json
from dataclasses import dataclass
from typing import Any

import boto3


@dataclass(frozen=True)
class Deployed:
    """Where everything is; `environment` is how the services are told."""

    topic_arn: str
    queue_url: str
    dead_letter_url: str

    @property
    def environment(self) -> dict[str, str]:
        return {
            "ORDERS_TOPIC_ARN": self.topic_arn,
            "FULFILMENT_QUEUE_URL": self.queue_url,
            "FULFILMENT_DEAD_LETTER_URL": self.dead_letter_url,
        }


def deploy(stage: str) -> Deployed:
    """Make what is not there yet."""
    sns, sqs = boto3.client("sns"), boto3.client("sqs")
    topic: str = sns.create_topic(Name=f"{stage}-orders")["TopicArn"]
    queue, dead = (sqs.create_queue(QueueName=f"{stage}-fulfilment{end}")["QueueUrl"] for end in ("", "-dead"))
    arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    sqs.set_queue_attributes(QueueUrl=queue, Attributes={"Policy": json.dumps(allowed(topic, arn))})
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)
    return Deployed(topic, queue, dead)


def allowed(topic: str, queue: str) -> dict[str, Any]:
    """The policy that lets the topic send to the queue."""
    return {
        "Version": "2012-10-17",
        "Statement": {
            "Effect": "Allow",
            "Principal": {"Service": "sns.amazonaws.com"},
            "Action": "sqs:SendMessage",
            "Resource": queue,
            "Condition": {"ArnEquals": {"aws:SourceArn": topic}},
        },
    }


if __name__ == "__main__":
    for name, value in deploy("dev").environment.items():
        print(f"export {name}={value}")
