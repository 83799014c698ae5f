"""Capturing what boto3 sends to SNS and SQS: as the services would get it, answered as they answer, and nothing else touched."""

import asyncio
import contextlib
import threading
import uuid
from collections.abc import Callable, Iterator
from queue import SimpleQueue
from typing import Any

import boto3
import pytest
from botocore.client import BaseClient
from botocore.exceptions import ClientError, EndpointConnectionError, ParamValidationError
from pacts import Raw, message, pact

import msgpact
from msgpact import InteractionResult, Message, match
from msgpact.adapters import sns_sqs
from msgpact.adapters.embedded_sns_sqs import EmbeddedSnsSqs
from msgpact.captured import Sink
from msgpact.model import InteractionType, MessageSequence
from msgpact.records import sns, sqs
from msgpact.results import Outcome

TOPIC = "arn:aws:sns:eu-central-1:123456789012:orders"
QUEUE = "https://sqs.eu-central-1.amazonaws.com/123456789012/orders"
BODY = '{"id": 42}'
TO_TOPIC = message(metadata={"topic": "orders"})
TO_QUEUE = message(metadata={"queue": "orders"})


@pytest.fixture(autouse=True)
def nowhere(monkeypatch: pytest.MonkeyPatch) -> None:
    """No credentials, and nobody to answer."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")


def client(service: str, **more: Any) -> Any:
    return boto3.client(service, region_name="eu-central-1", endpoint_url="http://127.0.0.1:1", **more)


@pytest.fixture
def orders() -> msgpact.Provider:
    return msgpact.Provider("orders")


def verified(orders: msgpact.Provider, raw: Raw) -> InteractionResult:
    (result,) = msgpact.verify(orders, pact(raw)).results
    return result


def captured(publish: Callable[[], object]) -> tuple[Message, ...]:
    sink = Sink("the test")
    with sns_sqs.capture().capturing(sink):
        publish()
    return sink.messages


# -- what the services get -------------------------------------------------------------------------------------------

TYPED = {
    "event": {"DataType": "String", "StringValue": "placed"},
    "attempt": {"DataType": "Number", "StringValue": "3"},
    "raw": {"DataType": "Binary", "BinaryValue": b"\xff\x00"},
    "tags": {"DataType": "String.Array", "StringValue": '["a", "b"]'},
    "content-type": {"DataType": "String", "StringValue": "application/json"},
}


@pytest.fixture(scope="module")
def services(embedded_sqs: EmbeddedSnsSqs) -> tuple[Any, Any, str, str]:
    """Clients that reach something, a topic, and a queue that has subscribed to it."""
    sns_client, sqs_client = embedded_sqs.client("sns"), embedded_sqs.client("sqs")
    topic = sns_client.create_topic(Name=f"topic-{uuid.uuid4()}")["TopicArn"]
    queue = sqs_client.create_queue(QueueName=f"queue-{uuid.uuid4()}")["QueueUrl"]
    arn = sqs_client.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    sns_client.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)
    return sns_client, sqs_client, topic, queue


def to_a_topic(sns_client: Any, sqs_client: Any, topic: str, queue: str) -> list[Any]:
    return [sns_client.publish(TopicArn=topic, Message=BODY, Subject="placed", MessageAttributes=TYPED)]


def together_to_a_topic(sns_client: Any, sqs_client: Any, topic: str, queue: str) -> list[Any]:
    entries = [{"Id": str(index), "Message": f"{index}"} for index in range(3)]
    return [sns_client.publish_batch(TopicArn=topic, PublishBatchRequestEntries=entries)]


def structured(sns_client: Any, sqs_client: Any, topic: str, queue: str) -> list[Any]:
    return [sns_client.publish(TopicArn=topic, Message='{"default": "a", "sqs": "b"}', MessageStructure="json")]


def to_a_queue(sns_client: Any, sqs_client: Any, topic: str, queue: str) -> list[Any]:
    trace = {"AWSTraceHeader": {"DataType": "String", "StringValue": "Root=1"}}
    return [
        sqs_client.send_message(QueueUrl=queue, MessageBody=BODY, MessageAttributes=TYPED),
        sqs_client.send_message(QueueUrl=queue, MessageBody="Grüße", MessageSystemAttributes=trace),
    ]


def together_to_a_queue(sns_client: Any, sqs_client: Any, topic: str, queue: str) -> list[Any]:
    entries = [
        {"Id": "a", "MessageBody": BODY, "MessageAttributes": {"event": TYPED["event"]}},
        {"Id": "b", "MessageBody": "2"},
    ]
    return [sqs_client.send_message_batch(QueueUrl=queue, Entries=entries)]


def by_a_resource(sns_client: Any, sqs_client: Any, topic: str, queue: str) -> list[Any]:
    keys = {"aws_access_key_id": "test", "aws_secret_access_key": "test", "region_name": "us-east-1"}
    resource = boto3.resource("sqs", endpoint_url=sqs_client.meta.endpoint_url, **keys)
    return [resource.Queue(queue).send_message(MessageBody=BODY)]


def received(sqs_client: Any, queue: str, count: int) -> list[Message]:
    records: list[Any] = []
    while len(records) < count:
        answer = sqs_client.receive_message(
            QueueUrl=queue,
            MaxNumberOfMessages=10,
            MessageAttributeNames=["All"],
            MessageSystemAttributeNames=["All"],
            WaitTimeSeconds=5,
        )
        records += answer["Messages"]
    for each in records:
        sqs_client.delete_message(QueueUrl=queue, ReceiptHandle=each["ReceiptHandle"])
    return [sns.from_sqs(each, queue) for each in records]


def said(message: Message) -> tuple[object, ...]:
    """What a sender decides; the queue of what came by a topic is the subscription's."""
    given = ("topic", "subject", "traceHeader", *(name for name in message.metadata if name not in sqs.ALL_RESERVED))
    metadata = {name: message.metadata[name] for name in given if message.metadata.get(name) is not None}
    return message.contents, tuple(sorted(message.headers)), sorted(metadata.items(), key=str)


