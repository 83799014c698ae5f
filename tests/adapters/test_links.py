"""Links: what holds of a broker by its URL, whichever it is. A new transport is one class and one row."""

import contextlib
import threading
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.metadata import EntryPoint, EntryPoints
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from kafka_servers import free_port
from rabbitmq_servers import RunningRabbitMQ
from relays import Relay
from sqs_servers import SqsServer

from msgpact import Message
from msgpact.adapters.aws_url import Aws
from msgpact.adapters.links import Link, LinkUrl, Sampling, link_from, restated
from msgpact.adapters.sqs_link import Received
from msgpact.errors import DeclarationError, Unavailable, UsageError

JSON = "application/json"
AWS = {"aws_access_key_id": "test", "aws_secret_access_key": "hidden"}


@dataclass(frozen=True)
class At:
    """An address that is there.

    Attributes:
        broker: The URL without it.
        name: What contracts call it.
        key: The entry of the metadata that says so.
        settings: What is to follow the URL.
        others: Publishes foreign messages at the address, in this many.
    """

    broker: str
    name: str
    key: str
    others: Callable[[int], None]
    settings: str = ""

    @property
    def url(self) -> str:
        return self.url_of(self.name)

    def url_of(self, name: str) -> str:
        if self.key == "exchange":
            return f"{self.broker}/?exchange={name}"
        return f"{self.broker}/{name}{self.settings}"

    def message(self, number: int, **metadata: object) -> Message:
        contents = b'{"id":%d}' % number
        if self.key == "exchange":
            metadata = {"routingKey": "orders.placed", **metadata}
        return Message(contents, content_type=JSON, metadata={self.key: self.name, "trace": str(number), **metadata})


def on_kafka(kafka: Any) -> At:
    name = f"link-{uuid.uuid4()}"
    kafka.create_topic(name)

    def others(number: int) -> None:
        from confluent_kafka import Producer

        producer = Producer({"bootstrap.servers": kafka.bootstrap, "log_level": 0})
        for _ in range(number):
            producer.produce(name, b"foreign")
        producer.flush()

    return At(f"kafka://{kafka.bootstrap}", name, "topic", others)


_QUERY = "?" + "&".join(f"{name}={value}" for name, value in AWS.items())


def on_sqs(server: SqsServer) -> At:
    client, name = server.client("sqs"), f"link-{uuid.uuid4()}"
    queue = client.create_queue(QueueName=name)["QueueUrl"]

    def others(number: int) -> None:
        for _ in range(number):
            client.send_message(QueueUrl=queue, MessageBody="foreign")

    return At(server.url.replace("http", "sqs+http"), name, "queue", others, _QUERY)


def on_sns(server: SqsServer) -> At:
    client, name = server.client("sns"), f"link-{uuid.uuid4()}"
    topic = client.create_topic(Name=name)["TopicArn"]

    def others(number: int) -> None:
        for _ in range(number):
            client.publish(TopicArn=topic, Message="foreign")

    return At(server.url.replace("http", "sns+http"), name, "topic", others, _QUERY)


def on_rabbitmq(server: RunningRabbitMQ) -> At:
    """An exchange with a queue behind it."""
    name = f"link-{uuid.uuid4()}"
    with server.connect() as connection:
        channel = connection.channel()
        channel.exchange_declare(name, "topic", auto_delete=False)
        channel.queue_declare(name)
        channel.queue_bind(name, name, "#")

    def others(number: int) -> None:
        with server.connect() as connection:
            for _ in range(number):
                connection.channel().basic_publish(name, "orders.placed", b"foreign")

    return At(server.url.rstrip("/"), name, "exchange", others)


ROWS: dict[str, tuple[str, Callable[[Any], At]]] = {
    "kafka": ("embedded_kafka", on_kafka),
    "real kafka": ("real_kafka", on_kafka),
    "sqs": ("embedded_sqs", on_sqs),
    "localstack's sqs": ("localstack", on_sqs),
    "elasticmq": ("elasticmq", on_sqs),
    "sns": ("embedded_sqs", on_sns),
    "localstack's sns": ("localstack", on_sns),
    "rabbitmq": ("rabbitmq", on_rabbitmq),
}
REAL = ("real kafka", "localstack's sqs", "elasticmq", "localstack's sns", "rabbitmq")


