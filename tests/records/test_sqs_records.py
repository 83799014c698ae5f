"""SQS messages and messages: each way alone, both ways for any there can be, and through a queue."""

from pathlib import Path
from typing import Any

import boto3
import pytest
from aws_shapes import aws, has_plain_content_type, messages, plain_names, sent_messages, texts
from hypothesis import assume, given
from hypothesis import strategies as st

import msgpact
from msgpact import Message, match
from msgpact.errors import DeclarationError, UsageError
from msgpact.recorder import consumer_cases
from msgpact.records import sqs
from msgpact.serializers.avro import Avro

__all__ = ["aws"]

URL = "https://sqs.eu-central-1.amazonaws.com/123456789012/orders"


def record(**facts: Any) -> dict[str, Any]:
    return {"MessageId": "id-1", "ReceiptHandle": "r-1", "MD5OfBody": "", "Body": "{}", **facts}


def text(value: str) -> dict[str, Any]:
    return {"DataType": "String", "StringValue": value}


# -- received messages -----------------------------------------------------------------------------------------------

FACTS: list[tuple[str, dict[str, Any], dict[str, object]]] = [
    ("ids", {}, {"messageId": "id-1", "receiptHandle": "r-1"}),
    ("sent at", {"Attributes": {"SentTimestamp": "1545082649183"}}, {"timestamp": 1545082649183}),
    ("a time that is none", {"Attributes": {"SentTimestamp": "now"}}, {"timestamp": "now"}),
    ("received", {"Attributes": {"ApproximateReceiveCount": "2"}}, {"receiveCount": 2}),
    ("first received", {"Attributes": {"ApproximateFirstReceiveTimestamp": "5"}}, {"firstReceived": 5}),
    ("sender", {"Attributes": {"SenderId": "AIDAIENQ"}}, {"senderId": "AIDAIENQ"}),
    ("trace", {"Attributes": {"AWSTraceHeader": "Root=1"}}, {"traceHeader": "Root=1"}),
    ("dead letter", {"Attributes": {"DeadLetterQueueSourceArn": "arn:q"}}, {"deadLetterSource": "arn:q"}),
    (
        "fifo",
        {"Attributes": {"MessageGroupId": "g", "MessageDeduplicationId": "d", "SequenceNumber": "18849"}},
        {"messageGroupId": "g", "messageDeduplicationId": "d", "sequenceNumber": "18849"},
    ),
    ("text", {"MessageAttributes": {"trace": text("a1")}}, {"trace": "a1"}),
    ("number", {"MessageAttributes": {"n": {"DataType": "Number", "StringValue": "3"}}}, {"n": 3}),
    ("decimal", {"MessageAttributes": {"n": {"DataType": "Number", "StringValue": "1.50"}}}, {"n": 1.5}),
    (
        "labelled number",
        {"MessageAttributes": {"n": {"DataType": "Number.int", "StringValue": "3"}}},
        {"n": 3, "type:n": "Number.int"},
    ),
    (
        "labelled text",
        {"MessageAttributes": {"n": {"DataType": "String.id", "StringValue": "3"}}},
        {"n": "3", "type:n": "String.id"},
    ),
    (
        "array",
        {"MessageAttributes": {"n": {"DataType": "String.Array", "StringValue": '["a", 1]'}}},
        {"n": ["a", 1]},
    ),
    ("bytes", {"MessageAttributes": {"n": {"DataType": "Binary", "BinaryValue": b"\xff"}}}, {"n": "base64:/w=="}),
    (
        "bytes that are text",
        {"MessageAttributes": {"n": {"DataType": "Binary", "BinaryValue": b"abc"}}},
        {"n": "abc", "type:n": "Binary"},
    ),
    (
        "text that looks like bytes",
        {"MessageAttributes": {"n": text("base64:/w==")}},
        {"n": "base64:/w==", "type:n": "String"},
    ),
    ("content type", {"MessageAttributes": {"Content-Type": text("text/plain")}}, {"contentType": "text/plain"}),
    ("called as a fact", {"MessageAttributes": {"queue": text("x")}}, {"header:queue": "x", "queue": None}),
    ("called as a topic's fact", {"MessageAttributes": {"subject": text("x")}}, {"header:subject": "x"}),
]