def shape(answer: Any) -> Any:
    """An answer without what is made up for it; moto does not answer with the hash of system attributes, as AWS does."""
    left_out = ("ResponseMetadata", "MessageId", "MD5OfMessageSystemAttributes")
    match answer:
        case dict():
            kept = {name: shape(each) for name, each in answer.items() if name not in left_out}
            return {**kept, "MessageId": "…"} if "MessageId" in answer else kept
        case list():
            return [shape(each) for each in answer]
    return answer


PUBLISHING = [to_a_topic, together_to_a_topic, structured, to_a_queue, together_to_a_queue, by_a_resource]


@pytest.mark.parametrize("publish", PUBLISHING, ids=lambda each: each.__name__)
def test_the_same_messages_and_answers(services: tuple[Any, Any, str, str], publish: Callable[..., list[Any]]) -> None:
    answers: list[Any] = []
    messages = captured(lambda: answers.extend(publish(*services)))
    real = publish(*services)
    _, sqs_client, _, queue = services

    came = received(sqs_client, queue, len(messages))

    assert sorted(map(said, messages), key=str) == sorted(map(said, came), key=str)
    # Which are there although they are empty differs between the services and what stands in for them.
    assert [{**shape(each), "Failed": []} for each in answers] == [{**shape(each), "Failed": []} for each in real]


def test_a_fifo_queue_and_topic() -> None:
    def publish() -> None:
        to = client("sns").publish(
            TopicArn=f"{TOPIC}.fifo", Message=BODY, MessageGroupId="g", MessageDeduplicationId="d"
        )
        sent = client("sqs").send_message(QueueUrl=f"{QUEUE}.fifo", MessageBody=BODY, MessageGroupId="g")
        assert sent["SequenceNumber"] > to["SequenceNumber"]

    topic, queue = captured(publish)

    assert (topic.metadata["messageGroupId"], topic.metadata["messageDeduplicationId"]) == ("g", "d")
    assert queue.metadata["messageGroupId"] == "g"


def entries(*ids: str, body: str = BODY) -> list[Raw]:
    return [{"Id": each, "MessageBody": body} for each in ids]


def batch(*given: Raw) -> Callable[[], object]:
    return lambda: client("sqs").send_message_batch(QueueUrl=QUEUE, Entries=list(given))


def published(*ids: str) -> Callable[[], object]:
    listed = [{"Id": each, "Message": BODY} for each in ids]
    return lambda: client("sns").publish_batch(TopicArn=TOPIC, PublishBatchRequestEntries=listed)


