"""Consuming from SQS: visibility, receipts, groups, envelopes, limits, outages; embedded, real, and by a strict second opinion."""

import asyncio
import json
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import benches
import boto3
import pytest
from benches import SOON
from botocore.config import Config
from faulty_aws import BROKEN, BUSY, DENIED, EXPIRED, SILENT, Answer, FaultyAws, faulty
from hypothesis import given
from hypothesis import strategies as st
from sqs_servers import SqsServer, queue

from msgpact import Message
from msgpact.adapters import sns_sqs
from msgpact.adapters.sns_sqs import Control
from msgpact.adapters.sqs_reading import message_of
from msgpact.errors import UsageError, WrongDriver
from msgpact.records import sns, sqs

ONCE = Config(retries={"mode": "standard", "total_max_attempts": 1}, read_timeout=30, connect_timeout=5)
UNREADABLE = "{ no JSON"


class Bench(benches.Bench):
    """A queue, its dead letters, and what runs a consumer."""

    metadata = {"queue": "orders"}

    def __init__(self, server: SqsServer, *, fifo: bool = False) -> None:
        super().__init__()
        self.server = server
        self.client = server.client("sqs", config=ONCE)
        self.url, self.dead = queue(server, fifo=fifo), queue(server, fifo=fifo)

    @property
    def name(self) -> str:
        return sqs.name_of(self.url)

    def send(self, *bodies: object, **more: Any) -> None:
        for each in bodies:
            body = each if isinstance(each, str) else json.dumps(each)
            self.client.send_message(QueueUrl=self.url, MessageBody=body, **more)

    @property
    def options(self) -> Any:
        said = {"dead_letter": self.dead, "names": {"orders": self.name}, "control": self.control}
        return {**said, "retries": SOON, "wait": 1, "visibility": 600}

    def consume(self, **more: Any) -> Control:
        client, urls = more.pop("client", self.client), more.pop("urls", self.url)
        return sns_sqs.consume(self.shop, client, urls, **{**self.options, **more})

    def received(self, url: str, seconds: int = 0) -> list[Any]:
        """What others are given now; they keep it."""
        found = []
        asked = {"MaxNumberOfMessages": 10, "WaitTimeSeconds": seconds, "VisibilityTimeout": 600}
        names = {"MessageAttributeNames": ["All"], "MessageSystemAttributeNames": ["All"]}
        while came := self.client.receive_message(QueueUrl=url, **asked, **names).get("Messages"):
            found += came
            asked["WaitTimeSeconds"] = 0
        return found

    def bodies(self, url: str) -> list[str]:
        return sorted(each["Body"] for each in self.received(url))


@pytest.fixture
def bench(sqs_server: SqsServer) -> Iterator[Bench]:
    yield from _stopping(Bench(sqs_server))


@pytest.fixture
def groups(sqs_server: SqsServer) -> Iterator[Bench]:
    """With queues that keep the order of a group."""
    yield from _stopping(Bench(sqs_server, fifo=True))


@pytest.fixture
def here(embedded_sqs: SqsServer) -> Iterator[Bench]:
    """Where it is the same for all servers."""
    yield from _stopping(Bench(embedded_sqs))


def _stopping(bench: Bench) -> Iterator[Bench]:
    with bench.stopped_in_the_end():
        yield bench


def attributes(record: Mapping[str, Any]) -> dict[str, Any]:
    found = {name: dict(each) for name, each in record.get("MessageAttributes", {}).items()}
    found.pop("msgpact", None)
    return found


def why(record: Mapping[str, Any]) -> dict[str, Any]:
    """What the dead letter's attribute says."""
    said: dict[str, Any] = json.loads(record["MessageAttributes"]["msgpact"]["StringValue"])
    return said


# -- what is handled --------------------------------------------------------------------------------------------------


def test_messages_are_handled_and_deleted(bench: Bench) -> None:
    bench.expects(bench.until(25))
    bench.send(*({"id": n} for n in range(25)))

    control = bench.consume()

    assert sorted(each["id"] for each in bench.seen) == list(range(25))
    assert (control.state, control.counts.handled) == ("stopped", 25)
    assert bench.bodies(bench.url) == []