def rows(*names: str) -> list[Any]:
    return [pytest.param(each, marks=pytest.mark.server if each in REAL else ()) for each in names]


@pytest.fixture(params=rows(*ROWS))
def at(request: pytest.FixtureRequest) -> At:
    fixture, made = ROWS[request.param]
    return made(request.getfixturevalue(fixture))


@contextlib.contextmanager
def link_to(url: str) -> Iterator[Link]:
    link = link_from(url)
    try:
        yield link
    finally:
        link.close()


def sampled(at: At, url: str, most: int, seconds: float = 10, name: str | None = None) -> list[Message]:
    with link_to(url) as link:
        return list(link.sample(Sampling(most, seconds, ({at.key: name or at.name},))))


# -- what holds of all -----------------------------------------------------------------------------------------------


def test_there_and_back(at: At) -> None:
    sent = at.message(1)

    with link_to(at.url) as link:
        came = link.there_and_back(sent)

    assert (came.contents, came.content_type) == (sent.contents, sent.content_type)
    assert came.metadata.items() >= sent.metadata.items()


def test_foreign_messages_do_not_disturb(at: At) -> None:
    at.others(12)

    with link_to(at.url) as link:
        came = [link.there_and_back(at.message(number)).contents for number in range(3)]

    assert came == [b'{"id":0}', b'{"id":1}', b'{"id":2}']


def test_the_address_is_the_stated_one_unless_the_url_says_another(at: At) -> None:
    ending = at.name[-6:]
    by_template = at.url_of(f"{{{at.key}}}{ending}")
    deployed = at.message(3, **{at.key: "what contracts say"})

    with link_to(at.broker + at.settings) as stated, link_to(by_template) as templated, link_to(at.url) as said:
        assert at.name in stated.send(at.message(1))
        assert at.name in templated.send(at.message(2, **{at.key: at.name[:-6]}))
        assert said.there_and_back(deployed).metadata[at.key] == "what contracts say"


@pytest.mark.parametrize(
    "at", rows(*(each for each in ROWS if "sns" not in each and each != "rabbitmq")), indirect=True
)
def test_what_was_published_is_looked_at_and_left(at: At) -> None:
    with link_to(at.url) as link:
        for number in range(12):
            link.send(at.message(number))

    first, again = sampled(at, at.url, 12), sampled(at, at.broker + at.settings, 12)

    wanted = {b'{"id":%d}' % number for number in range(12)}
    assert {each.contents for each in first} == {each.contents for each in again} == wanted
    assert {each.metadata[at.key] for each in first} == {at.name}


def test_what_comes_is_looked_at(at: At) -> None:
    came: list[Message] = []
    enough = threading.Event()

    def publish() -> None:
        with link_to(at.url) as link:
            while not enough.wait(0.05):
                link.send(at.message(1))

    thread = threading.Thread(target=publish)
    thread.start()
    try:
        came = sampled(at, at.url, 3, 30, "what contracts say")
    finally:
        enough.set()
        thread.join()

    assert len(came) == 3
    assert {each.metadata[at.key] for each in came} == {"what contracts say"}


def test_it_ends_when_the_time_is_over(at: At) -> None:
    assert sampled(at, at.url, 1, 0.3) == []


def test_a_message_that_states_no_address(at: At) -> None:
    nowhere = Message(b"{}", content_type=JSON)

    with link_to(at.broker + at.settings) as link:
        with pytest.raises(DeclarationError, match=f"it states no {at.key}"):
            link.send(nowhere)
        with pytest.raises(UsageError, match=f"Cannot look at messages at '.*': it names no {at.key}"):
            list(link.sample(Sampling(1, 1)))
    if at.key != "exchange":  # of which none is the default one
        with (
            link_to(at.url_of(f"{{{at.key}}}.x")) as link,
            pytest.raises(DeclarationError, match=f"it states no {at.key}"),
        ):
            link.send(nowhere)


# -- what is not there -----------------------------------------------------------------------------------------------

NOBODY = f"127.0.0.1:{free_port()}"