def sent(**more: Any) -> Callable[[], object]:
    return lambda: client("sqs").send_message(**{"QueueUrl": QUEUE, "MessageBody": BODY, **more})


REFUSED: dict[str, tuple[Callable[[], object], str]] = {
    "no entries": (batch(), "AWS.SimpleQueueService.EmptyBatchRequest"),
    "eleven": (batch(*entries(*"abcdefghijk")), "AWS.SimpleQueueService.TooManyEntriesInBatchRequest"),
    "the same id": (batch(*entries("a", "a")), "AWS.SimpleQueueService.BatchEntryIdsNotDistinct"),
    "too much together": (
        batch(*entries("a", "b", body="x" * 600_000)),
        "AWS.SimpleQueueService.BatchRequestTooLong",
    ),
    "an empty body": (sent(MessageBody=""), "MissingParameter"),
    "a NUL": (sent(MessageBody="\x00"), "InvalidMessageContents"),
    "too long a body": (sent(MessageBody="x" * 1_048_577), "InvalidParameterValue"),
    "eleven attributes": (
        sent(MessageAttributes={f"a{n}": TYPED["event"] for n in range(11)}),
        "InvalidParameterValue",
    ),
    "no group": (sent(QueueUrl=f"{QUEUE}.fifo"), "MissingParameter"),
    "no entries to publish": (published(), "EmptyBatchRequest"),
    "eleven to publish": (published(*"abcdefghijk"), "TooManyEntriesInBatchRequest"),
    "an empty message": (lambda: client("sns").publish(TopicArn=TOPIC, Message=""), "InvalidParameter"),
    "too long a message": (lambda: client("sns").publish(TopicArn=TOPIC, Message="x" * 262_145), "InvalidParameter"),
    "no topic": (lambda: client("sns").publish(Message=BODY), "InvalidParameter"),
    "no group to publish": (lambda: client("sns").publish(TopicArn=f"{TOPIC}.fifo", Message=BODY), "InvalidParameter"),
}


@pytest.mark.parametrize(("publish", "code"), REFUSED.values(), ids=REFUSED)
def test_what_the_services_refuse(publish: Callable[[], object], code: str) -> None:
    def refused() -> None:
        with pytest.raises(ClientError) as caught:
            publish()
        assert caught.value.response["Error"]["Code"] == code

    assert captured(refused) == ()


def test_a_batch_of_which_one_is_refused() -> None:
    answers: list[Any] = []

    (kept,) = captured(lambda: answers.append(batch(*entries("a"), *entries("b", body="\x00"))()))

    assert kept.contents == BODY.encode()
    assert [each["Id"] for each in answers[0]["Successful"]] == ["a"]
    assert [(each["Id"], each["Code"]) for each in answers[0]["Failed"]] == [("b", "InvalidMessageContents")]


def test_what_boto3_itself_refuses() -> None:
    def refused() -> None:
        with pytest.raises(ParamValidationError):
            client("sqs").send_message(QueueUrl=QUEUE)

    assert captured(refused) == ()


def test_hooks_of_the_application_have_run() -> None:
    def add_trace(params: Raw, **_: object) -> None:
        params["MessageAttributes"] = {"trace": {"DataType": "String", "StringValue": "1"}}

    def publish() -> None:
        hooked = client("sns")
        hooked.meta.events.register("provide-client-params.sns.Publish", add_trace)
        hooked.publish(TopicArn=TOPIC, Message=BODY)

    (caught,) = captured(publish)

    assert caught.metadata["trace"] == "1"


# -- verified --------------------------------------------------------------------------------------------------------


def test_a_client_that_was_made_before_and_one_that_is_made_meanwhile(orders: msgpact.Provider) -> None:
    before = client("sns")

    @orders.produces("an order was placed", capture=sns_sqs.capture())
    def placed() -> None:
        before.publish(TopicArn=TOPIC, Message=BODY)

    @orders.produces("an order was returned", capture=sns_sqs.capture())
    def returned() -> None:
        client("sqs").send_message(QueueUrl=QUEUE, MessageBody=BODY)

    assert verified(orders, TO_TOPIC).outcome is Outcome.PASSED
    assert verified(orders, {**TO_QUEUE, "description": "an order was returned"}).outcome is Outcome.PASSED


