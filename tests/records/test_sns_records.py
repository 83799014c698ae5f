"""SNS messages and messages: each way alone, both ways for any there can be, and through topics."""

import json
from typing import Any

import boto3
import pytest
from aws_shapes import ACCOUNT, REGION, aws, has_plain_content_type, published_messages
from hypothesis import assume, given

import msgpact
from msgpact import Message
from msgpact.errors import DeclarationError, UsageError
from msgpact.recorder import consumer_cases
from msgpact.records import sns, sqs

__all__ = ["aws"]

ARN = f"arn:aws:sns:{REGION}:{ACCOUNT}:orders"

# As the developer guide of SNS shows it, with an attribute of each type.
NOTIFICATION: dict[str, Any] = {
    "Type": "Notification",
    "MessageId": "63a3f6b6-d533-4a47-aef9-fcf5cf758c76",
    "TopicArn": "arn:aws:sns:us-west-2:123456789012:MyTopic",
    "Subject": "Testing publish to subscribed queues",
    "Message": "Hello world!",
    "Timestamp": "2012-03-29T05:12:16.901Z",
    "SignatureVersion": "1",
    "Signature": "EXAMPLEnTrFPa3",
    "SigningCertURL": "https://sns.us-west-2.amazonaws.com/SimpleNotificationService-f3ecfb7224c7233fe7bb5f59f96de52f.pem",
    "UnsubscribeURL": "https://sns.us-west-2.amazonaws.com/?Action=Unsubscribe&SubscriptionArn=arn:aws:sns:us-west-2:1:T:c7",
    "MessageAttributes": {
        "trace": {"Type": "String", "Value": "a1"},
        "attempt": {"Type": "Number", "Value": "3"},
        "kinds": {"Type": "String.Array", "Value": '["new"]'},
        "key": {"Type": "Binary", "Value": "/w=="},
    },
}
FACTS: dict[str, object] = {
    "topic": "MyTopic",
    "subject": "Testing publish to subscribed queues",
    "notificationId": "63a3f6b6-d533-4a47-aef9-fcf5cf758c76",
    "notificationTimestamp": 1332997936901,  # $ date -u -d 2012-03-29T05:12:16.901Z +%s%3N
    "trace": "a1",
    "attempt": 3,
    "kinds": ["new"],
    "key": "base64:/w==",
}


def text(value: str) -> dict[str, Any]:
    return {"DataType": "String", "StringValue": value}


def in_queue(body: object, **facts: Any) -> dict[str, Any]:
    return {"MessageId": "id-1", "ReceiptHandle": "r-1", "Body": json.dumps(body), **facts}


# -- envelopes -------------------------------------------------------------------------------------------------------


def test_an_envelope_in_a_queue_is_taken_off() -> None:
    native = in_queue(NOTIFICATION, Attributes={"SentTimestamp": "7", "MessageGroupId": "g"})

    message = sns.from_sqs(native, "billing")

    of_queue = {"queue": "billing", "messageId": "id-1", "receiptHandle": "r-1", "timestamp": 7, "messageGroupId": "g"}
    assert message.contents == b"Hello world!"
    assert message.metadata == {**FACTS, **of_queue}
    assert dict(message.headers) == {"trace": b"a1", "attempt": b"3", "kinds": b'["new"]', "key": b"\xff"}


def test_an_envelope_of_a_fifo_topic() -> None:
    unsigned = {name: value for name, value in NOTIFICATION.items() if "ign" not in name}

    message = sns.from_sqs(in_queue({**unsigned, "SequenceNumber": "10000000000000003000"}))

    assert message.metadata["notificationSequenceNumber"] == "10000000000000003000"


def changed(**others: Any) -> dict[str, Any]:
    return {name: value for name, value in {**NOTIFICATION, **others}.items() if value is not ...}


NO_ENVELOPES: list[tuple[str, object]] = [
    ("no object", ["Notification"]),
    ("a key of its own", changed(Priority=1)),
    ("another type", changed(Type="Order")),
    ("no message", changed(Message=...)),
    ("a message that is no text", changed(Message={"id": 42})),
    ("no topic", changed(TopicArn=...)),
    ("a topic that is no ARN", changed(TopicArn="orders")),
    ("a topic of another service", changed(TopicArn="arn:aws:sqs:us-west-2:123456789012:q")),
    ("no time", changed(Timestamp=...)),
]


