"""Events of AWS Lambda and messages: the samples of its guide, each kind both ways, and any messages there and back."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from aws_shapes import messages as sqs_messages
from aws_shapes import published_messages
from hypothesis import given
from hypothesis import strategies as st

import msgpact
from msgpact import Message
from msgpact.errors import DeclarationError, UsageError
from msgpact.recorder import consumer_cases
from msgpact.records import aws_lambda, kafka, sns, sqs

# The samples of the Lambda Developer Guide, with attributes where it shows none.
SQS: dict[str, Any] = {
    "Records": [
        {
            "messageId": "059f36b4-87a3-44ab-83d2-661975830a7d",
            "receiptHandle": "AQEBwJnKyrHigUMZj6rYigCgxlaS3SLy0a...",
            "body": "Test message.",
            "attributes": {
                "ApproximateReceiveCount": "1",
                "SentTimestamp": "1545082649183",
                "SenderId": "AIDAIENQZJOLO23YVJ4VO",
                "ApproximateFirstReceiveTimestamp": "1545082649185",
            },
            "messageAttributes": {
                "myAttribute": {
                    "stringValue": "myValue",
                    "stringListValues": [],
                    "binaryListValues": [],
                    "dataType": "String",
                },
                "attempt": {"stringValue": "3", "stringListValues": [], "binaryListValues": [], "dataType": "Number"},
                "key": {"binaryValue": "/w==", "stringListValues": [], "binaryListValues": [], "dataType": "Binary"},
            },
            "md5OfBody": "e4e68fb7bd0e697a0ae8f1bb342846b3",
            "eventSource": "aws:sqs",
            "eventSourceARN": "arn:aws:sqs:us-east-2:123456789012:my-queue",
            "awsRegion": "us-east-2",
        }
    ]
}
FIFO: dict[str, Any] = {
    "Records": [
        {
            "messageId": "11d6ee51-4cc7-4302-9e22-7cd8afdaadf5",
            "receiptHandle": "AQEBBX8nesZEXmkhsmZeyIE8iQAMig7qw...",
            "body": "Test message.",
            "attributes": {
                "ApproximateReceiveCount": "1",
                "SentTimestamp": "1573251510774",
                "SequenceNumber": "18849496460467696128",
                "MessageGroupId": "1",
                "SenderId": "AIDAIO23YVJENQZJOL4VO",
                "MessageDeduplicationId": "1",
                "ApproximateFirstReceiveTimestamp": "1573251510774",
            },
            "messageAttributes": {},
            "md5OfBody": "e4e68fb7bd0e697a0ae8f1bb342846b3",
            "eventSource": "aws:sqs",
            "eventSourceARN": "arn:aws:sqs:us-east-2:123456789012:fifo.fifo",
            "awsRegion": "us-east-2",
        }
    ]
}
SNS: dict[str, Any] = {
    "Records": [
        {
            "EventVersion": "1.0",
            "EventSubscriptionArn": "arn:aws:sns:us-east-1:123456789012:sns-lambda:21be56ed-a058-49f5-8c98-aedd2564c486",
            "EventSource": "aws:sns",
            "Sns": {
                "SignatureVersion": "1",
                "Timestamp": "2019-01-02T12:45:07.000Z",
                "Signature": "tcc6faL2yUC6dgZdmrwh1Y4cGa/ebXEkAi6RibDsvpi+tE/1+82j...65r==",
                "SigningCertUrl": "https://sns.us-east-1.amazonaws.com/SimpleNotificationService-ac565b8b1a6c5d002d285f9598aa1d9b.pem",
                "MessageId": "95df01b4-ee98-5cb9-9903-4c221d41eb5e",
                "Message": "Hello from SNS!",
                "MessageAttributes": {
                    "Test": {"Type": "String", "Value": "TestString"},
                    "TestBinary": {"Type": "Binary", "Value": "/w=="},
                },
                "Type": "Notification",
                "UnsubscribeUrl": "https://sns.us-east-1.amazonaws.com/?Action=Unsubscribe&SubscriptionArn=arn:aws:sns:u:1:t:2",
                "TopicArn": "arn:aws:sns:us-east-1:123456789012:sns-lambda",
                "Subject": "TestInvoke",
            },
        }
    ]
}
MSK: dict[str, Any] = {
    "eventSource": "aws:kafka",
    "eventSourceArn": "arn:aws:kafka:us-east-1:123456789012:cluster/vpc-2priv-2pub/751d2973-a626-431c-9d4e-d7975eb44dd7-2",
    "bootstrapServers": "b-2.demo-cluster-1.a1bcde.c1.kafka.us-east-1.amazonaws.com:9092",
    "records": {
        "mytopic-0": [
            {
                "topic": "mytopic",
                "partition": 0,
                "offset": 15,
                "timestamp": 1545084650987,
                "timestampType": "CREATE_TIME",
                "key": "cmVjb3JkS2V5",
                "value": "SGVsbG8sIHRoaXMgaXMgYSB0ZXN0Lg==",
                "headers": [{"headerKey": [104, 101, 97, 100, 101, 114, 86, 97, 108, 117, 101]}],
            }
        ]
    },
}
SELF_MANAGED: dict[str, Any] = {
    "eventSource": "SelfManagedKafka",
    "bootstrapServers": MSK["bootstrapServers"],
    "records": MSK["records"],
}


def test_the_sample_of_sqs() -> None:
    [message] = aws_lambda.from_event(SQS)

    assert message.contents == b"Test message."
    assert message.metadata == {
        "queue": "my-queue",
        "messageId": "059f36b4-87a3-44ab-83d2-661975830a7d",
        "receiptHandle": "AQEBwJnKyrHigUMZj6rYigCgxlaS3SLy0a...",
        "receiveCount": 1,
        "timestamp": 1545082649183,
        "firstReceived": 1545082649185,
        "senderId": "AIDAIENQZJOLO23YVJ4VO",
        "myAttribute": "myValue",
        "attempt": 3,
        "key": "base64:/w==",
    }


def test_the_sample_of_a_fifo_queue() -> None:
    [message] = aws_lambda.from_event(FIFO)

    facts = {"queue": "fifo.fifo", "sequenceNumber": "18849496460467696128"}
    assert {**facts, "messageGroupId": "1", "messageDeduplicationId": "1"}.items() <= message.metadata.items()


def test_the_sample_of_sns() -> None:
    [message] = aws_lambda.from_event(SNS)

    assert message.contents == b"Hello from SNS!"
    assert message.metadata == {
        "topic": "sns-lambda",
        "subject": "TestInvoke",
        "notificationId": "95df01b4-ee98-5cb9-9903-4c221d41eb5e",
        "notificationTimestamp": 1546433107000,  # $ date -u -d 2019-01-02T12:45:07Z +%s000
        "Test": "TestString",
        "TestBinary": "base64:/w==",
    }


def test_a_message_that_sns_brought_to_the_queue() -> None:
    notification = dict(SNS["Records"][0]["Sns"])
    notification["SigningCertURL"] = notification.pop("SigningCertUrl")
    notification["UnsubscribeURL"] = notification.pop("UnsubscribeUrl")
    event = {"Records": [{**FIFO["Records"][0], "body": json.dumps(notification)}]}

    [message] = aws_lambda.from_event(event)
    [as_it_is] = aws_lambda.from_event(event, raw=True)

    assert message.contents == b"Hello from SNS!"
    assert {"topic": "sns-lambda", "queue": "fifo.fifo", "Test": "TestString"}.items() <= message.metadata.items()
    assert as_it_is.contents == event["Records"][0]["body"].encode()


@pytest.mark.parametrize(
    "event",
    [MSK, SELF_MANAGED, {**MSK, "eventSource": "aws:SelfManagedKafka"}],
    ids=["MSK", "self-managed", "self-managed, as some write it"],
)
def test_the_sample_of_kafka(event: dict[str, Any]) -> None:
    [message] = aws_lambda.from_event(event)

    assert message.contents == b"Hello, this is a test."
    assert message.headers == (("headerKey", b"headerValue"),)
    assert message.metadata == {
        "topic": "mytopic",
        "partition": 0,
        "offset": 15,
        "timestamp": 1545084650987,
        "timestampType": "CREATE_TIME",
        "key": "recordKey",
        "headerKey": "headerValue",
    }


def test_records_of_several_partitions() -> None:
    [record] = MSK["records"]["mytopic-0"]
    records = {"a-0": [{**record, "offset": 1}, {**record, "offset": 2}], "b-1": [{**record, "offset": 3}]}

    assert [each.metadata["offset"] for each in aws_lambda.from_event({**MSK, "records": records})] == [1, 2, 3]


@pytest.mark.parametrize("empty", [{}, {"key": None, "value": None}], ids=["left out", "null"])
def test_a_tombstone_without_a_key(empty: dict[str, Any]) -> None:
    record = {"topic": "t", "partition": 0, "offset": 0, **empty}

    [message] = aws_lambda.from_event({**MSK, "records": {"t-0": [record]}})

    assert message == Message(None, metadata={"topic": "t", "partition": 0, "offset": 0, "key": None})


@pytest.mark.parametrize("numbers", [[-61, -85], [195, 171]], ids=["signed", "unsigned"])
def test_bytes_of_headers(numbers: list[int]) -> None:
    record = {**MSK["records"]["mytopic-0"][0], "headers": [{"a": numbers}, {"a": None}]}

    [message] = aws_lambda.from_event({**MSK, "records": {"mytopic-0": [record]}})

    assert message.headers == (("a", "ë".encode()), ("a", None))


S3: dict[str, Any] = {"eventSource": "aws:s3", "s3": {}}


@pytest.mark.parametrize(
    ("event", "why"),
    [
        pytest.param(
            {"Records": [S3]}, "Cannot read {'eventSource': 'aws:s3', .* as a record of an event of Lambda", id="S3"
        ),
        pytest.param(
            {"detail": {}}, "Cannot read {'detail': {}} as an event of Lambda: its source is neither", id="other"
        ),
        pytest.param([], r"Cannot read \[\] as an event of Lambda", id="no dict"),
        pytest.param(
            {**MSK, "records": {"t-0": [{"value": "?"}]}},
            r"Cannot read the value '\?' of a Kafka record in an event of Lambda: it is not base64",
            id="no base64",
        ),
        pytest.param(
            {**MSK, "records": {"t-0": [{"headers": [{"a": "b"}]}]}},
            r"Cannot read \{'headers': .* as a Kafka record in an event of Lambda: it is not as Lambda writes it",
            id="headers of text",
        ),
        pytest.param(
            {**MSK, "records": []}, "Cannot read {'eventSource': 'aws:kafka', .* as an event", id="no records"
        ),
        pytest.param({"Records": [{"eventSource": "aws:sqs"}]}, "as an SQS message: it has no Body", id="no body"),
    ],
)
def test_what_is_no_event_is_refused(event: Any, why: str) -> None:
    with pytest.raises(UsageError, match=why):
        aws_lambda.from_event(event)


# -- messages to events ----------------------------------------------------------------------------------------------


def shape(document: Any) -> Any:
    """The keys of a document, and theirs; what names are the users' own aside."""
    if not isinstance(document, dict):
        return type(document).__name__ if isinstance(document, list) else None
    return {
        name: shape(value) for name, value in document.items() if name not in ("messageAttributes", "MessageAttributes")
    }