def test_to_another_topic(orders: msgpact.Provider) -> None:
    @orders.produces("an order was placed", capture=sns_sqs.capture())
    def placed() -> None:
        client("sns").publish(TopicArn=f"{TOPIC}-v2", Message=BODY)

    result = verified(orders, TO_TOPIC)

    assert result.outcome is Outcome.BROKEN
    assert "sent nothing to topic 'orders'. What it sent:\n  topic 'orders-v2': 10 bytes" in result.text


def test_what_is_for_a_telephone_or_a_device_does_not_count(orders: msgpact.Provider) -> None:
    @orders.produces("an order was placed", capture=sns_sqs.capture())
    def placed() -> None:
        client("sns").publish(PhoneNumber="+49123", Message="placed")
        client("sns").publish(TargetArn="arn:aws:sns:eu-central-1:123456789012:endpoint/GCM/app/1", Message="placed")

    result = verified(orders, TO_TOPIC)

    assert result.outcome is Outcome.BROKEN
    assert "6 bytes (not sent: it is for a telephone)" in result.text


def test_deployed_names(orders: msgpact.Provider) -> None:
    @orders.produces("an order was placed", capture=sns_sqs.capture(names={"orders": "eu-orders"}))
    def placed() -> None:
        client("sns").publish(TopicArn=TOPIC.replace("orders", "eu-orders"), Message=BODY)

    assert verified(orders, TO_TOPIC).outcome is Outcome.PASSED


def test_other_calls_are_let_through(orders: msgpact.Provider) -> None:
    keys = {"aws_access_key_id": "test", "aws_secret_access_key": "test"}

    @orders.produces("an order was placed", capture=sns_sqs.capture())
    def placed() -> None:
        client("sns", **keys).publish(TopicArn=TOPIC, Message=BODY)
        with pytest.raises(EndpointConnectionError):
            client("s3", **keys).put_object(Bucket="b", Key="k", Body=b"")
        with pytest.raises(EndpointConnectionError):
            client("sqs", **keys).get_queue_url(QueueName="orders")

    assert verified(orders, TO_TOPIC).outcome is Outcome.PASSED


def test_everything_is_put_back(orders: msgpact.Provider) -> None:
    before = dict(vars(BaseClient))

    @orders.produces("an order was placed", capture=sns_sqs.capture())
    def placed() -> None:
        client("sns").publish(TopicArn=TOPIC, Message=BODY)
        raise OSError("disk full")

    assert verified(orders, TO_TOPIC).outcome is Outcome.RAISED
    assert dict(vars(BaseClient)) == before


# -- in which context ------------------------------------------------------------------------------------------------


def test_two_at_once_do_not_disturb_each_other() -> None:
    async def verify(id: int) -> InteractionResult:
        orders = msgpact.Provider("orders")

        @orders.produces("an order was placed", capture=sns_sqs.capture())
        async def placed() -> None:
            await together.wait()
            await asyncio.to_thread(client("sns").publish, TopicArn=TOPIC, Message=f'{{"id": {id}}}')
            await together.wait()

        (result,) = (
            await msgpact.averify(orders, pact(message(rules={"$.id": {"match": "integer"}}, contents={"id": id})))
        ).results
        return result

    async def both() -> tuple[InteractionResult, ...]:
        return tuple(await asyncio.gather(verify(1), verify(2)))

    together = asyncio.Barrier(2)

    assert [(each.outcome, each.text) for each in asyncio.run(both())] == [(Outcome.PASSED, "")] * 2


def test_a_thread_that_the_application_starts(orders: msgpact.Provider) -> None:
    @orders.produces("an order was placed", capture=sns_sqs.capture())
    def placed() -> None:
        sending = client("sns")
        thread = threading.Thread(target=lambda: sending.publish(TopicArn=TOPIC, Message=BODY))
        thread.start()
        thread.join()

    assert verified(orders, TO_TOPIC).outcome is Outcome.PASSED


@pytest.fixture
def worker() -> Iterator[SimpleQueue[Any]]:
    """A thread that runs before anything is captured, and does what it is given."""
    jobs: SimpleQueue[Any] = SimpleQueue()

    def work() -> None:
        while (job := jobs.get()) is not None:
            job()

    thread = threading.Thread(target=work, name="a worker")
    thread.start()
    yield jobs
    jobs.put(None)
    thread.join()