@pytest.mark.parametrize(("facts", "metadata"), [each[1:] for each in FACTS], ids=[each[0] for each in FACTS])
def test_metadata_of_a_received_message(facts: dict[str, Any], metadata: dict[str, object]) -> None:
    assert metadata.items() <= sqs.from_record(record(**facts)).metadata.items()


def test_what_is_not_known_is_not_there() -> None:
    assert sqs.from_record({"Body": "{}"}) == Message(b"{}")


@pytest.mark.parametrize("queue", [URL, "arn:aws:sqs:eu-central-1:123456789012:orders", "orders", URL + "/"])
def test_the_queue_by_its_url_arn_or_name(queue: str) -> None:
    assert sqs.from_record({"Body": "{}"}, queue).metadata == {"queue": "orders"}


def test_attributes_are_headers_of_their_exact_bytes() -> None:
    attributes = {
        "n": {"DataType": "Number", "StringValue": "1.50"},
        "b": {"DataType": "Binary", "BinaryValue": b"\xff"},
    }

    assert sqs.from_record(record(MessageAttributes=attributes)).headers == (("n", b"1.50"), ("b", b"\xff"))


MARKS = [
    ("content-transfer-encoding", "base64"),
    ("Content-Transfer-Encoding", "BASE64"),
    ("contentEncoding", "base64"),
    ("JMS_SQSMessageType", "byte"),
]


@pytest.mark.parametrize(("name", "value"), MARKS, ids=[f"{each[0]}={each[1]}" for each in MARKS])
def test_a_body_whose_attributes_say_that_it_is_base64(name: str, value: str) -> None:
    native = record(Body="AP8=", MessageAttributes={name: text(value)})

    message = sqs.from_record(native)

    assert message.contents == b"\x00\xff"
    assert sqs.to_send_message(message) == {"MessageBody": "AP8=", "MessageAttributes": {name: text(value)}}


@pytest.mark.parametrize("name", ["content-encoding", "JMS_SQSMessageType"])
def test_a_body_whose_attributes_say_something_else(name: str) -> None:
    assert sqs.from_record(record(Body="AP8=", MessageAttributes={name: text("text")})).contents == b"AP8="


NOT_READ: list[tuple[str, Any, str]] = [
    ("no message", {"MessageId": "1"}, r"Cannot read \{'MessageId': '1'\} as an SQS message: it has no Body"),
    ("no dict", "{}", "as an SQS message: it has no Body. Give one of the Messages that receive_message returns"),
    ("body of bytes", record(Body=b"{}"), "with the body b'{}': it is a bytes, not text"),
    (
        "not the base64 it is said to be",
        record(Body="{}", MessageAttributes={"content-encoding": text("base64")}),
        "with the body '{}': its attributes say that it is base64, and it is not",
    ),
    (
        "attribute without a value",
        record(MessageAttributes={"a": {"DataType": "String"}}),
        r"Cannot read the attribute 'a', \{'DataType': 'String'\}: .* Give it DataType and StringValue or BinaryValue",
    ),
    ("attribute that is none", record(MessageAttributes={"a": "1"}), "Cannot read the attribute 'a', '1'"),
]


@pytest.mark.parametrize(("native", "why"), [each[1:] for each in NOT_READ], ids=[each[0] for each in NOT_READ])
def test_what_is_no_message_of_sqs_is_refused(native: Any, why: str) -> None:
    with pytest.raises(UsageError, match=why):
        sqs.from_record(native)


# -- messages for handlers -------------------------------------------------------------------------------------------


def test_what_a_contract_states_is_in_the_message() -> None:
    metadata = {"queue": "orders", "trace": "a1", "attempt": 3, "messageGroupId": "g", "timestamp": 5}

    made = sqs.to_record(Message(b"{}", content_type="application/json", metadata=metadata))

    assert made["Body"] == "{}"
    assert made["MD5OfBody"] == "99914b932bd37a50b983c5e7c90ae93b"  # $ printf '{}' | md5sum
    assert made["Attributes"] == {"MessageGroupId": "g", "SentTimestamp": "5"}
    assert made["MessageAttributes"] == {
        "trace": text("a1"),
        "attempt": {"DataType": "Number", "StringValue": "3"},
        "content-type": text("application/json"),
    }


def test_a_message_has_an_id_and_a_handle_though_no_contract_states_them() -> None:
    made = sqs.to_record(Message(b"{}"))

    assert made.keys() == {"MessageId", "ReceiptHandle", "MD5OfBody", "Body"}
    assert made["MessageId"]
    assert made["ReceiptHandle"]


