"""A Lambda function that SQS invokes: what it handles, what it names as failed, what goes to the dead letters."""

import asyncio
import json
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from botocore.config import Config
from botocore.exceptions import EndpointConnectionError
from lambda_poller import invoke
from sqs_servers import SqsServer, queue

from msgpact import Consumer, Message
from msgpact.adapters import sns_sqs
from msgpact.errors import DeclarationError, Unavailable, UsageError, WrongDriver
from msgpact.records import aws_lambda, sqs

UNREADABLE = b"{ no JSON"


class Poison(Exception):
    """What a handler raises."""


class Noting:
    """A consumer whose handler notes the ids, and raises of some."""

    def __init__(self, *poison: int, is_async: bool = False, **stated: Any) -> None:
        self.seen: list[int] = []
        self.shop = Consumer("shop", provider="orders")
        self.poison = set(poison)

        def placed(order: dict[str, Any]) -> None:
            self.seen.append(order["id"])
            if order["id"] in self.poison:
                raise Poison

        async def aplaced(order: dict[str, Any]) -> None:
            await asyncio.sleep(0)
            placed(order)

        said = {"contents": {"id": 1}, "metadata": {"queue": "orders"}, **stated}
        self.shop.expects("an order", **said)(aplaced if is_async else placed)


def sent(*orders: object, queue: str = "orders", **facts: str) -> dict[str, Any]:
    """An event; the message of number n has the id n."""
    messages = [
        Message(
            each if isinstance(each, bytes) else json.dumps(each).encode(),
            metadata={"queue": queue, "messageId": str(number), **facts},
        )
        for number, each in enumerate(orders)
    ]
    return aws_lambda.to_sqs_event(*messages)


def failures(answer: dict[str, Any]) -> list[str]:
    assert answer.keys() == {"batchItemFailures"}
    return [each["itemIdentifier"] for each in answer["batchItemFailures"]]


# -- what is handled --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("is_async", [False, True], ids=["plain", "a coroutine"])
def test_what_was_not_handled_is_named(is_async: bool, caplog: pytest.LogCaptureFixture) -> None:
    noting = Noting(2, is_async=is_async)
    function = sns_sqs.lambda_handler(noting.shop)

    assert failures(function(sent({"id": 1}, {"id": 2}, {"id": 3}), None)) == ["1"]
    assert failures(function(sent({"id": 4}), None)) == []
    assert noting.seen == [1, 2, 3, 4]
    (logged,) = [each for each in caplog.records if each.levelname == "ERROR"]
    assert logged.message.startswith("a message was not handled by tests/adapters/test_sqs_lambda.py")
    assert logged.message.endswith("it raised Poison")


@pytest.mark.parametrize("is_asked_for", [False, True])
def test_what_an_exception_says_is_logged_where_that_is_asked_for(
    is_asked_for: bool, caplog: pytest.LogCaptureFixture
) -> None:
    shop = Consumer("shop", provider="orders")

    @shop.expects("an order", contents={"id": 1}, metadata={"kind": "placed"})
    def placed(order: dict[str, object]) -> None:
        raise LookupError("secret")

    function = sns_sqs.lambda_handler(shop, log_payloads=is_asked_for)

    assert failures(function(sent({"id": 1}), None)) == ["0"]
    assert "LookupError" in caplog.text
    assert ("LookupError: secret" in caplog.text) is is_asked_for


def test_coroutines_run_on_one_event_loop_and_plain_functions_on_none() -> None:
    loops = list[object]()
    shop = Consumer("shop", provider="orders")

    @shop.expects("an order", contents={"id": 1}, metadata={"kind": "placed"})
    async def placed(_: object) -> None:
        loops.append(asyncio.get_running_loop())

    @shop.expects("a withdrawal", contents={"id": 1}, metadata={"kind": "withdrawn"})
    def withdrawn(_: object) -> None:
        with pytest.raises(RuntimeError, match="no running event loop"):
            asyncio.get_running_loop()

    function = sns_sqs.lambda_handler(shop, discriminator="kind")
    for kind in ("placed", "withdrawn", "placed"):
        assert failures(function(sent({"id": 1}, kind=kind), None)) == []

    assert len(loops) == 2
    assert loops[0] is loops[1]


def test_a_coroutine_that_is_cancelled_from_within_has_failed() -> None:
    shop = Consumer("shop", provider="orders")

    @shop.expects("an order", contents={"id": 1}, metadata={"queue": "orders"})
    async def placed(_: object) -> None:
        raise asyncio.CancelledError

    assert failures(sns_sqs.lambda_handler(shop)(sent({"id": 1}), None)) == ["0"]


