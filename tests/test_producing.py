"""What a producer returned becomes the message that production would send."""

import dataclasses
import datetime
import uuid
from collections.abc import Callable
from typing import Any, TypedDict

import pydantic
import pytest

from msgpact import Message, Outgoing, Provider
from msgpact.calls import EventLoop, SyncDriver
from msgpact.errors import Unavailable, Unserializable, UsageError
from msgpact.model import Contents, Form, MessageContents, Presence
from msgpact.producing import Broken, Maker, message_of, serialized
from msgpact.serializers.avro import Avro
from msgpact.serializers.framed import NO_REGISTRY
from msgpact.serializers.framing import Confluent

ORDER = b'{"id":42}'


class OrderModel(pydantic.BaseModel):
    id: int


@dataclasses.dataclass
class OrderData:
    id: int


class OrderDict(TypedDict):
    id: int


def made(returned: object, expected: Contents | None = None, **said: Any) -> Message:
    """The message for what a producer returned, the producer being registered as *said*."""
    orders = Provider("orders")
    orders.produces("an order was placed", **said)(lambda: None)
    maker = Maker.of(orders.producers["an order was placed"], MessageContents(expected or Contents()))
    with EventLoop() as loop, SyncDriver(loop) as driver:
        return message_of(driver.run(serialized(returned, maker)), maker)


@pytest.mark.parametrize(
    ("returned", "contents"),
    [
        pytest.param(OrderModel(id=42), ORDER, id="model"),
        pytest.param(OrderData(42), ORDER, id="dataclass"),
        pytest.param(OrderDict(id=42), ORDER, id="TypedDict"),
        pytest.param({"id": 42}, ORDER, id="dict"),
        pytest.param([1, "2", None], b'[1,"2",null]', id="list"),
        pytest.param([OrderModel(id=42)], b'[{"id":42}]', id="list of models"),
        pytest.param(ORDER, ORDER, id="bytes"),
        pytest.param(bytearray(ORDER), ORDER, id="bytearray"),
        pytest.param(memoryview(ORDER), ORDER, id="memoryview"),
        pytest.param(b"", b"", id="no bytes"),
        pytest.param(False, b"false", id="a false value"),
        pytest.param({"at": datetime.date(2024, 5, 1)}, b'{"at":"2024-05-01"}', id="a date"),
        pytest.param(uuid.UUID(int=1), b'"00000000-0000-0000-0000-000000000001"', id="a UUID"),
        pytest.param(Outgoing(OrderModel(id=42)), ORDER, id="Outgoing"),
        pytest.param(Message(ORDER), ORDER, id="Message"),
        pytest.param(Outgoing(None), None, id="tombstone"),
        pytest.param(Message(None), None, id="tombstone as Message"),
    ],
)
def test_contents(returned: object, contents: bytes | None) -> None:
    assert made(returned).contents == contents


JSON, TEXT = "application/json", "text/plain"


@pytest.mark.parametrize(
    ("said", "returned", "content_type", "metadata"),
    [
        pytest.param({}, {}, JSON, {}, id="JSON unless said otherwise"),
        pytest.param({"content_type": TEXT}, "x", TEXT, {}, id="the producer's"),
        pytest.param({"metadata": {"contentType": TEXT}}, "x", TEXT, {}, id="its metadata's"),
        pytest.param({"metadata": {"Content-Type": TEXT}}, "x", TEXT, {}, id="its metadata's, spelt as a header"),
        pytest.param({"metadata": {"topic": "a", "key": "k"}}, {}, JSON, {"topic": "a", "key": "k"}, id="its metadata"),
        pytest.param(
            {"metadata": {"topic": "a", "key": "k"}},
            Outgoing({}, {"key": "42"}),
            JSON,
            {"topic": "a", "key": "42"},
            id="Outgoing's over it",
        ),
        pytest.param(
            {"metadata": {"content-type": JSON}},
            Outgoing("x", {"contentType": TEXT}),
            TEXT,
            {},
            id="Outgoing's type over it",
        ),
        pytest.param(
            {"metadata": {"topic": "a"}},
            Outgoing(None, {"key": "42"}),
            None,
            {"topic": "a", "key": "42"},
            id="a tombstone's",
        ),
        pytest.param(
            {"metadata": {"topic": "a"}}, Message(b"x", content_type=TEXT), TEXT, {"topic": "a"}, id="a Message's type"
        ),
        pytest.param(
            {"metadata": {"content-type": JSON}},
            Message(b"x", content_type=TEXT),
            TEXT,
            {},
            id="a Message's type over it",
        ),
        pytest.param({}, Message(b"x", headers=[("trace", b"1")]), JSON, {"trace": "1"}, id="a Message's headers"),
        pytest.param({}, Message(b""), None, {}, id="a Message without contents"),
    ],
)
def test_metadata(
    said: dict[str, Any], returned: object, content_type: str | None, metadata: dict[str, object]
) -> None:
    message = made(returned, **said)

    assert message.content_type == content_type
    assert message.metadata == metadata | ({"contentType": content_type} if content_type else {})


TYPED = Contents(Presence.PRESENT, b"", Form.TYPED, "avro/binary")