BODIES: list[tuple[str, bytes, str | None, str, bool]] = [
    ("JSON", b"{}", "application/json", "{}", False),
    ("text without a type", b"hi", None, "hi", False),
    ("bytes without a type", b"\xff", None, "/w==", True),
    ("control characters without a type", b"\x02a", None, "AmE=", True),
    ("characters that are none, without a type", "\uffff".encode(), None, "77+/", True),
    ("Avro", b"AB", "application/vnd.apache.avro", "QUI=", True),
    ("Avro, as Pact calls it", b"AB", "avro/binary", "QUI=", True),
    ("Protobuf", b"AB", "application/x-protobuf", "QUI=", True),
    ("an event in Protobuf", b"AB", "application/cloudevents+protobuf", "QUI=", True),
    ("an image", b"AB", "image/png", "QUI=", True),
    ("any bytes", b"AB", "application/octet-stream", "QUI=", True),
    ("a type of its own", b"AB", "application/yaml", "AB", False),
    ("no UTF-8", "é".encode("latin-1"), "text/plain; charset=latin-1", "6Q==", True),
]


@pytest.mark.parametrize(
    ("contents", "content_type", "body", "marked"), [each[1:] for each in BODIES], ids=[each[0] for each in BODIES]
)
def test_the_body_of_contents(contents: bytes, content_type: str | None, body: str, marked: bool) -> None:
    made = sqs.to_send_message(Message(contents, content_type=content_type))

    assert made["MessageBody"] == body
    assert made.get("MessageAttributes", {}).get("content-transfer-encoding") == (text("base64") if marked else None)


def test_contents_are_base64_where_it_is_stated() -> None:
    message = Message(b"{\x00}", content_type="application/json", metadata={"content-transfer-encoding": "base64"})

    assert sqs.to_send_message(message)["MessageBody"] == "ewB9"


REFUSED: list[tuple[str, Message, str]] = [
    ("tombstone", Message(None), r"Cannot make an SQS message of Message\(.*: its contents are a tombstone"),
    ("empty", Message(b""), r"its contents are empty, and a body there has at least one character"),
    (
        "control character in text",
        Message(b"a\x00", content_type="text/plain"),
        r"hold '\\x00' at character 1, .* base64: metadata=\{'content-transfer-encoding': 'base64'\}",
    ),
    ("null", Message(b"1", metadata={"a": None}), "an SQS attribute 'a' of None: it is a NoneType"),
    ("boolean", Message(b"1", metadata={"a": True}), "an SQS attribute 'a' of True: it is a bool"),
    ("object", Message(b"1", metadata={"a": {}}), r"an SQS attribute 'a' of \{\}: it is a dict"),
    ("empty attribute", Message(b"1", metadata={"a": ""}), "attribute 'a' of '': an attribute is never empty"),
    ("control in attribute", Message(b"1", metadata={"a": "\x00"}), r"text may not hold '\\x00'.*'type:a': 'Binary'"),
    ("name", Message(b"1", metadata={"a b": "1"}), "an SQS attribute called 'a b': a name is at most 256 letters"),
    ("name of AWS", Message(b"1", metadata={"aws.a": "1"}), "an SQS attribute called 'aws.a'"),
    ("name of dots", Message(b"1", metadata={"a..b": "1"}), r"an SQS attribute called 'a\.\.b'"),
    ("long name", Message(b"1", metadata={"a" * 257: "1"}), "an SQS attribute called 'aaa"),
    ("type", Message(b"1", metadata={"a": "1", "type:a": "Text"}), "'a' of the type 'Text': there is none"),
    ("type alone", Message(b"1", metadata={"type:a": "String"}), "attribute 'a' of 'type:a' alone: it has no value"),
    (
        "text as a number",
        Message(b"1", metadata={"a": "x", "type:a": "Number"}),
        "'a' of the type Number of 'x': it is no number",
    ),
    (
        "bytes as text",
        Message(b"1", metadata={"type:a": "String.x"}, headers=[("a", b"\xff")]),
        r"an SQS attribute 'a' of the type String.x of b'\\xff': it is no text",
    ),
    ("twice", Message(b"1", headers=[("a", b"1"), ("a", b"2")]), "an SQS message with the header 'a' twice"),
    (
        "eleven attributes",
        Message(b"1", metadata={f"a{number}": "1" for number in range(11)}),
        "an SQS message with 11 attributes: it has 10 at most, and these are a0, a1,",
    ),
    (
        "group",
        Message(b"1", metadata={"messageGroupId": 1}),
        "an SQS message of messageGroupId 1: it is a int. State text",
    ),
    ("time", Message(b"1", metadata={"timestamp": "5"}), "an SQS message of timestamp '5': it is a str. State a whole"),
]