def test_of_a_group_nothing_is_handled_after_a_failure() -> None:
    noting = Noting(2, contents={"id": 1}, metadata={"queue": "orders"})
    messages = [
        Message(
            b'{"id": %d}' % n,
            metadata={"queue": "orders.fifo", "messageId": str(n), "messageGroupId": "ab"[n % 2]},
        )
        for n in range(1, 7)
    ]
    function = sns_sqs.lambda_handler(noting.shop, names={"orders": "orders.fifo"})

    assert failures(function(aws_lambda.to_sqs_event(*messages), None)) == ["2", "4", "6"]
    assert noting.seen == [1, 2, 3, 5]


def test_a_group_of_a_queue_without_order_goes_on() -> None:
    noting = Noting(1)

    assert failures(sns_sqs.lambda_handler(noting.shop)(sent({"id": 1}, {"id": 2}, messageGroupId="a"), None)) == ["0"]
    assert noting.seen == [1, 2]


def test_what_a_topic_brings_in_envelopes() -> None:
    noting = Noting(metadata={"topic": "orders"})
    message = Message(b'{"id": 1}', metadata={"topic": "eu-orders"})
    function = sns_sqs.lambda_handler(noting.shop, names={"orders": "eu-orders"})

    assert failures(function(aws_lambda.to_sns_sqs_event(message), None)) == []
    assert noting.seen == [1]


def test_what_is_outside_the_message_is_a_failure() -> None:
    def away(_: bytes) -> object:
        raise Unavailable("the registry is away")

    shop = Consumer("shop", provider="orders")
    shop.expects("an order", contents={"id": 1}, metadata={"queue": "orders"}, decode=away)(print)

    assert failures(sns_sqs.lambda_handler(shop)(sent({"id": 1}), None)) == ["0"]


# -- what is not handled ----------------------------------------------------------------------------------------------


def test_what_cannot_be_decoded_is_a_failure_where_there_are_no_dead_letters() -> None:
    noting = Noting()

    assert failures(sns_sqs.lambda_handler(noting.shop)(sent(UNREADABLE, {"id": 1}), None)) == ["0"]
    assert noting.seen == [1]


@pytest.mark.parametrize(("mode", "failed"), [("observe", []), ("enforce", ["0"])])
def test_what_breaks_the_contract(mode: Any, failed: list[str], caplog: pytest.LogCaptureFixture) -> None:
    noting = Noting()

    assert failures(sns_sqs.lambda_handler(noting.shop, mode=mode)(sent({"id": "a secret"}), None)) == failed
    assert "a message breaks the contract of 'an order': $.id is not a number" in caplog.text
    assert "secret" not in caplog.text


@pytest.mark.parametrize(("policy", "failed"), [("ack", []), ("fail", ["0"])])
def test_what_no_handler_expects(policy: Any, failed: list[str], caplog: pytest.LogCaptureFixture) -> None:
    noting = Noting()
    function = sns_sqs.lambda_handler(noting.shop, on_unrouted=policy)

    assert failures(function(sent({"id": 1}, queue="invoices"), None)) == failed
    assert "no handler expects a message at invoices" in caplog.text


def test_dead_letters_say_why(embedded_sqs: SqsServer) -> None:
    client, dead, noting = embedded_sqs.client("sqs"), queue(embedded_sqs), Noting()
    function = sns_sqs.lambda_handler(
        noting.shop, dead_letter=dead, client=client, mode="enforce", on_unrouted="dead_letter", discriminator="$.kind"
    )
    orders = [UNREADABLE, {"id": "1"}, {"id": 2}, {"id": 3, "kind": "lost"}]

    assert failures(function(sent(*orders), None)) == []

    found = client.receive_message(QueueUrl=dead, MaxNumberOfMessages=10, MessageAttributeNames=["All"])["Messages"]
    said = [json.loads(each["MessageAttributes"]["msgpact"]["StringValue"]) for each in found]
    assert [(each["Body"].encode(), why["kind"], why["queue"]) for each, why in zip(found, said, strict=True)] == [
        (UNREADABLE, "undecodable", "orders"),
        (b'{"id": "1"}', "contract", "orders"),
        (b'{"id": 3, "kind": "lost"}', "unrouted", "orders"),
    ]
    assert noting.seen == [2]