STATED = Message(b"Test message.", metadata={"topic": "t", "subject": "s", "key": "k"})
MADE: list[tuple[str, Callable[..., dict[str, Any]], dict[str, Any]]] = [
    ("SQS", aws_lambda.to_sqs_event, SQS),
    ("SNS through SQS", aws_lambda.to_sns_sqs_event, SQS),
    ("SNS", aws_lambda.to_sns_event, SNS),
]


@pytest.mark.parametrize(("made_by", "sample"), [each[1:] for each in MADE], ids=[each[0] for each in MADE])
def test_an_event_has_what_the_sample_has(made_by: Callable[..., dict[str, Any]], sample: dict[str, Any]) -> None:
    [made], [record] = made_by(STATED)["Records"], sample["Records"]

    assert shape(made) == shape(record)


@pytest.mark.parametrize(
    ("made_by", "sample"),
    [(aws_lambda.to_msk_event, MSK), (aws_lambda.to_kafka_event, SELF_MANAGED)],
    ids=["MSK", "self-managed"],
)
def test_an_event_of_kafka_has_what_the_sample_has(
    made_by: Callable[..., dict[str, Any]], sample: dict[str, Any]
) -> None:
    made = made_by(STATED)
    [record], [of_sample] = made["records"]["t-0"], sample["records"]["mytopic-0"]

    assert made.keys() == sample.keys()
    assert made["eventSource"] == sample["eventSource"]
    assert record.keys() == of_sample.keys()