@pytest.mark.parametrize(
    ("said", "returned", "content_type"),
    [
        pytest.param({}, Message(b"x"), None, id="a Message's"),
        pytest.param({}, Outgoing(b"x"), None, id="that of bytes"),
        pytest.param({}, Outgoing(b"x", {"contentType": TEXT}), TEXT, id="unless it is said"),
        pytest.param({"content_type": JSON}, Message(b"x"), JSON, id="unless the producer says it"),
        pytest.param({"metadata": {"contentType": JSON}}, b"x", JSON, id="unless its metadata say it"),
        pytest.param({}, {"id": 42}, JSON, id="a value is written as JSON"),
    ],
)
def test_contents_with_a_schema_have_no_content_type(
    said: dict[str, Any], returned: object, content_type: str | None
) -> None:
    assert made(returned, TYPED, **said).content_type == content_type


# -- the serializer that production uses -----------------------------------------------------------------------------


async def asynchronously(value: Any) -> bytes:
    return str(value).encode()


@pytest.mark.parametrize(
    ("serializer", "returned", "contents"),
    [
        pytest.param(lambda value: repr(value).encode(), {"id": 42}, b"{'id': 42}", id="bytes"),
        pytest.param(repr, {"id": 42}, b"{'id': 42}", id="text"),
        pytest.param(lambda value: bytearray(b"x"), {}, b"x", id="bytearray"),
        pytest.param(asynchronously, 42, b"42", id="async"),
        pytest.param(repr, Outgoing(42), b"42", id="of Outgoing"),
        pytest.param(repr, b"as it is", b"as it is", id="not of bytes"),
        pytest.param(repr, Message(b"as it is"), b"as it is", id="not of a Message"),
        pytest.param(repr, Outgoing(None), None, id="not of a tombstone"),
    ],
)
def test_serializer(serializer: Callable[[Any], Any], returned: object, contents: bytes | None) -> None:
    assert made(returned, serializer=serializer).contents == contents


def test_what_outgoing_adds_is_kept_with_a_serializer() -> None:
    assert made(Outgoing(42, {"key": "k"}), serializer=repr, content_type=TEXT).metadata == {
        "key": "k",
        "contentType": TEXT,
    }


# -- what cannot be sent ---------------------------------------------------------------------------------------------


def test_what_is_wrong_with_a_declaration_is_said_of_it() -> None:
    serializer = Avro("int", framing=Confluent(NO_REGISTRY, "numbers"))

    with pytest.raises(UsageError, match=r"^Cannot register a schema for 'numbers': no schema registry is named\."):
        made(1, serializer=serializer)


def test_nothing_was_returned() -> None:
    with pytest.raises(
        Broken, match=r"The producer .* returned None: it made no message\. .* return msgpact\.Outgoing\(None\)"
    ):
        made(None)


def test_nothing_was_returned_is_not_given_to_the_serializer() -> None:
    with pytest.raises(Broken, match="returned None"):
        made(None, serializer=repr)


LOOP: list[object] = []
LOOP.append(LOOP)


class Lazy(pydantic.BaseModel):
    id: int

    @pydantic.field_serializer("id")
    def fail(self, value: int) -> int:
        raise LookupError("the session is closed")


@pytest.mark.parametrize(
    ("said", "returned", "why"),
    [
        ({}, object(), "as application/json: a builtins.object has no JSON form"),
        ({}, {"at": float("nan")}, "as application/json:"),
        ({}, LOOP, "as application/json:"),
        ({}, Lazy(id=1), "as application/json: .*the session is closed"),
        ({"content_type": TEXT}, {}, "as text/plain: a dict is not text"),
        ({"content_type": "image/png"}, {}, "as image/png: "),
        (
            {"serializer": lambda value: 42},
            {},
            r"as application/json: its serializer .*test_producing\.py:\d+ <lambda> gave a int, not bytes",
        ),
        (
            {"serializer": lambda value: value["missing"]},
            {},
            r"as application/json: its serializer .* raised KeyError: 'missing'",
        ),
    ],
)
def test_what_has_no_bytes(said: dict[str, Any], returned: object, why: str) -> None:
    with pytest.raises(
        Unserializable, match=rf"Cannot send what the producer .*test_producing\.py:\d+ .*<lambda> returned {why}"
    ):
        made(returned, **said)


def test_what_msgpact_itself_says_is_left_as_it_is() -> None:
    def unavailable(value: Any) -> bytes:
        raise Unavailable("Cannot reach the registry.")

    with pytest.raises(Unavailable):
        made({}, serializer=unavailable)


def test_the_serializers_exception_is_the_cause() -> None:
    with pytest.raises(Unserializable) as caught:
        made({}, serializer=lambda value: value["missing"])

    assert isinstance(caught.value.__cause__, KeyError)


def test_a_coroutine_that_was_never_awaited() -> None:
    async def total() -> int:
        return 42

    coroutine = total()
    with pytest.raises(
        Unserializable, match=r"as application/json: a builtins\.coroutine has no JSON form: <coroutine object .*total"
    ):
        made({"total": coroutine})
    coroutine.close()


class Closed:
    """A field of a dataclass that raises when it is read, as an ORM's lazy attribute may."""

    def __get__(self, instance: object, owner: type) -> int:
        if instance is None:
            return 0
        raise LookupError("the session is closed")

    def __set__(self, instance: object, value: int) -> None: ...


@dataclasses.dataclass
class Row:
    id: int = Closed()  # type: ignore[assignment]


def test_an_exception_within_the_value_is_the_cause() -> None:
    with pytest.raises(Unserializable, match="the session is closed"):
        made(Row())