@pytest.mark.parametrize("body", [each[1] for each in NO_ENVELOPES], ids=[each[0] for each in NO_ENVELOPES])
def test_a_body_that_only_looks_like_an_envelope_is_left_alone(body: object) -> None:
    native = in_queue(body)

    assert sns.from_sqs(native) == sqs.from_record(native)


@pytest.mark.parametrize("body", ["{", "Notification", " {}", "{'Type': 1}"])
def test_a_body_that_is_no_json_is_left_alone(body: str) -> None:
    assert sns.from_sqs({"Body": body}).contents == body.encode()


def test_a_body_with_attributes_of_its_own_is_no_envelope() -> None:
    native = in_queue(NOTIFICATION, MessageAttributes={"trace": text("b2")})

    assert sns.from_sqs(native) == sqs.from_record(native)


def test_a_body_of_somebodys_own_that_is_an_envelope_to_the_last_key() -> None:
    native = in_queue(NOTIFICATION)

    assert sns.from_sqs(native, raw=True) == sqs.from_record(native)


def test_an_envelope_that_must_be_there() -> None:
    with pytest.raises(UsageError, match=r"Cannot read '\{\}' as what SNS sends to a queue: .* say raw=True"):
        sns.from_sqs({"Body": "{}"}, raw=False)


def test_contents_that_are_no_text_come_out_of_the_envelope() -> None:
    message = Message(b"\x00\xff", content_type="avro/binary", metadata={"topic": "orders", "subject": "s"})

    native = sns.to_sqs(message)

    assert json.loads(native["Body"])["Message"] == "AP8="
    assert sns.from_sqs(native).contents == b"\x00\xff"


@pytest.mark.parametrize(
    ("document", "why"),
    [
        pytest.param(
            "{}", "Cannot read '{}' as a notification of SNS: it is no object with Message, MessageId", id="text"
        ),
        pytest.param(changed(Message=...), "as a notification of SNS: it is no object with", id="no message"),
        pytest.param(changed(Timestamp="now"), "Cannot read the Timestamp 'now' of SNS: it is no moment", id="time"),
        pytest.param(changed(Timestamp="2012-03-29"), "Cannot read the Timestamp '2012-03-29'", id="no zone"),
        pytest.param(changed(Message=1), "an SNS message with the body 1: it is a int, not text", id="number"),
        pytest.param(
            changed(MessageAttributes={"a": {"Type": "Binary", "Value": "?"}}),
            "Cannot read the attribute 'a'",
            id="bytes",
        ),
    ],
)
def test_what_is_no_notification_is_refused(document: Any, why: str) -> None:
    with pytest.raises(UsageError, match=why):
        sns.from_notification(document)


def test_what_is_not_stated_of_a_notification_is_made_up() -> None:
    made = sns.to_notification(Message(b"{}"))

    assert made.keys() == NOTIFICATION.keys() - {"Subject", "MessageAttributes"}
    assert sns.from_notification(made).metadata["notificationTimestamp"] == 0


# -- what producers are called with ----------------------------------------------------------------------------------


def test_the_message_of_a_call() -> None:
    message = sns.from_publish(
        TopicArn=ARN + ".fifo",
        Message="{}",
        Subject="placed",
        MessageAttributes={"contentType": text("application/json"), "topic": text("x")},
        MessageGroupId="g",
        MessageDeduplicationId="d",
    )

    assert (message.contents, message.content_type) == (b"{}", "application/json")
    assert message.metadata == {
        "topic": "orders.fifo",
        "subject": "placed",
        "messageGroupId": "g",
        "messageDeduplicationId": "d",
        "contentType": "application/json",
        "header:topic": "x",
    }


def test_a_topic_may_be_called_a_target() -> None:
    assert sns.from_publish(TargetArn=ARN, Message="{}").metadata == {"topic": "orders"}