def test_a_handler_is_given_the_record_that_boto3_would_give(here: Bench) -> None:
    here.expects(here.until(1), via=sqs.to_record)
    here.send({"id": 1}, MessageAttributes={"kind": {"DataType": "String", "StringValue": "new"}})

    here.consume()

    (record,) = here.seen
    assert (record["Body"], record["MessageAttributes"]["kind"]["StringValue"]) == ('{"id": 1}', "new")
    assert record["ReceiptHandle"] != sqs.to_record(Message(b"{}"))["ReceiptHandle"]


def test_several_queues(here: Bench) -> None:
    other = queue(here.server)
    here.expects(here.until(6))
    here.expects(here.until(6), "an invoice", metadata={"queue": "invoices"})
    for n in range(3):
        here.send({"id": n})
        here.client.send_message(QueueUrl=other, MessageBody=json.dumps({"id": 10 + n}))

    here.consume(urls=[here.url, other], names={"orders": here.name, "invoices": sqs.name_of(other)})

    assert sorted(each["id"] for each in here.seen) == [0, 1, 2, 10, 11, 12]
    assert here.bodies(here.url) == here.bodies(other) == []


@pytest.mark.asyncio
async def test_on_the_callers_event_loop_and_cancelled(here: Bench) -> None:
    events = [asyncio.Event(), asyncio.Event()]

    async def placed(order: object) -> None:
        here.seen.append(order)
        events[len(here.seen) - 1].set()
        if len(here.seen) > 1:
            await asyncio.Event().wait()

    here.expects(placed)
    here.send({"id": 1})
    task = asyncio.create_task(sns_sqs.aconsume(here.shop, here.client, here.url, **here.options))
    await events[0].wait()
    here.send({"id": 2})
    await events[1].wait()
    task.cancel()

    with pytest.raises(asyncio.CancelledError):
        await task
    assert here.control.state == "stopped"
    assert here.bodies(here.url) == ['{"id": 2}']


@pytest.mark.asyncio
async def test_not_under_a_running_event_loop(here: Bench) -> None:
    with pytest.raises(WrongDriver, match=r"await sns_sqs.aconsume\(...\)"):
        here.consume()


# -- visibility -------------------------------------------------------------------------------------------------------


def test_while_a_message_is_in_hand_nobody_else_sees_it(bench: Bench) -> None:
    """However long a plain handler blocks: longer than SQS is told at first."""

    def placed(order: object) -> None:
        bench.seen.append(bench.received(bench.url, seconds=3))
        bench.control.stop()

    bench.expects(placed)
    bench.send({"id": 1}, {"id": 2})

    bench.consume(visibility=2)

    assert bench.seen == [[]]
    assert len(bench.bodies(bench.url)) == 1  # the other one, which was given back


def test_what_is_not_settled_at_a_stop_is_there_for_others_at_once(bench: Bench) -> None:
    def placed(order: dict[str, int]) -> None:
        bench.control.stop()
        if order["id"]:
            raise RuntimeError("not now")

    bench.expects(placed)
    bench.send(*({"id": n} for n in range(8)))

    bench.consume()

    assert len(bench.bodies(bench.url)) == 8 - bench.control.counts.handled


def test_what_is_held_is_kept_from_others_too(here: Bench) -> None:
    tries = list[int]()

    def placed(order: dict[str, int]) -> None:
        tries.append(order["id"])
        if len(tries) == 8:
            here.seen.append(here.received(here.url, seconds=3))
            here.control.stop()
        raise ConnectionError("the database is away")

    here.expects(placed)
    here.send({"id": 1}, {"id": 2})

    here.consume(visibility=2)

    assert here.seen == [[]]
    assert len(here.bodies(here.url)) == 2


