"""Both services, with SNS and SQS between them: what is published is handled, and what cannot be is a dead letter."""

import json
import threading
from typing import Any

import boto3
from fulfilment.service import run
from fulfilment.warehouse import Warehouse
from infrastructure import Deployed
from orders.models import Line, Order
from orders.publisher import tell_placed, tell_withdrawn

from msgpact.adapters.sns_sqs import Control

ORDER = Order(id=7, customer="Ada", lines=[Line(sku="C-3", qty=4)], total=180)


def consume(settled: int) -> tuple[Warehouse, Control]:
    """Run the service until so many messages are handled or among the dead."""
    warehouse, control = Warehouse(), Control()

    def stop() -> None:
        waited = threading.Event()
        while control.counts.handled + control.counts.dead < settled:
            waited.wait(0.01)
        control.stop()

    threading.Thread(target=stop, daemon=True).start()
    run(warehouse, control, wait=1)
    return warehouse, control


def messages(url: str) -> list[Any]:
    answer = boto3.client("sqs").receive_message(QueueUrl=url, MaxNumberOfMessages=10, MessageAttributeNames=["All"])
    return list(answer.get("Messages", []))


def test_what_is_published_is_handled(deployed: Deployed) -> None:
    tell_placed(ORDER)
    tell_placed(ORDER.model_copy(update={"id": 8, "total": 18}))
    tell_withdrawn(8)

    warehouse, control = consume(3)

    assert warehouse.insured == {7}
    assert (control.counts.handled, control.counts.broken) == (3, 0)
    assert messages(deployed.queue_url) == []


def test_what_cannot_be_read_is_a_dead_letter(deployed: Deployed) -> None:
    event = {"event": {"DataType": "String", "StringValue": "order-placed"}}
    boto3.client("sns").publish(TopicArn=deployed.topic_arn, Message="{ no JSON", MessageAttributes=event)
    tell_placed(ORDER)

    warehouse, _ = consume(2)
    (dead,) = messages(deployed.dead_letter_url)

    assert warehouse.to_ship == {7: {"C-3": 4}}
    assert json.loads(dead["Body"])["Message"] == "{ no JSON"
    assert json.loads(dead["MessageAttributes"]["msgpact"]["StringValue"])["kind"] == "undecodable"
    assert messages(deployed.queue_url) == []