@pytest.mark.parametrize(("message", "why"), [each[1:] for each in REFUSED], ids=[each[0] for each in REFUSED])
def test_what_a_message_of_sqs_cannot_hold_is_refused(message: Message, why: str) -> None:
    with pytest.raises(DeclarationError, match=why):
        sqs.to_record(message)


def test_a_handler_that_takes_the_native_message_is_given_one() -> None:
    consumer = msgpact.Consumer("shop", provider="orders")

    @consumer.expects("an order was placed", contents={"id": 42}, metadata={"attempt": 1}, via=sqs.to_record)
    def handle(native: dict[str, Any]) -> tuple[object, ...]:
        return native["Body"], native["MessageAttributes"]["attempt"]

    [case] = consumer_cases(consumer, seed=1)
    assert case.deliver() == ('{"id":42}', {"DataType": "Number", "StringValue": "1"})


def test_a_contract_about_contents_that_are_no_text(tmp_path: Path) -> None:
    order = Avro({"type": "record", "name": "Order", "fields": [{"name": "id", "type": "long"}]})
    consumer, provider = msgpact.Consumer("shop", provider="orders"), msgpact.Provider("orders")
    bodies = []

    @consumer.expects("an order was placed", contents={"id": match.integer(42)}, serializer=order, via=sqs.to_record)
    def handle(native: dict[str, Any]) -> None:
        bodies.append(native["Body"])

    @provider.produces("an order was placed", serializer=order)
    def placed() -> Message:
        attributes = {"content-type": text("avro/binary;record=Order"), "content-transfer-encoding": text("base64")}
        return sqs.from_send_message(QueueUrl=URL, MessageBody="Dg==", MessageAttributes=attributes)  # 7

    assert msgpact.record(consumer, tmp_path).ok
    assert bodies == ["VA=="]  # 42 is 0x54 as Avro writes it
    assert msgpact.verify(provider, tmp_path).ok


# -- what producers are called with ----------------------------------------------------------------------------------


def test_the_message_of_a_call() -> None:
    message = sqs.from_send_message(
        QueueUrl=URL + ".fifo",
        MessageBody="{}",
        MessageAttributes={"content-type": text("application/json")},
        MessageSystemAttributes={"AWSTraceHeader": text("Root=1")},
        DelaySeconds=0,
        MessageGroupId="g",
        MessageDeduplicationId="d",
    )

    assert message.contents == b"{}"
    assert message.metadata == {
        "queue": "orders.fifo",
        "contentType": "application/json",
        "traceHeader": "Root=1",
        "delaySeconds": 0,
        "messageGroupId": "g",
        "messageDeduplicationId": "d",
    }


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        pytest.param(
            {"MessageBody": "{}", "Body": "{}"}, "the arguments Body of send_message: it takes none", id="other"
        ),
        pytest.param({"QueueUrl": URL}, "the arguments of send_message: MessageBody is not among them", id="no body"),
    ],
)
def test_what_is_no_call_is_refused(arguments: dict[str, Any], why: str) -> None:
    with pytest.raises(UsageError, match=why):
        sqs.from_send_message(**arguments)


def test_the_call_for_a_message() -> None:
    message = Message(b"{}", metadata={"queue": "orders", "messageGroupId": "g", "messageId": "known later"})

    assert sqs.to_send_message(message) == {"MessageBody": "{}", "MessageGroupId": "g"}
    assert sqs.to_send_message(message, URL) == {"QueueUrl": URL, "MessageBody": "{}", "MessageGroupId": "g"}
    assert sqs.to_entry(message, "1") == {"Id": "1", "MessageBody": "{}", "MessageGroupId": "g"}


# -- any message -----------------------------------------------------------------------------------------------------


def stated(native: dict[str, Any]) -> dict[str, Any]:
    """Without what says nothing: no attributes are the same as none stated; the digest follows from the body."""
    return {name: value for name, value in native.items() if value != {} and name != "MD5OfBody"}


