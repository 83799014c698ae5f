"""Fulfilment as a Lambda function: given what the queue holds, in an event as Lambda makes one."""

import importlib
from typing import Any

import boto3
from infrastructure import Deployed
from orders.models import Line, Order
from orders.publisher import tell_placed

from msgpact.records import aws_lambda, sns

ORDER = Order(id=7, customer="Ada", lines=[Line(sku="C-3", qty=4)], total=18)


def event_of(queue_url: str, count: int) -> dict[str, Any]:
    """What Lambda would hand to the function: so many messages."""
    client, records = boto3.client("sqs"), list[Any]()
    asked = {"MaxNumberOfMessages": 10, "WaitTimeSeconds": 5, "MessageSystemAttributeNames": ["All"]}
    while len(records) < count:  # SNS takes its time
        records += client.receive_message(QueueUrl=queue_url, **asked)["Messages"]
    return aws_lambda.to_sns_sqs_event(*(sns.from_sqs(each, queue_url) for each in records))


def test_what_is_not_handled_is_named_and_the_rest_is_done(deployed: Deployed) -> None:
    function = importlib.reload(importlib.import_module("fulfilment.function"))  # its settings are this test's
    tell_placed(ORDER)
    tell_placed(ORDER.model_copy(update={"id": 8}))
    function.warehouse.to_ship = NoMoreThanOne()

    answer = function.handler(event_of(deployed.queue_url, 2), None)

    assert len(answer["batchItemFailures"]) == 1
    assert len(function.warehouse.to_ship) == 1


class NoMoreThanOne(dict[int, dict[str, int]]):
    """A warehouse that is full after one order."""

    def __setitem__(self, order: int, lines: dict[str, int]) -> None:
        if self:
            raise OverflowError("the warehouse is full")
        super().__setitem__(order, lines)
