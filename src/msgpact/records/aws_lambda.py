"""Events of AWS Lambda to messages and back: those of SQS, of SNS, of SNS through SQS, and of Kafka (MSK and self-managed).

`from_event` knows by `eventSource` which it is, and by the form of a body whether SNS brought it to the queue. Metadata are as of
`msgpact.records.sqs`, `sns` and `kafka`. For handlers that take the event there is a function for each kind: `expects(…,
via=aws_lambda.to_sqs_event)`. What an event always has and no message states is made up.

AWS writes the bytes of Kafka's headers as signed numbers (-1 is 255), and so do we; both are read. It leaves out the key of a
record that has none, and the value of a tombstone.
"""

import base64
from collections.abc import Iterable, Mapping
from typing import Any

from msgpact.errors import DeclarationError, UsageError, shown
from msgpact.model import Message
from msgpact.records import attributes, facts, kafka, sns, sqs
from msgpact.records.attributes import BOTO, LAMBDA

__all__ = [
    "from_event",
    "sqs_record",
    "to_kafka_event",
    "to_msk_event",
    "to_sns_event",
    "to_sns_sqs_event",
    "to_sqs_event",
]

_REGION, _ACCOUNT = "us-east-1", "123456789012"
_BROKERS = "b-1.example.kafka.us-east-1.amazonaws.com:9092"
_A_KAFKA = "a Kafka"
_OF_NOTIFICATION = {"SigningCertURL": "SigningCertUrl", "UnsubscribeURL": "UnsubscribeUrl"}
_OF_RECORD = {"messageId": "MessageId", "receiptHandle": "ReceiptHandle", "body": "Body", "attributes": "Attributes"}
_ALWAYS = {
    "ApproximateReceiveCount": "1",
    "SentTimestamp": "0",
    "SenderId": "AIDAEXAMPLE",
    "ApproximateFirstReceiveTimestamp": "0",
}


# -- events to messages ----------------------------------------------------------------------------------------------


def from_event(event: Mapping[str, Any], raw: bool | None = None) -> tuple[Message, ...]:
    """The messages of an event, in its order; *raw* is as of `sns.from_sqs`, for events of SQS.

    Raises:
        UsageError: it is no event of SQS, SNS or Kafka.
    """
    match event:
        case {
            "eventSource": "aws:kafka" | "SelfManagedKafka" | "aws:SelfManagedKafka",
            "records": Mapping() as records,
        }:
            return tuple(_of_kafka(each) for of_partition in records.values() for each in of_partition)
        case {"Records": list(records)}:
            return tuple(_of_aws(each, raw) for each in records)
    raise UsageError(f"Cannot read {shown(event)} as an event of Lambda: {_KNOWN}")


def sqs_record(record: Mapping[str, Any]) -> dict[str, Any]:
    """One of the `Records` of an event of SQS, as boto3's `receive_message` would give it.

    Raises:
        UsageError: one of its attributes is not as Lambda writes it.
    """
    native = {theirs: record[name] for name, theirs in _OF_RECORD.items() if name in record}
    return {**native, "MessageAttributes": attributes.in_other_words(record.get("messageAttributes"), LAMBDA, BOTO)}


_KNOWN = "its source is neither SQS, SNS nor Kafka. Give the event as Lambda hands it to the handler."


def _of_aws(record: Any, raw: bool | None) -> Message:
    match record:
        case {"eventSource": "aws:sqs"}:
            return sns.from_sqs(sqs_record(record), record.get("eventSourceARN"), raw)
        case {"EventSource": "aws:sns", "Sns": notification}:
            return sns.from_notification(notification)
    raise UsageError(f"Cannot read {shown(record)} as a record of an event of Lambda: {_KNOWN}")


class _KafkaRecord:
    """A record of an event as `kafka.from_record` reads it."""

    def __init__(self, record: Mapping[str, Any]) -> None:
        self._record = record

    def topic(self) -> str | None:
        return self._record.get("topic")

    def partition(self) -> int | None:
        return self._record.get("partition")

    def offset(self) -> int | None:
        return self._record.get("offset")

    def key(self) -> bytes | None:
        return _from_base64("key", self._record.get("key"))

    def value(self) -> bytes | None:
        return _from_base64("value", self._record.get("value"))

    def headers(self) -> list[tuple[str, bytes | None]]:
        pairs = [pair for each in self._record.get("headers") or () for pair in each.items()]
        return [(name, None if value is None else bytes(byte & 0xFF for byte in value)) for name, value in pairs]

    def timestamp(self) -> tuple[int, int]:
        kind = kafka.TIMESTAMP_TYPES.get(self._record.get("timestampType", ""), 0)
        return kind, self._record.get("timestamp", 0)

    def error(self) -> None:
        return None


def _of_kafka(record: Mapping[str, Any]) -> Message:
    try:
        return kafka.from_record(_KafkaRecord(record))
    except UsageError:
        raise
    except (AttributeError, TypeError, ValueError):
        raise UsageError(
            f"Cannot read {shown(record)} as a Kafka record in an event of Lambda: it is not as Lambda writes it. "
            "Give the event as Lambda hands it to the handler."
        ) from None