def test_where_they_cannot_be_delivered_their_messages_have_failed(embedded_sqs: SqsServer) -> None:
    def is_away(**_: object) -> None:
        raise EndpointConnectionError(endpoint_url=embedded_sqs.url)

    client, noting = embedded_sqs.client("sqs"), Noting()
    client.meta.events.register("before-call.sqs.SendMessageBatch", is_away)
    function = sns_sqs.lambda_handler(noting.shop, dead_letter="https://sqs.example/dead", client=client)

    assert failures(function(sent({"id": 1}, UNREADABLE), None)) == ["1"]
    assert failures(function(sent({"id": 2}), None)) == []
    assert noting.seen == [1, 2]


def test_the_client_is_made_by_the_environment(monkeypatch: pytest.MonkeyPatch, embedded_sqs: SqsServer) -> None:
    for name, value in {
        "AWS_ENDPOINT_URL": embedded_sqs.url,
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "x",
        "AWS_SECRET_ACCESS_KEY": "x",
    }.items():
        monkeypatch.setenv(name, value)
    dead = queue(embedded_sqs)

    assert failures(sns_sqs.lambda_handler(Noting().shop, dead_letter=dead)(sent(UNREADABLE), None)) == []

    found = embedded_sqs.client("sqs").receive_message(QueueUrl=dead)["Messages"]
    assert [each["Body"].encode() for each in found] == [UNREADABLE]


def test_between_real_queues(sqs_server: SqsServer) -> None:
    """What fails comes again, and by the queue's own policy goes to its own dead letters in the end."""
    client = sqs_server.client("sqs", config=Config(retries={"total_max_attempts": 1}))
    theirs, ours = queue(sqs_server, fifo=True), queue(sqs_server, fifo=True)
    arn = client.get_queue_attributes(QueueUrl=theirs, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    policy = json.dumps({"deadLetterTargetArn": arn, "maxReceiveCount": 2})
    url = queue(sqs_server, fifo=True, RedrivePolicy=policy, VisibilityTimeout="60")
    noting = Noting(3)
    function = sns_sqs.lambda_handler(noting.shop, dead_letter=ours, client=client, names={"orders": sqs.name_of(url)})
    bodies = ['{"id": 1}', UNREADABLE.decode(), '{"id": 3}', '{"id": 4}']
    for number, each in enumerate(bodies):
        group = "b" if number == 2 else "a"
        client.send_message(
            QueueUrl=url, MessageBody=each, MessageGroupId=group, MessageDeduplicationId=str(uuid.uuid4())
        )

    while invoke(client, url, function):
        pass

    assert sorted(noting.seen) == [1, 3, 3, 4]
    for dead, body in ((ours, UNREADABLE.decode()), (theirs, '{"id": 3}')):
        found = client.receive_message(QueueUrl=dead, MaxNumberOfMessages=10, WaitTimeSeconds=5)["Messages"]
        assert [each["Body"] for each in found] == [body]


# -- what cannot be ---------------------------------------------------------------------------------------------------

WRONG: dict[str, tuple[Callable[[], Any], type[Exception], str]] = {
    "nothing to expect": (
        lambda: sns_sqs.lambda_handler(Consumer("shop")),
        DeclarationError,
        "no handler expects a message",
    ),
    "a policy": (
        lambda: sns_sqs.lambda_handler(Noting().shop, on_unrouted="drop"),  # type: ignore[arg-type]  # that is the case
        UsageError,
        "Cannot use on_unrouted='drop'",
    ),
    "no queue for them": (
        lambda: sns_sqs.lambda_handler(Noting().shop, on_unrouted="dead_letter"),
        UsageError,
        "Cannot use on_unrouted='dead_letter' without the URL of a queue for it",
    ),
    "no event": (lambda: sns_sqs.lambda_handler(Noting().shop)({}, None), UsageError, "it is no event of SQS"),
    "an event of SNS": (
        lambda: sns_sqs.lambda_handler(Noting().shop)(aws_lambda.to_sns_event(Message(b"{}")), None),
        UsageError,
        "it is no event of SQS",
    ),
}


@pytest.mark.parametrize(("doing", "error", "says"), WRONG.values(), ids=WRONG)
def test_what_cannot_be(doing: Callable[[], Any], error: type[Exception], says: str) -> None:
    with pytest.raises(error, match=says):
        doing()


@pytest.mark.asyncio
async def test_not_under_a_running_event_loop() -> None:
    with pytest.raises(WrongDriver, match=r"await asyncio.to_thread\(handler, event\)"):
        sns_sqs.lambda_handler(Noting().shop)(sent({"id": 1}), None)