def test_attributes_in_an_event_of_sqs() -> None:
    message = Message(b"{}", content_type="application/json", metadata={"attempt": 3, "key": "base64:/w=="})

    [record] = aws_lambda.to_sqs_event(message)["Records"]

    lists: dict[str, Any] = {"stringListValues": [], "binaryListValues": []}
    assert record["messageAttributes"] == {
        "attempt": {"dataType": "Number", "stringValue": "3", **lists},
        "key": {"dataType": "Binary", "binaryValue": "/w==", **lists},
        "content-type": {"dataType": "String", "stringValue": "application/json", **lists},
    }


def test_what_a_tombstone_and_a_missing_key_leave_out_of_an_event() -> None:
    event = aws_lambda.to_msk_event(Message(None, metadata={"topic": "t", "h": "ë", "n": None}))

    [record] = event["records"]["t-0"]
    assert record.keys().isdisjoint({"key", "value"})
    assert record["headers"] == [{"h": [-61, -85]}, {"n": None}]


@pytest.mark.parametrize(
    ("made_by", "message", "why"),
    [
        pytest.param(aws_lambda.to_msk_event, Message(b"x"), "it states no topic", id="no topic"),
        pytest.param(
            aws_lambda.to_msk_event,
            Message(b"x", metadata={"topic": "t", "timestampType": "NOW"}),
            "of timestampType 'NOW': there is no such type. Write CREATE_TIME or LOG_APPEND_TIME",
            id="kind of time",
        ),
        pytest.param(
            aws_lambda.to_msk_event,
            Message(b"x", metadata={"topic": "t", "offset": "1"}),
            "a Kafka message of offset '1': it is a str",
            id="offset",
        ),
        pytest.param(aws_lambda.to_sqs_event, Message(None), "its contents are a tombstone", id="tombstone"),
        pytest.param(
            aws_lambda.to_sqs_event, Message(b"x", metadata={"queue": 1}), "an SQS message of queue 1", id="queue"
        ),
    ],
)
def test_what_an_event_cannot_hold_is_refused(
    made_by: Callable[..., dict[str, Any]], message: Message, why: str
) -> None:
    with pytest.raises(DeclarationError, match=why):
        made_by(message)