@given(messages)
def test_any_received_message_comes_back(native: dict[str, Any]) -> None:
    assert stated(sqs.to_record(sqs.from_record(native))) == stated(native)


@given(sent_messages)
def test_any_call_comes_back(call: dict[str, Any]) -> None:
    assert sqs.to_send_message(sqs.from_send_message(QueueUrl=URL, **call), URL) == stated({"QueueUrl": URL, **call})
    assert sqs.to_entry(sqs.from_entry({"Id": "1", **call}), "1") == stated({"Id": "1", **call})


@given(st.binary(min_size=1), st.dictionaries(plain_names, texts, max_size=3))
def test_any_contents_come_back(contents: bytes, metadata: dict[str, object]) -> None:
    message = Message(contents, metadata=metadata)

    again = sqs.from_record(sqs.to_record(message))

    assert again.contents == contents
    assert {name: again.metadata[name] for name in message.metadata} == message.metadata


@given(messages)
def test_a_contracts_view_alone_makes_the_same_view(native: dict[str, Any]) -> None:
    message = sqs.from_record(native)
    assume(has_plain_content_type(message))
    alone = Message(message.contents, metadata=message.metadata)

    again = sqs.from_record(sqs.to_record(alone))

    assert (again.contents, again.metadata) == (message.contents, message.metadata)


@given(sent_messages)
def test_producer_and_consumer_see_the_same_contract(call: dict[str, Any]) -> None:
    sent = sqs.from_send_message(QueueUrl=URL, **call)
    came = sqs.from_record({"Body": call["MessageBody"], "MessageAttributes": call.get("MessageAttributes")}, URL)

    of_attributes = sent.metadata.keys() - {*sqs.RESERVED}
    assert {name: sent.metadata[name] for name in of_attributes} == {
        name: came.metadata[name] for name in of_attributes
    }
    assert came.metadata.keys() - {*sqs.RESERVED} == of_attributes


# -- through a queue -------------------------------------------------------------------------------------------------

SENT: list[tuple[str, Message]] = [
    ("JSON", Message(b'{"id":42}', content_type="application/json", metadata={"trace": "a1", "attempt": 3})),
    ("bytes", Message(b"\x00\xff", content_type="application/vnd.apache.avro")),
    ("an attribute of bytes", Message(b"{}", metadata={"key": "base64:/w==", "kind": "x", "type:kind": "Binary"})),
    ("labels", Message(b"{}", metadata={"a": 1, "type:a": "Number.int", "b": "x", "type:b": "String.id"})),
    ("ten attributes", Message(b"{}", metadata={f"a{number}": number for number in range(10)})),
    ("text of other planes", Message("é😀\t\n".encode(), content_type="text/plain")),
]


@pytest.mark.parametrize("message", [each[1] for each in SENT], ids=[each[0] for each in SENT])
def test_a_message_that_travelled(aws: None, message: Message) -> None:
    client = boto3.client("sqs")
    url = client.create_queue(QueueName="orders")["QueueUrl"]
    client.send_message(**sqs.to_send_message(message, url))
    assert not client.send_message_batch(QueueUrl=url, Entries=[sqs.to_entry(message, "1")]).get("Failed")

    for _ in range(2):
        [native] = client.receive_message(
            QueueUrl=url, MessageAttributeNames=["All"], MessageSystemAttributeNames=["All"]
        )["Messages"]
        came = sqs.from_record(native, url)

        assert came.contents == message.contents
        assert message.metadata.items() <= came.metadata.items()
        assert came.metadata["queue"] == "orders"
        assert came.metadata["receiveCount"] == 1
        client.delete_message(QueueUrl=url, ReceiptHandle=came.metadata["receiptHandle"])


def test_a_message_that_travelled_in_order(aws: None) -> None:
    client = boto3.client("sqs")
    url = client.create_queue(QueueName="orders.fifo", Attributes={"FifoQueue": "true"})["QueueUrl"]
    ids = {"messageGroupId": "42", "messageDeduplicationId": "a1"}
    client.send_message(**sqs.to_send_message(Message(b"{}", metadata=ids), url))

    [native] = client.receive_message(QueueUrl=url, AttributeNames=["All"])["Messages"]

    assert ids.items() <= sqs.from_record(native, url).metadata.items()
