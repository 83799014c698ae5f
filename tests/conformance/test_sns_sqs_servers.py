"""Where the servers that stand in for SNS and SQS are not as AWS is: one table, in which nothing else stands.

What AWS does is taken from its documentation. What all of them do, the tests of consuming and of records show.
"""

import json
import uuid
from collections.abc import Callable, Mapping
from typing import Any

import pytest
from botocore.config import Config
from botocore.exceptions import ClientError
from sqs_servers import SqsServer, queue

PATIENCE = 5
"""Seconds in which what does not come is taken to be lost."""

TEXT = {"DataType": "String", "StringValue": "x"}


def sqs(server: SqsServer) -> Any:
    return server.client("sqs", config=Config(retries={"total_max_attempts": 1}))


def sns(server: SqsServer) -> Any:
    return server.client("sns", config=Config(retries={"total_max_attempts": 1}))


def received(server: SqsServer, url: str, seconds: int = PATIENCE, **more: Any) -> list[Any]:
    asked = {"MaxNumberOfMessages": 10, "MessageAttributeNames": ["All"], "MessageSystemAttributeNames": ["All"]}
    answer = sqs(server).receive_message(QueueUrl=url, WaitTimeSeconds=seconds, **asked, **more)
    return list(answer.get("Messages", []))


def is_refused(call: Callable[..., object], **arguments: Any) -> bool:
    try:
        call(**arguments)
    except ClientError as error:
        return bool(error.response["ResponseMetadata"]["HTTPStatusCode"] < 500)
    return False


def arn(server: SqsServer, url: str) -> str:
    found = sqs(server).get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
    return str(found["Attributes"]["QueueArn"])


def subscribed(server: SqsServer, url: str, *, fifo: bool = False, **attributes: str) -> str:
    """The ARN of a topic to which the queue has subscribed."""
    kind = {"Attributes": {"FifoTopic": "true", "ContentBasedDeduplication": "true"}} if fifo else {}
    name = f"topic-{uuid.uuid4()}{'.fifo' if fifo else ''}"
    topic: str = sns(server).create_topic(Name=name, **kind)["TopicArn"]
    sns(server).subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn(server, url), Attributes=attributes)
    return topic


# -- what AWS does ---------------------------------------------------------------------------------------------------


def received_twice(server: SqsServer, *, fifo: bool) -> tuple[str, str]:
    """A queue with a message that others have in hand by now, and the receipt handle of the first time."""
    url = queue(server, fifo=fifo)
    group = {"MessageGroupId": "a", "MessageDeduplicationId": "1"} if fifo else {}
    sqs(server).send_message(QueueUrl=url, MessageBody="x", **group)
    (first,) = received(server, url, 0)
    handle = str(first["ReceiptHandle"])
    sqs(server).change_message_visibility(QueueUrl=url, ReceiptHandle=handle, VisibilityTimeout=0)
    assert received(server, url, 0, VisibilityTimeout=600)
    return url, handle


def a_stale_receipt_of_a_fifo_queue_is_refused(server: SqsServer) -> bool:
    url, handle = received_twice(server, fifo=True)
    entries = [{"Id": "1", "ReceiptHandle": handle}]
    return bool(sqs(server).delete_message_batch(QueueUrl=url, Entries=entries).get("Failed"))


def a_stale_receipt_of_a_standard_queue_is_accepted(server: SqsServer) -> bool:
    url, handle = received_twice(server, fifo=False)
    return (
        not sqs(server).delete_message_batch(QueueUrl=url, Entries=[{"Id": "1", "ReceiptHandle": handle}]).get("Failed")
    )


def an_eleventh_attribute_is_refused(server: SqsServer) -> bool:
    attributes = {f"a{n}": TEXT for n in range(11)}
    return is_refused(sqs(server).send_message, QueueUrl=queue(server), MessageBody="x", MessageAttributes=attributes)


def attributes_count_for_the_size(server: SqsServer) -> bool:
    body, attributes = "x" * (1024 * 1024 - 1), {"a": TEXT}
    return is_refused(sqs(server).send_message, QueueUrl=queue(server), MessageBody=body, MessageAttributes=attributes)


def attributes_count_for_the_size_in_a_batch(server: SqsServer) -> bool:
    entry = {"Id": "1", "MessageBody": "x" * (1024 * 1024 - 1), "MessageAttributes": {"a": TEXT}}
    try:
        return bool(sqs(server).send_message_batch(QueueUrl=queue(server), Entries=[entry]).get("Failed"))
    except ClientError:
        return True


def an_empty_body_is_refused(server: SqsServer) -> bool:
    return is_refused(sqs(server).send_message, QueueUrl=queue(server), MessageBody="")


def a_body_with_nul_is_refused(server: SqsServer) -> bool:
    return is_refused(sqs(server).send_message, QueueUrl=queue(server), MessageBody="a\0b")


def of_a_batch_only_what_is_wrong_fails(server: SqsServer, wrong: Mapping[str, Any]) -> bool:
    entries = [{"Id": "good", "MessageBody": "x"}, {"Id": "bad", "MessageBody": "x", **wrong}]
    try:
        answer = sqs(server).send_message_batch(QueueUrl=queue(server), Entries=entries)
    except ClientError:
        return False
    return [each["Id"] for each in answer.get("Failed", ())] == ["bad"]


def of_a_batch_only_the_wrong_body_fails(server: SqsServer) -> bool:
    return of_a_batch_only_what_is_wrong_fails(server, {"MessageBody": "a\0b"})