def _from_base64(what: str, text: str | None) -> bytes | None:
    try:
        return None if text is None else base64.b64decode(text, validate=True)
    except (TypeError, ValueError):
        raise UsageError(
            f"Cannot read the {what} {shown(text)} of a Kafka record in an event of Lambda: it is not base64. "
            "Give the event as Lambda hands it to the handler."
        ) from None


# -- messages to events ----------------------------------------------------------------------------------------------


def to_sqs_event(*messages: Message) -> dict[str, Any]:
    """The event with which SQS invokes a function for these messages.

    Raises:
        DeclarationError: one of them is what an SQS message cannot hold.
    """
    return {"Records": [_sqs_record(sqs.to_record(each), each.metadata) for each in messages]}


def to_sns_sqs_event(*messages: Message) -> dict[str, Any]:
    """The event with which SQS invokes a function for messages that SNS brought to the queue, in envelopes.

    Raises:
        DeclarationError: one of them is what an SNS or SQS message cannot hold.
    """
    return {"Records": [_sqs_record(sns.to_sqs(each), each.metadata) for each in messages]}


def to_sns_event(*messages: Message) -> dict[str, Any]:
    """The event with which SNS invokes a function for these messages.

    Raises:
        DeclarationError: one of them is what an SNS message cannot hold.
    """
    return {"Records": [_sns_record(sns.to_notification(each)) for each in messages]}


def to_msk_event(*messages: Message) -> dict[str, Any]:
    """The event with which Amazon MSK invokes a function for these messages.

    Raises:
        DeclarationError: one of them states no topic, or is what a Kafka record cannot hold.
    """
    arn = f"arn:aws:kafka:{_REGION}:{_ACCOUNT}:cluster/example/EXAMPLE"
    return {"eventSource": "aws:kafka", "eventSourceArn": arn, **_kafka_records(messages)}


def to_kafka_event(*messages: Message) -> dict[str, Any]:
    """The event with which a self-managed Kafka invokes a function for these messages. Raises as `to_msk_event`."""
    return {"eventSource": "SelfManagedKafka", **_kafka_records(messages)}


def _sqs_record(native: Mapping[str, Any], metadata: Mapping[str, object]) -> dict[str, Any]:
    queue = facts.stated_text(metadata, "queue", "an SQS") or "queue"
    typed = attributes.in_other_words(native.get("MessageAttributes"), BOTO, LAMBDA)
    lists: dict[str, list[object]] = {"stringListValues": [], "binaryListValues": []}  # always there, never used
    return {
        "messageId": native["MessageId"],
        "receiptHandle": native["ReceiptHandle"],
        "body": native["Body"],
        "attributes": {**_ALWAYS, **native.get("Attributes", {})},
        "messageAttributes": {name: {**document, **lists} for name, document in typed.items()},
        "md5OfBody": native["MD5OfBody"],
        "eventSource": "aws:sqs",
        "eventSourceARN": f"arn:aws:sqs:{_REGION}:{_ACCOUNT}:{sqs.name_of(queue)}",
        "awsRegion": _REGION,
    }


def _sns_record(notification: Mapping[str, Any]) -> dict[str, Any]:
    named = {_OF_NOTIFICATION.get(name, name): value for name, value in notification.items()}
    return {
        "EventVersion": "1.0",
        "EventSubscriptionArn": f"{notification['TopicArn']}:EXAMPLE",
        "EventSource": "aws:sns",
        "Sns": {"Subject": None, "MessageAttributes": {}, **named},
    }


def _kafka_records(messages: Iterable[Message]) -> dict[str, Any]:
    records: dict[str, list[dict[str, Any]]] = {}
    for each in messages:
        record = _kafka_record(each)
        records.setdefault(f"{record['topic']}-{record['partition']}", []).append(record)
    return {"bootstrapServers": _BROKERS, "records": records}


def _kafka_record(message: Message) -> dict[str, Any]:
    sent, metadata = kafka.to_produce(message), message.metadata
    kind = facts.stated_text(metadata, "timestampType", _A_KAFKA) or "CREATE_TIME"
    if kind not in kafka.TIMESTAMP_TYPES:
        raise DeclarationError(
            f"Cannot make a Kafka record of timestampType {kind!r}: there is no such type. "
            f"Write {' or '.join(kafka.TIMESTAMP_TYPES)}."
        )
    record: dict[str, Any] = {
        "topic": sent["topic"],
        "partition": sent.get("partition", 0),
        "offset": facts.stated_number(metadata, "offset", _A_KAFKA) or 0,
        "timestamp": sent.get("timestamp", 0),
        "timestampType": kind,
        "headers": [{name: _signed(value)} for name, value in sent["headers"]],
    }
    for name in ("key", "value"):
        if sent[name] is not None:
            record[name] = base64.b64encode(sent[name]).decode("ascii")
    return record


def _signed(value: bytes | None) -> list[int] | None:
    return None if value is None else [byte - 256 if byte > 127 else byte for byte in value]