def test_what_others_may_have_by_now_is_left_to_them(here: Bench) -> None:
    """SQS cannot be told for how long messages are in hand; the handler takes longer."""
    others = list[Any]()

    def placed(order: object) -> None:
        here.seen.append(order)
        while len(others) < 4:  # the first one is among them
            others.extend(here.received(here.url, seconds=5))
        here.control.stop()

    here.expects(placed)
    here.send(*({"id": n} for n in range(4)))
    with faulty(here.server.url) as proxy:
        proxy.fault = lambda action, _: BROKEN if action == "ChangeMessageVisibilityBatch" else None
        here.consume(client=client_of(proxy), visibility=2)

    assert (len(here.seen), here.control.counts.handled) == (1, 1)


def test_a_receipt_that_is_stale_is_reported(groups: Bench, caplog: pytest.LogCaptureFixture) -> None:
    def placed(order: object, metadata: Mapping[str, Any]) -> None:
        receipt = metadata["receiptHandle"]
        groups.client.change_message_visibility(QueueUrl=groups.url, ReceiptHandle=receipt, VisibilityTimeout=0)
        assert len(groups.received(groups.url)) == 1
        groups.control.stop()

    groups.expects(placed)
    groups.send({"id": 1}, MessageGroupId="a", MessageDeduplicationId="1")

    assert groups.consume().counts.handled == 1
    reported = any("is settled, and comes again" in each.message for each in caplog.records)
    assert reported is (groups.server.kind not in STALE_ACCEPTED)


STALE_ACCEPTED = ("embedded", "localstack")
"""Servers that delete a message by a receipt that is not its last."""


# -- groups -----------------------------------------------------------------------------------------------------------


def test_the_order_of_a_group_is_kept_whatever_fails(groups: Bench) -> None:
    def placed(order: dict[str, Any], metadata: Mapping[str, Any]) -> None:
        assert metadata["messageGroupId"] == order["group"]
        if order["id"] == 1 and groups.seen.count("failed") < 2:
            groups.seen.append("failed")
            raise RuntimeError("not yet")
        groups.until(8)(order)

    groups.expects(placed, contents={"id": 1, "group": "a"})
    for n in range(6):
        group = "ab"[n % 2]
        groups.send({"id": n, "group": group}, MessageGroupId=group, MessageDeduplicationId=str(n))

    groups.consume()

    handled = [each for each in groups.seen if each != "failed"]
    assert [each["id"] for each in handled if each["group"] == "a"] == [0, 2, 4]
    assert [each["id"] for each in handled if each["group"] == "b"] == [1, 3, 5]
    assert groups.bodies(groups.url) == []


def test_what_comes_behind_a_held_message_of_its_group_shows_whose_the_failure_is(groups: Bench) -> None:
    """SQS gives nothing of a group of which something is in hand; so what is held alone would stay so for ever."""
    tries = list[int]()

    def send(number: int) -> None:
        groups.send({"id": number}, MessageGroupId="a", MessageDeduplicationId=str(number))

    def placed(order: dict[str, int]) -> None:
        tries.append(order["id"])
        if order["id"] == 0:
            if len(tries) == 2:  # its retries are used up
                send(1)
                send(2)
            raise RuntimeError("it is poison")
        groups.until(2)(order)

    groups.expects(placed)
    send(0)

    groups.consume()

    assert (groups.seen, groups.bodies(groups.dead)) == ([{"id": 1}, {"id": 2}], ['{"id": 0}'])
    assert groups.bodies(groups.url) == []


def test_a_dead_letter_is_of_the_same_group(groups: Bench) -> None:
    groups.expects(groups.until(1))
    groups.send(UNREADABLE, MessageGroupId="a", MessageDeduplicationId="1")
    groups.send({"id": 2}, MessageGroupId="a", MessageDeduplicationId="2")

    groups.consume()
    (dead,) = groups.received(groups.dead)

    assert (dead["Body"], dead["Attributes"]["MessageGroupId"]) == (UNREADABLE, "a")
    assert (why(dead)["queue"], why(dead)["messageGroupId"]) == (groups.name, "a")


# -- dead letters -----------------------------------------------------------------------------------------------------

ATTRIBUTES = {
    "content-type": {"DataType": "String", "StringValue": "application/json"},
    "attempt": {"DataType": "Number", "StringValue": "3"},
    "label": {"DataType": "Number.int", "StringValue": "3"},
    "bytes": {"DataType": "Binary", "BinaryValue": b"\xff\x00"},
}