def of_a_batch_only_the_wrong_delay_fails(server: SqsServer) -> bool:
    return of_a_batch_only_what_is_wrong_fails(server, {"DelaySeconds": 9999})


def redriven(server: SqsServer) -> tuple[str, str, list[Any]]:
    """A queue, that of its dead letters, and what came there by the queue's own policy."""
    dead = queue(server)
    policy = json.dumps({"deadLetterTargetArn": arn(server, dead), "maxReceiveCount": 1})
    url = queue(server, RedrivePolicy=policy)
    sqs(server).send_message(QueueUrl=url, MessageBody="x")
    received(server, url, VisibilityTimeout=0)
    received(server, url, 1)
    return url, dead, received(server, dead, VisibilityTimeout=0)


def a_dead_letter_names_its_queue(server: SqsServer) -> bool:
    url, _, letters = redriven(server)
    return bool(letters[0]["Attributes"].get("DeadLetterQueueSourceArn") == arn(server, url))


def dead_letters_are_moved_back(server: SqsServer) -> bool:
    url, dead, _ = redriven(server)
    try:
        sqs(server).start_message_move_task(SourceArn=arn(server, dead))
    except ClientError:
        return False
    return bool(received(server, url))


def bytes_survive_raw_delivery(server: SqsServer) -> bool:
    url = queue(server)
    topic = subscribed(server, url, RawMessageDelivery="true")
    sent = {"bytes": {"DataType": "Binary", "BinaryValue": b"\xff"}}
    sns(server).publish(TopicArn=topic, Message="x", MessageAttributes=sent)
    try:
        return any(each.get("MessageAttributes") == sent for each in received(server, url))
    except ClientError:
        return False


def a_filter_may_ignore_case(server: SqsServer) -> bool:
    url, policy = queue(server), json.dumps({"kind": [{"equals-ignore-case": "New"}]})
    try:
        topic = subscribed(server, url, FilterPolicy=policy)
    except ClientError:
        return False
    sent = {"kind": {"DataType": "String", "StringValue": "nEW"}}
    sns(server).publish(TopicArn=topic, Message="x", MessageAttributes=sent)
    return bool(received(server, url, 1))


def a_fifo_topic_tells_its_queue_what_is_the_same(server: SqsServer) -> bool:
    url = queue(server, fifo=True)
    topic = subscribed(server, url, fifo=True)
    try:
        sns(server).publish(TopicArn=topic, Message="x", MessageGroupId="a")
    except ClientError:
        return False
    return bool(received(server, url, 1))


def what_cannot_be_delivered_goes_to_the_subscriptions_dead_letters(server: SqsServer) -> bool:
    gone, dead = queue(server), queue(server)
    policy = json.dumps({"deadLetterTargetArn": arn(server, dead)})
    topic = subscribed(server, gone, RedrivePolicy=policy)
    sqs(server).delete_queue(QueueUrl=gone)
    try:
        sns(server).publish(TopicArn=topic, Message="x")
    except ClientError:
        return False
    return bool(received(server, dead))


# -- the table -------------------------------------------------------------------------------------------------------

MOTO, LOCALSTACK, ELASTICMQ = "embedded", "localstack", "elasticmq"

OF_SQS: dict[Callable[[SqsServer], bool], tuple[str, ...]] = {
    # what AWS does                                     and these do not
    a_stale_receipt_of_a_fifo_queue_is_refused:         (MOTO, LOCALSTACK),
    a_stale_receipt_of_a_standard_queue_is_accepted:    (ELASTICMQ,),
    an_eleventh_attribute_is_refused:                   (MOTO, LOCALSTACK),
    attributes_count_for_the_size:                      (MOTO, ELASTICMQ),
    attributes_count_for_the_size_in_a_batch:           (MOTO, ELASTICMQ),
    an_empty_body_is_refused:                           (MOTO,),
    a_body_with_nul_is_refused:                         (MOTO,),
    of_a_batch_only_the_wrong_body_fails:               (MOTO,),
    of_a_batch_only_the_wrong_delay_fails:              (LOCALSTACK,),
    a_dead_letter_names_its_queue:                      (MOTO,),
    dead_letters_are_moved_back:                        (MOTO,),
}  # fmt: skip

OF_SNS: dict[Callable[[SqsServer], bool], tuple[str, ...]] = {
    bytes_survive_raw_delivery:                                      (MOTO,),
    a_filter_may_ignore_case:                                        (MOTO,),
    a_fifo_topic_tells_its_queue_what_is_the_same:                   (MOTO,),
    what_cannot_be_delivered_goes_to_the_subscriptions_dead_letters: (MOTO,),
}  # fmt: skip


def name_of(behaves: Callable[[SqsServer], bool]) -> str:
    return behaves.__name__.replace("_", " ")


@pytest.mark.parametrize("behaves", OF_SQS, ids=name_of)
def test_sqs(sqs_server: SqsServer, behaves: Callable[[SqsServer], bool]) -> None:
    assert behaves(sqs_server) is (sqs_server.kind not in OF_SQS[behaves])


@pytest.mark.parametrize("behaves", OF_SNS, ids=name_of)
def test_sns(sns_sqs_server: SqsServer, behaves: Callable[[SqsServer], bool]) -> None:
    assert behaves(sns_sqs_server) is (sns_sqs_server.kind not in OF_SNS[behaves])