@pytest.mark.parametrize(
    ("texts", "contents"),
    [({"default": "d", "sqs": "q"}, b"q"), ({"default": "d", "email": "e"}, b"d")],
    ids=["for queues", "for all"],
)
def test_a_text_for_each_protocol(texts: dict[str, str], contents: bytes) -> None:
    assert sns.from_publish(TopicArn=ARN, Message=json.dumps(texts), MessageStructure="json").contents == contents


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        pytest.param(
            {"Message": "x", "PhoneNumber": "+1"}, "PhoneNumber of publish: .* A message to a telephone", id="SMS"
        ),
        pytest.param({"Message": "x", "Body": "x"}, "the arguments Body of publish: it takes none such", id="other"),
        pytest.param({"TopicArn": ARN}, "the arguments of publish: Message is not among them", id="no message"),
        pytest.param(
            {"Message": "x", "MessageStructure": "json"}, "the Message 'x' of MessageStructure='json'", id="no JSON"
        ),
        pytest.param(
            {"Message": "{}", "MessageStructure": "json"}, "no JSON object with the text for 'default'", id="none"
        ),
    ],
)
def test_what_is_no_call_is_refused(arguments: dict[str, Any], why: str) -> None:
    with pytest.raises(UsageError, match=why):
        sns.from_publish(**arguments)


def test_the_call_for_a_message() -> None:
    message = Message(b"{}", metadata={"topic": "orders", "subject": "placed", "trace": "a1", "queue": "known later"})
    call = {"Message": "{}", "Subject": "placed", "MessageAttributes": {"trace": text("a1")}}

    assert sns.to_publish(message) == call
    assert sns.to_publish(message, ARN) == {"TopicArn": ARN, **call}
    assert sns.to_entry(message, "1") == {"Id": "1", **call}


def test_text_may_hold_what_only_a_queue_refuses() -> None:
    assert sns.to_publish(Message(b"a\x01", content_type="text/plain"))["Message"] == "a\x01"


REFUSED: list[tuple[str, Message, str]] = [
    ("tombstone", Message(None), r"Cannot make an SNS message of Message\(.*: its contents are a tombstone"),
    ("subject", Message(b"1", metadata={"subject": 1}), "an SNS message of subject 1: it is a int. State text"),
    ("attribute", Message(b"1", metadata={"a": None}), "an SNS attribute 'a' of None"),
    ("time", Message(b"1", metadata={"notificationTimestamp": "now"}), "an SNS message of notificationTimestamp 'now'"),
]


@pytest.mark.parametrize(("message", "why"), [each[1:] for each in REFUSED], ids=[each[0] for each in REFUSED])
def test_what_a_message_of_sns_cannot_hold_is_refused(message: Message, why: str) -> None:
    with pytest.raises(DeclarationError, match=why):
        sns.to_sqs(message)


def test_a_handler_that_takes_the_native_message_is_given_its_envelope() -> None:
    consumer = msgpact.Consumer("shop", provider="orders")

    @consumer.expects("an order was placed", contents={"id": 42}, metadata={"topic": "orders"}, via=sns.to_sqs)
    def handle(native: dict[str, Any]) -> tuple[object, ...]:
        envelope = json.loads(native["Body"])
        return json.loads(envelope["Message"]), envelope["TopicArn"].rpartition(":")[2]

    [case] = consumer_cases(consumer, seed=1)
    assert case.deliver() == ({"id": 42}, "orders")


# -- any message -----------------------------------------------------------------------------------------------------


def stated(call: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in call.items() if value != {}}


@given(published_messages)
def test_any_call_comes_back(call: dict[str, Any]) -> None:
    assert sns.to_publish(sns.from_publish(TopicArn=ARN, **call), ARN) == stated({"TopicArn": ARN, **call})
    assert sns.to_entry(sns.from_entry({"Id": "1", **call}), "1") == stated({"Id": "1", **call})


@given(published_messages)
def test_a_queue_behind_a_topic_brings_what_was_published(call: dict[str, Any]) -> None:
    sent = sns.from_publish(TopicArn=ARN, **call)

    came = sns.from_sqs(sns.to_sqs(sent))

    assert (came.contents, came.headers, came.content_type) == (sent.contents, sent.headers, sent.content_type)
    known = {name: value for name, value in sent.metadata.items() if value is not None}
    assert {name: came.metadata[name] for name in known} == known
    assert sns.from_sqs(sns.to_sqs(came)) == came