def test_a_dead_letter_is_the_message_itself_and_says_why(bench: Bench) -> None:
    bench.expects(bench.until(1))
    earlier = {"msgpact": {"DataType": "String", "StringValue": "of an earlier life"}}
    bench.send(UNREADABLE, MessageAttributes=ATTRIBUTES | earlier)
    bench.send({"id": 2})

    control = bench.consume()
    (dead,) = bench.received(bench.dead)

    assert (dead["Body"], attributes(dead)) == (UNREADABLE, ATTRIBUTES)
    said = why(dead)
    assert said.pop("error").startswith("ValueError: ")
    assert len(said.pop("messageId")) == 36
    assert said == {
        "kind": "undecodable", "consumer": "shop", "pact": "shop-orders", "description": "an order", "path": "$",
        "rule": "contents of type application/json", "queue": bench.name,
    }  # fmt: skip
    assert (control.counts.dead, control.counts.handled) == (1, 1)
    assert bench.bodies(bench.url) == []


def test_one_that_has_ten_attributes_goes_without_its_reason(bench: Bench, caplog: pytest.LogCaptureFixture) -> None:
    bench.expects(bench.until(1))
    ten = {f"a{n}": {"DataType": "String", "StringValue": str(n)} for n in range(10)}
    bench.send(UNREADABLE, MessageAttributes=ten)
    bench.send({"id": 2})

    bench.consume()
    (dead,) = bench.received(bench.dead)

    assert dead["MessageAttributes"] == ten
    assert "goes without its reason, as it has 10 attributes" in caplog.text
    assert '"kind":"undecodable"' in caplog.text
    assert '"error"' not in caplog.text  # which may quote the message


def test_so_does_one_that_its_reason_would_make_too_large(bench: Bench, caplog: pytest.LogCaptureFixture) -> None:
    bench.expects(bench.until(1))
    largest = UNREADABLE + "x" * (1024 * 1024 - len(UNREADABLE))
    bench.send(largest, UNREADABLE)
    bench.send({"id": 2})

    bench.consume()
    dead = bench.received(bench.dead)

    assert sorted(len(each["Body"]) for each in dead) == [len(UNREADABLE), len(largest)]
    limit_counts_attributes = bench.server.kind == "localstack"
    has_reason = {len(each["Body"]): "MessageAttributes" in each for each in dead}
    assert has_reason == {len(UNREADABLE): True, len(largest): not limit_counts_attributes}
    assert ("goes without its reason" in caplog.text) is limit_counts_attributes
    assert bench.bodies(bench.url) == []


def test_many_dead_letters_go_in_portions(here: Bench) -> None:
    here.expects(here.until(1))
    large = ["x" * 200_000 + str(n) for n in range(3)]
    here.send(*large, *[UNREADABLE] * 12, {"id": 1})

    while not here.seen:
        here.consume()
        here.control = Control()

    dead = here.received(here.dead)
    assert sorted(each["Body"] for each in dead) == sorted([*large, *[UNREADABLE] * 12])
    assert all(why(each)["kind"] == "undecodable" for each in dead)


def test_what_says_that_it_is_base64_and_is_not_is_a_dead_letter(here: Bench) -> None:
    here.expects(here.until(1))
    marked = {"content-transfer-encoding": {"DataType": "String", "StringValue": "base64"}}
    here.send("no base64!", MessageAttributes=marked)
    here.send({"id": 2})

    here.consume()
    (dead,) = here.received(here.dead)

    assert why(dead)["kind"] == "undecodable"
    assert "its attributes say that it is base64" in why(dead)["error"]


# -- what SNS brings --------------------------------------------------------------------------------------------------


def subscribed(bench: Bench, *, raw: bool = False) -> str:
    """The ARN of a topic that brings its messages to the queue."""
    client = bench.server.client("sns")
    topic: str = client.create_topic(Name=f"topic-of-{bench.name}")["TopicArn"]
    arn = bench.client.get_queue_attributes(QueueUrl=bench.url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    said = {"Attributes": {"RawMessageDelivery": "true"}} if raw else {}
    client.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn, **said)
    return topic


