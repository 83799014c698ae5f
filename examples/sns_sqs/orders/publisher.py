"""What the order service publishes to SNS."""

import functools
import os
from typing import Any
from uuid import uuid4

import boto3
from pydantic import BaseModel

from orders.models import Order, OrderPlaced, OrderWithdrawn


@functools.cache
def sns() -> Any:
    return boto3.client("sns", region_name=os.environ.get("AWS_DEFAULT_REGION", "us-east-1"))


def topic_arn() -> str:
    return os.environ.get("ORDERS_TOPIC_ARN", "arn:aws:sns:us-east-1:123456789012:orders")


def tell_placed(order: Order) -> None:
    publish("order-placed", OrderPlaced(id=order.id, total=order.total, lines=order.lines))


def tell_withdrawn(order_id: int) -> None:
    publish("order-withdrawn", OrderWithdrawn(id=order_id))


def publish(event: str, contents: BaseModel) -> None:
    said = {"event": event, "event-id": str(uuid4()), "content-type": "application/json"}
    sns().publish(
        TopicArn=topic_arn(),
        Message=contents.model_dump_json(),
        MessageAttributes={name: {"DataType": "String", "StringValue": value} for name, value in said.items()},
    )
