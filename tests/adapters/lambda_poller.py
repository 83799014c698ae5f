"""What Lambda does between a queue and a function: messages to an event, and from the answer what is deleted and what comes again."""

from collections.abc import Callable, Mapping
from typing import Any

from msgpact.records.attributes import BOTO, LAMBDA, in_other_words
from msgpact.records.sqs import name_of

SPELLED = {"MessageId": "messageId", "ReceiptHandle": "receiptHandle", "Body": "body", "Attributes": "attributes"}


def event_of(records: list[Mapping[str, Any]], queue: str) -> dict[str, Any]:
    """The event of messages that boto3 received from a queue."""
    return {"Records": [_record(each, name_of(queue)) for each in records]}


def _record(record: Mapping[str, Any], queue: str) -> dict[str, Any]:
    return {
        **{theirs: record[name] for name, theirs in SPELLED.items()},
        "messageAttributes": in_other_words(record.get("MessageAttributes"), BOTO, LAMBDA),
        "md5OfBody": record["MD5OfBody"],
        "eventSource": "aws:sqs",
        "eventSourceARN": f"arn:aws:sqs:us-east-1:000000000000:{queue}",
        "awsRegion": "us-east-1",
    }


def invoke(client: Any, url: str, function: Callable[[Any, object], Mapping[str, Any]]) -> int:
    """Invoke a function with what is in its queue; how many messages it got. What it names as failed is there again at once."""
    asked = {"MessageAttributeNames": ["All"], "MessageSystemAttributeNames": ["All"]}
    records = client.receive_message(QueueUrl=url, MaxNumberOfMessages=10, WaitTimeSeconds=1, **asked).get(
        "Messages", []
    )
    if not records:
        return 0
    answer = function(event_of(records, url), None)
    failed = {each["itemIdentifier"] for each in answer["batchItemFailures"]}
    assert failed <= {each["MessageId"] for each in records}  # else all of them would come again
    for each in records:
        to = {"QueueUrl": url, "ReceiptHandle": each["ReceiptHandle"]}
        if each["MessageId"] in failed:
            client.change_message_visibility(VisibilityTimeout=0, **to)
        else:
            client.delete_message(**to)
    return len(records)