@pytest.mark.parametrize(
    "url",
    [
        f"kafka://me:hidden@{NOBODY}/a?security.protocol=PLAINTEXT&timeout=0.3",
        f"kafka://{NOBODY}/a?security.protocol=PLAINTEXT&sasl.password=hidden&timeout=0.3",
        f"sqs+http://me:hidden@{NOBODY}/000000000000/a?timeout=0.3",
        f"sns+http://me:hidden@{NOBODY}/000000000000/a?timeout=0.3",
        f"sqs+http://{NOBODY}/a{_QUERY}&timeout=0.3",
        f"amqp://me:hidden@{NOBODY}/?queue=a&timeout=0.3",
    ],
    ids=["kafka", "kafka, by settings", "sqs", "sns", "sqs, by settings", "rabbitmq"],
)
def test_a_broker_that_does_not_answer(url: str) -> None:
    message = Message(b"{}", content_type=JSON)
    with link_to(url) as link:
        tries: list[Callable[[], object]] = [
            lambda: link.send(message),
            lambda: link.there_and_back(message),
            lambda: list(link.sample(Sampling(1, 1))),
        ]
        for each in tries:
            with pytest.raises(Unavailable) as raised:
                each()
            assert "hidden" not in str(raised.value)
            assert NOBODY in str(raised.value)
            assert str(raised.value).endswith(". See whether it runs, and who may use it.")


def test_a_broker_that_goes_away() -> None:
    from msgpact.adapters.embedded_kafka import EmbeddedKafka

    with EmbeddedKafka() as kafka:
        at = on_kafka(kafka)
        link = link_from(f"{at.url}?timeout=0.5")
        link.there_and_back(at.message(1))

    tries: list[Callable[[], object]] = [
        lambda: link.send(at.message(2)),
        lambda: link.there_and_back(at.message(3)),
        lambda: list(link.sample(Sampling(1, 1))),
    ]
    for each in tries:
        with pytest.raises(Unavailable, match=r"Cannot .* the topic|Cannot reach"):
            each()
    link.close()


@pytest.mark.server
def test_a_connection_that_is_lost(rabbitmq: RunningRabbitMQ) -> None:
    at, server = on_rabbitmq(rabbitmq), urlsplit(rabbitmq.url)
    assert server.port is not None
    with (
        Relay(server.port) as relay,
        link_to(at.url.replace(f":{server.port}", f":{relay.port}") + "&timeout=5") as link,
    ):
        link.there_and_back(at.message(1))
        looking = link.sample(Sampling(2, 30))
        at.others(1)
        relay.cut()

        tries: list[Callable[[], object]] = [
            lambda: list(looking),
            lambda: link.send(at.message(2)),
            lambda: link.there_and_back(at.message(3)),
        ]
        for each in tries:
            with pytest.raises(Unavailable, match=r"at 'amqp://.*': .*\. See whether it runs"):
                each()


def test_a_message_that_does_not_come_back(embedded_sqs: SqsServer) -> None:
    at = on_sqs(embedded_sqs)

    with link_to(f"{at.url}&timeout=1") as link, pytest.raises(Unavailable, match="it did not come within 1 s"):
        link.there_and_back(at.message(1, delaySeconds=60))


@pytest.mark.server
def test_a_message_that_expires_on_its_way(rabbitmq: RunningRabbitMQ) -> None:
    at = on_rabbitmq(rabbitmq)

    with link_to(f"{at.url}&timeout=0.5") as link, pytest.raises(Unavailable, match=r"it did not answer within 0\.5 s"):
        link.there_and_back(at.message(1, expiration=0))


def test_a_message_that_is_too_large_for_the_client(embedded_kafka: Any) -> None:
    at = on_kafka(embedded_kafka)
    large = restated(Message(b"x" * 2_000_000, content_type=JSON), topic=at.name)

    with link_to(at.url) as link, pytest.raises(UsageError, match=r"Cannot publish on the topic .* too large\. Mend"):
        link.send(large)