def test_a_handler_that_takes_the_event_is_given_one() -> None:
    consumer = msgpact.Consumer("shop", provider="orders")

    @consumer.expects("an order was placed", contents={"id": 42}, via=aws_lambda.to_sqs_event)
    def handle(event: dict[str, Any]) -> list[object]:
        return [json.loads(each["body"]) for each in event["Records"]]

    [case] = consumer_cases(consumer, seed=1)
    assert case.deliver() == [{"id": 42}]


# -- any messages ----------------------------------------------------------------------------------------------------

known = st.none() | st.binary(max_size=10)
kafka_messages = st.builds(
    lambda headers, **call: kafka.from_produce(headers=headers, **call),
    topic=st.text(max_size=5),
    value=known,
    key=known,
    partition=st.integers(0, 3),
    timestamp=st.integers(1, 2**40),
    headers=st.lists(st.tuples(st.text(max_size=5), known), max_size=3),
)


@given(st.lists(sqs_messages.map(sqs.from_record), max_size=3))
def test_any_messages_of_sqs_come_back(messages: list[Message]) -> None:
    event = json.loads(json.dumps(aws_lambda.to_sqs_event(*messages)))

    came = aws_lambda.from_event(event, raw=True)

    assert [each.contents for each in came] == [each.contents for each in messages]
    assert [each.headers for each in came] == [each.headers for each in messages]
    for before, after in zip(messages, came, strict=True):
        assert stated(before).items() <= stated(after).items()
        assert aws_lambda.from_event(aws_lambda.to_sqs_event(after), raw=True) == (after,)


@given(
    st.lists(
        published_messages.map(lambda call: sns.from_publish(TopicArn="arn:aws:sns:x:1:orders", **call)), max_size=3
    )
)
@pytest.mark.parametrize("made_by", [aws_lambda.to_sns_event, aws_lambda.to_sns_sqs_event], ids=["SNS", "through SQS"])
def test_any_messages_of_sns_come_back(made_by: Callable[..., dict[str, Any]], messages: list[Message]) -> None:
    came = aws_lambda.from_event(json.loads(json.dumps(made_by(*messages))))

    assert [each.contents for each in came] == [each.contents for each in messages]
    assert [each.headers for each in came] == [each.headers for each in messages]
    for before, after in zip(messages, came, strict=True):
        of_fifo = {"messageGroupId", "messageDeduplicationId"} if made_by is aws_lambda.to_sns_event else set()
        assert {item for item in stated(before).items() if item[0] not in of_fifo} <= stated(after).items()


@given(st.lists(kafka_messages, max_size=3))
@pytest.mark.parametrize("made_by", [aws_lambda.to_msk_event, aws_lambda.to_kafka_event], ids=["MSK", "self-managed"])
def test_any_messages_of_kafka_come_back(made_by: Callable[..., dict[str, Any]], messages: list[Message]) -> None:
    came = aws_lambda.from_event(json.loads(json.dumps(made_by(*messages))))

    def place(message: Message) -> tuple[object, ...]:
        return message.metadata["topic"], message.metadata["partition"]

    firsts = list(dict.fromkeys(map(place, messages)))
    ordered = sorted(messages, key=lambda each: firsts.index(place(each)))
    assert [(each.contents, each.headers) for each in came] == [(each.contents, each.headers) for each in ordered]
    for before, after in zip(ordered, came, strict=True):
        assert stated(before).items() <= stated(after).items()
        assert aws_lambda.from_event(made_by(after)) == (after,)


def stated(message: Message) -> dict[str, Any]:
    """What is known of a message, lists as text so that items can be compared."""
    return {name: str(value) for name, value in message.metadata.items() if value is not None}