def published(bench: Bench, topic: str, *orders: object, **more: Any) -> None:
    for each in orders:
        body = each if isinstance(each, str) else json.dumps(each)
        bench.server.client("sns").publish(TopicArn=topic, Message=body, **more)


@pytest.mark.parametrize("raw", [False, True], ids=["in envelopes", "raw"])
def test_what_a_topic_brings(sns_sqs_server: SqsServer, raw: bool) -> None:
    bench = Bench(sns_sqs_server)
    topic = subscribed(bench, raw=raw)
    bench.expects(bench.until(2), metadata={"topic": "orders", "kind": "new"})
    kind = {"kind": {"DataType": "String", "StringValue": "new"}}
    published(bench, topic, {"id": 1}, {"id": 2}, MessageAttributes=kind)

    control = bench.consume(names={"orders": topic.rpartition(":")[2]})

    assert sorted(each["id"] for each in bench.seen) == [1, 2]
    assert (control.counts.broken, control.counts.unrouted) == (0, 0)
    assert bench.bodies(bench.url) == []


def test_a_dead_letter_of_a_topic_is_its_envelope_which_may_be_sent_again(sns_sqs_server: SqsServer) -> None:
    bench = Bench(sns_sqs_server)
    topic = subscribed(bench)
    is_mended = False

    def placed(order: dict[str, int]) -> None:
        if order["id"] == 1 and not is_mended:
            raise RuntimeError("not yet")
        bench.until(1)(order)

    bench.expects(placed, metadata={"topic": "orders"})
    published(bench, topic, {"id": 1}, {"id": 2})
    bench.consume(names={"orders": topic.rpartition(":")[2]})
    (dead,) = bench.received(bench.dead)
    assert sns.from_sqs({"Body": dead["Body"]}).contents == b'{"id": 1}'

    is_mended = True
    bench.seen.clear()
    bench.control = Control()
    bench.send(dead["Body"], MessageAttributes=dead["MessageAttributes"])
    bench.consume(names={"orders": topic.rpartition(":")[2]})

    assert bench.seen == [{"id": 1}]


def test_what_is_no_envelope_where_all_are(here: Bench) -> None:
    topic = subscribed(here)
    here.expects(here.until(1), metadata={"topic": "orders"})
    here.send({"id": 1})
    published(here, topic, {"id": 2})

    here.consume(raw=False, names={"orders": topic.rpartition(":")[2]})
    (dead,) = here.received(here.dead)

    assert (dead["Body"], here.seen) == ('{"id": 1}', [{"id": 2}])
    assert "no envelope of SNS" in why(dead)["error"]


# -- outages ----------------------------------------------------------------------------------------------------------


def client_of(proxy: FaultyAws) -> Any:
    keys = {"aws_access_key_id": "test", "aws_secret_access_key": "test", "region_name": "us-east-1"}
    return boto3.client("sqs", endpoint_url=proxy.url, config=ONCE, **keys)


OUTAGES = {
    "credentials that expired": ("ReceiveMessage", EXPIRED, "ExpiredToken"),
    "rights that are gone": ("ReceiveMessage", DENIED, "AccessDenied"),
    "throttling": ("ReceiveMessage", BUSY, "Throttling"),
    "no answer": ("ReceiveMessage", SILENT, "Connection was closed"),
    "deletions that fail": ("DeleteMessageBatch", BROKEN, "SQS does not delete messages of queue-.*InternalFailure"),
    "dead letters that fail": (
        "SendMessageBatch",
        BROKEN,
        "the dead letters cannot be delivered to queue-.*InternalFailure",
    ),
    "everything at once": ("", BROKEN, "SQS gives no messages of queue-.*: InternalFailure: something broke"),
}