@given(published_messages)
def test_raw_delivery_brings_what_was_published_but_for_the_topics_own(call: dict[str, Any]) -> None:
    sent = sns.from_publish(TopicArn=ARN, **call)

    came = sns.from_sqs(sns.to_sqs(sent, raw=True))

    of_topic = {"topic", "subject"}
    assert (came.contents, came.headers) == (sent.contents, sent.headers)
    assert {name: came.metadata[name] for name in sent.metadata.keys() - of_topic} == {
        name: value for name, value in sent.metadata.items() if name not in of_topic
    }


@given(published_messages)
def test_a_contracts_view_alone_makes_the_same_view(call: dict[str, Any]) -> None:
    message = sns.from_publish(TopicArn=ARN, **call)
    assume(has_plain_content_type(message))
    alone = Message(message.contents, metadata=message.metadata)

    again = sns.from_publish(TopicArn=ARN, **sns.to_publish(alone))

    assert (again.contents, again.metadata) == (message.contents, message.metadata)


# -- through a topic -------------------------------------------------------------------------------------------------

SENT: list[tuple[str, Message]] = [
    ("JSON", Message(b'{"id":42}', content_type="application/json", metadata={"subject": "placed", "attempt": 3})),
    ("bytes", Message(b"\x00\xff", content_type="application/vnd.apache.avro")),
    ("an attribute of bytes", Message(b"{}", metadata={"key": "base64:/w=="})),
    ("an array", Message(b"{}", metadata={"kinds": ["a", 1]})),
]


@pytest.mark.parametrize("in_batch", [False, True], ids=["alone", "in a batch"])
@pytest.mark.parametrize("message", [each[1] for each in SENT], ids=[each[0] for each in SENT])
def test_a_message_that_travelled_in_an_envelope(aws: None, message: Message, in_batch: bool) -> None:
    topic, url = subscribed(RawMessageDelivery="false")

    publish(message, topic, in_batch)

    came = sns.from_sqs(received(url), url, raw=False)
    assert came.contents == message.contents
    assert {"topic": "orders", "queue": "billing", **message.metadata}.items() <= came.metadata.items()
    assert int(str(came.metadata["notificationTimestamp"])) > 1_700_000_000_000


@pytest.mark.parametrize("message", [each[1] for each in SENT[:2]], ids=[each[0] for each in SENT[:2]])
def test_a_message_that_travelled_raw(aws: None, message: Message) -> None:
    # No attribute of bytes: on this way moto loses it, which AWS and LocalStack do not.
    topic, url = subscribed(RawMessageDelivery="true")

    publish(message, topic, in_batch=False)

    came = sns.from_sqs(received(url), url)
    assert came.contents == message.contents
    assert message.metadata.items() - {("subject", "placed")} <= came.metadata.items()
    assert "topic" not in came.metadata


def subscribed(**attributes: str) -> tuple[str, str]:
    """A topic and the queue that it brings its messages to: their ARN and URL."""
    topic = boto3.client("sns").create_topic(Name="orders")["TopicArn"]
    url = boto3.client("sqs").create_queue(QueueName="billing")["QueueUrl"]
    arn = f"arn:aws:sqs:{REGION}:{ACCOUNT}:billing"
    boto3.client("sns").subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn, Attributes=attributes)
    return topic, url


def publish(message: Message, topic: str, in_batch: bool) -> None:
    client = boto3.client("sns")
    if in_batch:
        answer = client.publish_batch(TopicArn=topic, PublishBatchRequestEntries=[sns.to_entry(message, "1")])
        assert answer["Failed"] == []
    else:
        client.publish(**sns.to_publish(message, topic))


def received(url: str) -> dict[str, Any]:
    client = boto3.client("sqs")
    [native] = client.receive_message(QueueUrl=url, MessageAttributeNames=["All"], AttributeNames=["All"])["Messages"]
    found: dict[str, Any] = native
    return found