def test_what_cannot_be_ended_does_not_keep_the_rest_from_being_ended(
    embedded_sqs: SqsServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    at = on_sns(embedded_sqs)
    link: Any = link_from(at.url)
    before = embedded_sqs.client("sqs").list_queues().get("QueueUrls", [])

    def refuse(**_: object) -> None:
        link._sns.get_topic_attributes(TopicArn="arn:aws:sns:us-east-1:123456789012:nobodys")

    monkeypatch.setattr(link._sns, "unsubscribe", refuse)
    with pytest.raises(UsageError, match="Cannot end our subscription"):
        link.there_and_back(at.message(1))
    link.close()

    assert embedded_sqs.client("sqs").list_queues().get("QueueUrls", []) == before


def test_files_are_no_broker(tmp_path: Path) -> None:
    message = Message(b"1", metadata={"topic": "a"})
    (tmp_path / "a.jsonl").write_text("1\n\n2\n3\n")
    link = link_from(str(tmp_path / "a.jsonl"))

    assert [each.contents for each in link.sample(Sampling(2, 1))] == [b"1", b"2"]
    for each in (link.send, link.there_and_back):
        with pytest.raises(UsageError, match=r"Cannot send .* to '.*a\.jsonl': it is no broker"):
            each(message)


@pytest.mark.parametrize("what", ["send", "sample"])
def test_a_queue_that_is_not_there(embedded_sqs: SqsServer, what: str) -> None:
    url = f"{embedded_sqs.url.replace('http', 'sqs+http')}/nobody-made-it{_QUERY}"

    with link_to(url) as link, pytest.raises(UsageError, match="Cannot find the queue 'nobody-made-it' at 'sqs"):
        link.send(Message(b"{}")) if what == "send" else list(link.sample(Sampling(1, 1)))


def test_what_was_received_is_given_back_though_another_queue_is_gone(embedded_sqs: SqsServer) -> None:
    client = embedded_sqs.client("sqs")
    gone, there = (client.create_queue(QueueName=f"link-{uuid.uuid4()}")["QueueUrl"] for _ in range(2))
    received = Received(
        Aws(LinkUrl.of(f"{embedded_sqs.url.replace('http', 'sqs+http')}/q{_QUERY}"), "QUEUE"), client, 60
    )
    for each in (gone, there):
        client.send_message(QueueUrl=each, MessageBody="{}")
        assert received.some(each, 1)
    client.delete_queue(QueueUrl=gone)

    with pytest.raises(UsageError, match="Cannot give messages back"):
        received.give_back()

    assert client.receive_message(QueueUrl=there)["Messages"]


def test_a_topic_that_is_not_there(embedded_sqs: SqsServer) -> None:
    url = f"{embedded_sqs.url.replace('http', 'sns+http')}/nobody-made-it{_QUERY}"

    with link_to(url) as link, pytest.raises(UsageError, match="Cannot find the topic 'nobody-made-it' at 'sns"):
        link.send(Message(b"{}"))


# -- URLs ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("orders.jsonl", "Cannot find 'orders.jsonl': there is no such file, and it is no URL. Check the path."),
        ("orders.v1", "Cannot reach a broker: its address is no URL. Write one, such as kafka://127"),
        ("kafka://", "Cannot reach a broker: its address is no URL."),
        ("kafak://host", r"Cannot reach a broker by kafak://…: there is no such transport. Did you mean kafka://…\?"),
        ("ftp://host", "Cannot reach a broker by ftp://…: there is no such transport. There are: "),
        (
            "kafka://host/a/b",
            "Cannot reach Kafka at 'kafka://host/a/b': it is not of the form kafka://host:port/topic.",
        ),
        ("kafka:///a", "Cannot reach Kafka at 'kafka:///a': it is not of the form"),
        (
            "kafka://host?timeout=soon",
            "Cannot use timeout='soon': it is no number of seconds above 0. Write timeout=10.",
        ),
        ("amqp://host/a/b", "Cannot reach RabbitMQ at 'amqp://host/a/b': it is not of the form"),
        ("amqp://host?queue=a&exchange=b", "Cannot reach RabbitMQ at 'amqp://host': it is not of the form"),
        ("sqs://host/1/2/3", "Cannot reach 'sqs://host/1/2/3': it is not of the form sqs://HOST/ACCOUNT/QUEUE."),
        ("sqs://host/1/2?queue=a", "Cannot use the setting 'queue' of 'sqs://host/1/2': there are region, "),
    ],
    ids=lambda each: each if "://" in each or each.startswith("orders.") else "",
)
def test_a_url_that_cannot_be(url: str, says: str) -> None:
    with pytest.raises(UsageError, match=says):
        link_from(url)