@pytest.mark.parametrize(("action", "answer", "says"), OUTAGES.values(), ids=OUTAGES)
def test_an_outage_pauses_and_nothing_is_lost(here: Bench, action: str, answer: Answer, says: str) -> None:
    whys = list[str]()
    here.expects(here.until(12))
    here.send(*({"id": n} for n in range(6)), UNREADABLE, *({"id": n} for n in range(6, 12)))

    def fault(asked: str, _: object) -> Answer | None:
        if here.control.state == "paused":
            whys.append(here.control.why)
        return answer if asked.startswith(action) and len(whys) < 3 else None

    with faulty(here.server.url) as proxy:
        proxy.fault = fault
        control = here.consume(client=client_of(proxy), visibility=30)

    assert re.search(says, whys[0])
    assert sorted(each["id"] for each in here.seen) == list(range(12))
    assert (control.counts.handled, control.counts.dead, control.why) == (12, 1, "")
    assert here.bodies(here.dead) == [UNREADABLE]
    assert here.bodies(here.url) == []


def test_a_deletion_that_fails_in_part_is_tried_again(here: Bench) -> None:
    asked = list[list[str]]()

    def fault(action: str, said: Mapping[str, Any]) -> Answer | None:
        if action != "DeleteMessageBatch":
            return None
        asked.append([each["ReceiptHandle"] for each in said["Entries"]])
        if len(asked) > 1:
            return None
        failed = {"Id": "1", "Code": "InternalError", "Message": "not now", "SenderFault": False}
        kept = [each for each in said["Entries"] if each["Id"] != "1"]
        here.client.delete_message_batch(QueueUrl=here.url, Entries=kept)
        return 200, {"Successful": [{"Id": each["Id"]} for each in kept], "Failed": [failed]}

    here.expects(here.until(3))
    here.send({"id": 1}, {"id": 2}, {"id": 3})
    with faulty(here.server.url) as proxy:
        proxy.fault = fault
        here.consume(client=client_of(proxy))

    assert asked[1] == [asked[0][1]]
    assert here.bodies(here.url) == []


def test_where_it_is_stopped_in_an_outage_everything_comes_again(here: Bench) -> None:
    here.expects(here.seen.append)
    here.send({"id": 1}, UNREADABLE)

    def fault(action: str, _: object) -> Answer | None:
        if here.control.state == "paused":
            here.control.stop()
        return BROKEN if action == "SendMessageBatch" else None

    with faulty(here.server.url) as proxy:
        proxy.fault = fault
        here.consume(client=client_of(proxy))

    assert here.bodies(here.url) == sorted(['{"id": 1}', UNREADABLE])
    assert here.bodies(here.dead) == []


# -- what cannot be ---------------------------------------------------------------------------------------------------


def test_a_queue_that_there_is_not(bench: Bench) -> None:
    bench.expects(bench.until(1))

    with pytest.raises(
        UsageError,
        match=r"Cannot consume from the queue '.*-lost': .*(NonExistentQueue|QueueDoesNotExist).*region us-east-1",
    ):
        bench.consume(urls=f"{bench.url}-lost")
    assert bench.control.state == "stopped"


def test_dead_letters_that_have_no_queue(bench: Bench) -> None:
    bench.expects(bench.until(1))
    bench.send({"id": 1})

    with pytest.raises(
        UsageError, match=r"Cannot put dead letters into the queue '.*-lost': .*Create it, or mend its URL"
    ):
        bench.consume(dead_letter=f"{bench.dead}-lost")
    assert bench.bodies(bench.url) == ['{"id": 1}']


def test_dead_letters_in_a_circle(here: Bench) -> None:
    here.expects(print)

    with pytest.raises(UsageError, match=r"Cannot use dead_letter='.*{queue}': '.*' is consumed here"):
        here.consume(dead_letter=f"{here.url.rpartition('/')[0]}/{{queue}}")


def test_a_wrong_region(here: Bench) -> None:
    here.expects(here.until(1))
    client = here.server.client("sqs", region_name="eu-west-1")

    with pytest.raises(UsageError, match=r"Cannot consume from the queue .*region eu-west-1"):
        here.consume(client=client)


WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "no client": ({"client": "sqs"}, "Cannot consume from SQS by 'sqs': it is no client for it"),
    "no queue": ({"urls": []}, "Cannot consume from SQS without a queue"),
    "a queue's name": ({"urls": "orders"}, "Cannot use the queue 'orders': it is no URL"),
    "the dead letters' name": ({"dead_letter": "dead"}, "Cannot use the queue 'dead': it is no URL"),
    "a wait": ({"wait": 21}, "Cannot use wait=21: a long poll of SQS takes 1 to 20 seconds"),
    "part of a second": ({"wait": 1.5}, "Cannot use 1.5 as wait: it is no whole number"),
    "a visibility": ({"visibility": 0}, "Cannot use visibility=0"),
    "a policy": ({"on_unrouted": "drop"}, "Cannot use on_unrouted='drop'"),
    "an option": ({"dead_letters": "x"}, "Cannot consume with 'dead_letters': there is no such option"),
}


@pytest.mark.parametrize(("options", "says"), WRONG.values(), ids=WRONG)
def test_settings_that_cannot_be(here: Bench, options: Any, says: str) -> None:
    here.expects(here.until(1))

    with pytest.raises(UsageError, match=says):
        here.consume(**options)


def test_a_client_that_would_give_up_before_sqs_answers(here: Bench) -> None:
    here.expects(here.until(1))
    client = here.server.client("sqs", config=Config(read_timeout=3))

    with pytest.raises(UsageError, match=r"Cannot wait 5 s for messages by a client whose read_timeout is 3 s"):
        here.consume(client=client, wait=5)


def test_what_no_handler_expects_can_end_the_loop(bench: Bench) -> None:
    bench.expects(bench.until(2), contents={"type": "placed"})
    bench.expects(bench.until(2), "a withdrawal", contents={"type": "withdrawn"})
    bench.send({"type": "lost"})

    with pytest.raises(UsageError, match=rf"Cannot consume a message at {bench.name}, 'lost': no handler expects it"):
        bench.consume(on_unrouted="fail", discriminator="$.type")
    assert (bench.control.state, bench.bodies(bench.url)) == ("stopped", ['{"type": "lost"}'])


# -- records ----------------------------------------------------------------------------------------------------------

ENVELOPE = sns.to_sqs(Message(b'{"id": 1}', metadata={"topic": "orders", "kind": "new"}))["Body"]
names = st.sampled_from(
    [
        "a",
        "queue",
        "topic",
        "content-type",
        "contentType",
        "content-encoding",
        "JMS_SQSMessageType",
        "msgpact",
        "type.x",
    ]
)
typed = st.one_of(
    st.sampled_from(["1", "text/plain", "base64", "base64:/w==", "byte", "application/json"]).map(
        lambda value: {"DataType": "String", "StringValue": value}
    ),
    st.just({"DataType": "Number", "StringValue": "1"}),
    st.just({"DataType": "String.label", "StringValue": "1"}),
    st.just({"DataType": "Binary", "BinaryValue": b"\xff"}),
)
system = st.dictionaries(
    st.sampled_from(["SentTimestamp", "MessageGroupId", "AWSTraceHeader", "SenderId", "Unknown"]),
    st.sampled_from(["1", "²", "x"]),
)
bodies = st.sampled_from(
    ["x", "{}", "eA==", "{ no JSON", ENVELOPE, ENVELOPE.replace("N", "\\u004e"), '{"Notification": 1}']
)


def read(how: Callable[[], Message]) -> object:
    try:
        return how()
    except UsageError as error:
        return str(error)


@given(
    bodies,
    st.none() | st.dictionaries(names, typed, max_size=3),
    st.none() | system,
    st.sampled_from([None, True, False]),
)
def test_a_record_is_read_as_the_message_that_it_is(body: str, attributes: Any, facts: Any, raw: bool | None) -> None:
    parts = {"MessageId": "1", "ReceiptHandle": "2", "Body": body, "MessageAttributes": attributes, "Attributes": facts}
    record = {name: each for name, each in parts.items() if each is not None}
    before = {name: each for name, each in (attributes or {}).items() if name != "msgpact"}

    assert read(lambda: message_of(record, "orders", raw)) == read(
        lambda: sns.from_sqs({**record, "MessageAttributes": before}, "orders", raw)
    )