@pytest.mark.parametrize("everywhere", [True, False])
def test_a_thread_that_ran_before(orders: msgpact.Provider, worker: SimpleQueue[Any], everywhere: bool) -> None:
    done = threading.Event()
    sending = client("sns", aws_access_key_id="test", aws_secret_access_key="test")

    def send() -> None:
        try:
            sending.publish(TopicArn=TOPIC, Message=BODY)
        except EndpointConnectionError:
            pass
        finally:
            done.set()

    @orders.produces("an order was placed", capture=sns_sqs.capture(everywhere=everywhere))
    def placed() -> None:
        worker.put(send)
        assert done.wait(60)

    result = verified(orders, TO_TOPIC)

    assert result.outcome is (Outcome.PASSED if everywhere else Outcome.BROKEN)
    assert everywhere or f"the thread 'a worker' sent to '{TOPIC}' by a client that does not capture" in result.text
    assert everywhere or "sns_sqs.capture(everywhere=True)" in result.text


def test_a_thread_that_works_for_one_of_two(orders: msgpact.Provider) -> None:
    refused: list[str] = []

    def send() -> None:
        try:
            client("sns").publish(TopicArn=TOPIC, Message=BODY)
        except msgpact.errors.UsageError as error:
            refused.append(str(error))

    with sns_sqs.capture().capturing(Sink("'one'")):
        inner = threading.Thread(target=lambda: captured(lambda: started(send)))
        inner.start()
        inner.join()

    assert "the messages of 'one' and of the test are captured, and nothing says for which" in refused[0]


def started(function: Callable[[], None]) -> None:
    thread = threading.Thread(target=function)
    thread.start()
    thread.join()


def test_a_capture_within_another(orders: msgpact.Provider) -> None:
    def both() -> None:
        client("sns").publish(TopicArn=TOPIC, Message="outer")
        assert [each.contents for each in captured(lambda: client("sns").publish(TopicArn=TOPIC, Message="inner"))] == [
            b"inner"
        ]
        client("sns").publish(TopicArn=TOPIC, Message="outer again")

    assert [each.contents for each in captured(both)] == [b"outer", b"outer again"]


def test_it_is_the_contract_that_counts(orders: msgpact.Provider) -> None:
    shop = msgpact.Consumer("shop", provider="orders")

    @shop.expects(
        "an order was placed",
        contents={"id": match.integer(42)},
        metadata={"topic": "orders", "event": "placed", "attempt": match.integer(1)},
    )
    def handle(order: object) -> None: ...

    (expectation,) = shop.expectations

    @orders.produces("an order was placed", capture=sns_sqs.capture())
    def placed() -> None:
        attributes = {"event": TYPED["event"], "attempt": {"DataType": "String", "StringValue": "1"}}
        client("sns").publish(TopicArn=TOPIC, Message=BODY, MessageAttributes=attributes)

    contract = msgpact.Contract("shop", "orders", (expectation.interaction,))
    (result,) = msgpact.verify(orders, contract).results

    assert [str(each) for each in result.mismatches] == [
        'metadata attempt: expected an integer, such as 1, got "1" (a string)'
    ]


def test_nothing_else_may_not_be_said_while_others_send(orders: msgpact.Provider, worker: SimpleQueue[Any]) -> None:
    """Whether it was the action's is not known."""
    done = threading.Event()
    sending = client("sns", aws_access_key_id="test", aws_secret_access_key="test")

    def send() -> None:
        with contextlib.suppress(EndpointConnectionError):
            sending.publish(TopicArn=TOPIC, Message=BODY)
        done.set()

    @orders.action("checkout fails", capture=sns_sqs.capture())
    def checkout() -> None:
        worker.put(send)
        assert done.wait(60)

    sequence = MessageSequence(InteractionType.ASYNCHRONOUS_MESSAGE, "checkout fails", within=("orders",))
    contract = msgpact.Contract("shop", "orders", pact(TO_TOPIC).interactions, sequences=(sequence,))
    (result,) = msgpact.verify(orders, contract, description="checkout fails").results

    assert result.outcome is Outcome.BROKEN
    assert "reached a client that does not capture: the thread 'a worker' sent to" in result.text