@pytest.mark.parametrize("setting", ["unheard.of=1", "acks=hidden&sasl.password=hidden"])
def test_settings_that_the_client_refuses(setting: str) -> None:
    with link_to(f"kafka://{NOBODY}?{setting}") as link, pytest.raises(UsageError) as raised:
        link.send(Message(b"{}", metadata={"topic": "a"}))

    assert str(raised.value).startswith(f"Cannot reach Kafka at 'kafka://{NOBODY}': ")
    assert "hidden" not in str(raised.value)


def test_settings_stand_in_the_query_and_in_a_file(tmp_path: Path) -> None:
    file = tmp_path / "client.properties"
    file.write_text("# ours\n\nsasl.username = me\nsasl.password=a=b\nacks=1\n")

    found = LinkUrl.of("KAFKA://u%40x:p%2F@a:1,b:2/orders%2Fv1?acks=all&timeout=2", str(file))

    assert (found.scheme, found.host, found.path) == ("kafka", "a:1,b:2", ("orders/v1",))
    assert (found.user, found.password, found.timeout) == ("u@x", "p/", 2.0)
    assert found.settings == {"sasl.username": "me", "sasl.password": "a=b", "acks": "all"}
    assert str(found) == "kafka://a:1,b:2/orders/v1"
    assert "p/" not in repr(found)
    assert "a=b" not in repr(found)
    assert found.scrubbed("refused: a=b and p/ of me") == "refused: *** and *** of me"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (None, "Cannot read the configuration '.*': No such file"),
        ("a\n", "Cannot read line 1 of the configuration '.*': "),
    ],
    ids=["no such file", "no such line"],
)
def test_a_configuration_that_cannot_be_read(tmp_path: Path, text: str | None, says: str) -> None:
    if text is not None:
        (tmp_path / "f").write_text(text)

    with pytest.raises(UsageError, match=says):
        LinkUrl.of("kafka://host", str(tmp_path / "f"))


@pytest.mark.parametrize(
    ("url", "endpoint", "region"),
    [
        ("sqs://sqs.eu-central-1.amazonaws.com/123/q", "https://sqs.eu-central-1.amazonaws.com", "eu-central-1"),
        ("sqs+http://127.0.0.1:4566/0/q", "http://127.0.0.1:4566", "us-east-1"),
        ("sqs+http://127.0.0.1:4566/0/q?region=eu-west-1", "http://127.0.0.1:4566", "eu-west-1"),
        ("sqs:///q", None, None),
    ],
    ids=["AWS", "elsewhere", "a region", "as boto3 is set up"],
)
def test_where_a_queue_is(url: str, endpoint: str | None, region: str | None) -> None:
    from msgpact.adapters.aws_url import Aws

    found = Aws(LinkUrl.of(url), "QUEUE")

    assert (found.endpoint, found.region, found.name) == (endpoint, region, "q")


def test_the_queues_of_a_topic_are_at_another_host() -> None:
    from msgpact.adapters.aws_url import Aws

    found = Aws(LinkUrl.of("sns://sns.eu-central-1.amazonaws.com/123/t"), "TOPIC")

    assert found.client("sns").meta.endpoint_url == "https://sns.eu-central-1.amazonaws.com"
    assert found.client("sqs").meta.endpoint_url == "https://sqs.eu-central-1.amazonaws.com"


def test_a_profile_that_is_not_there() -> None:
    with (
        link_to("sqs:///q?profile=nobodys") as link,
        pytest.raises(UsageError, match=r"Cannot reach 'sqs:///q': .*nobodys"),
    ):
        link.send(Message(b"1"))


def test_links_of_other_packages(monkeypatch: pytest.MonkeyPatch) -> None:
    entry = EntryPoint("mqtt", "msgpact.adapters.kafka_link:KafkaLink", "msgpact.adapters")
    monkeypatch.setattr("importlib.metadata.entry_points", lambda group: EntryPoints([entry]).select(group=group))

    assert link_from("mqtt://host/a").url.scheme == "mqtt"
    with pytest.raises(UsageError, match="mqtt://…"):
        link_from("ftp://host/a")


def test_restated() -> None:
    message = Message(b"", headers={"topic": "a header"}, metadata={"topic": "a"})

    found = restated(message, topic="b")

    assert found.metadata == {"topic": "b", "header:topic": "a header"}
    assert (message.metadata["topic"], found.headers) == ("a", message.headers)
