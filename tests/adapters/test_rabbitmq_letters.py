"""Dead letters of RabbitMQ, and delivery tags: what is pure of consuming from it."""

import datetime
import json
from decimal import Decimal
from typing import Any

import aiormq
import pytest
from aiormq.abc import DeliveredMessage
from hypothesis import given
from hypothesis import strategies as st
from pamqp.decode import field_table
from pamqp.header import ContentHeader

from msgpact.adapters.rabbitmq_connection import rounds
from msgpact.adapters.rabbitmq_letters import Address, Letter, letter_of, properties_class, table
from msgpact.adapters.rabbitmq_source import Tags
from msgpact.errors import UsageError
from msgpact.receivers import Reason

Properties = properties_class(aiormq)

# -- where they go ----------------------------------------------------------------------------------------------------

ADDRESSES = {
    "a queue": ("{queue}.dead", ("", "q.dead")),
    "exchange and routing key": ("dead/{queue}", ("dead", "q")),
    "both of the message": ("{exchange}.dead/{routingKey}", ("orders.dead", "order.placed")),
    "no routing key": ("dead/", ("dead", "")),
    "a queue with a slash": ("/a/b", ("", "a/b")),
    "braces of its own": ("{other}", ("", "{other}")),
}


@pytest.mark.parametrize(("text", "where"), ADDRESSES.values(), ids=ADDRESSES)
def test_address(text: str, where: tuple[str, str]) -> None:
    assert Address.of(text).filled(queue="q", exchange="orders", routingKey="order.placed") == Address(*where)


@pytest.mark.parametrize("text", ["", "/", "//"])
def test_an_address_of_nothing(text: str) -> None:
    with pytest.raises(UsageError, match="it names no queue"):
        Address.of(text)


# -- what they are ----------------------------------------------------------------------------------------------------


def letter(properties: Any = None, *, user: str = "guest", frame_max: int = 131072) -> Letter:
    deliver = aiormq.spec.Basic.Deliver(exchange="orders", routing_key="order.placed", delivery_tag=1)
    header = ContentHeader(properties=properties or aiormq.spec.Basic.Properties())
    message = DeliveredMessage(delivery=deliver, header=header, body=b"{", channel=None)  # type: ignore[arg-type]  # unused
    to = Address.of("dead")
    return letter_of(message, Reason("failed"), "q", to, user=user, frame_max=frame_max, make=Properties)


def why(found: Letter) -> dict[str, object]:
    said: dict[str, object] = json.loads(found.properties.headers["msgpact"])
    return said


def test_another_users_id_is_left_out_and_said() -> None:
    """RabbitMQ takes none but our own."""
    sent = aiormq.spec.Basic.Properties(user_id="shop")

    assert letter(sent, user="shop").properties.user_id == "shop"
    assert letter(sent, user="guest").properties.user_id is None
    assert why(letter(sent, user="guest"))["userId"] == "shop"


def test_what_is_said_is_bounded() -> None:
    found = letter(aiormq.spec.Basic.Properties(user_id="u" * 255, headers={"CC": ["k" * 255] * 50}))

    assert len(found.properties.headers["msgpact"]) < 1500


def test_where_the_header_would_make_the_frame_too_large_it_is_left_out() -> None:
    sent = aiormq.spec.Basic.Properties(headers={"a": "x" * 4000})

    assert "msgpact" in letter(sent, frame_max=8192).properties.headers
    assert letter(sent, frame_max=4096).properties.headers == {"a": "x" * 4000}


# -- headers ----------------------------------------------------------------------------------------------------------

times = st.datetimes(datetime.datetime(1970, 1, 1), datetime.datetime(2100, 1, 1), timezones=st.just(datetime.UTC))
scalars = (
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False)
    | st.text()
    | st.just(b"\xff")
    | st.binary().map(bytearray)
    | times.map(lambda moment: moment.replace(microsecond=0))
    | st.builds(
        lambda digits, scale: Decimal(digits).scaleb(-scale), st.integers(-(2**31), 2**31 - 1), st.integers(0, 9)
    )
)
names = st.text(st.characters(codec="utf-8"), max_size=40)
values = st.recursive(scalars, lambda each: st.lists(each) | st.dictionaries(names, each), max_leaves=8)


@given(st.dictionaries(names, values))
def test_headers_are_written_as_the_client_reads_them(headers: dict[str, Any]) -> None:
    written = table(headers)

    assert field_table(written) == (len(written), headers)


# -- which are sent at once -------------------------------------------------------------------------------------------


@given(st.lists(st.sampled_from([None, "a", "b"])))
def test_no_two_with_the_same_id_are_sent_at_once(ids: list[str | None]) -> None:
    """The client tells by it which of them is returned."""
    letters = [Letter(Address("", "q"), b"", aiormq.spec.Basic.Properties(message_id=each)) for each in ids]
    parts = list(rounds(letters))

    assert sorted(id(each) for part in parts for each in part) == sorted(map(id, letters))
    for part in parts:
        known = [each.properties.message_id for each in part if each.properties.message_id]
        assert len(known) == len(set(known))


# -- delivery tags ----------------------------------------------------------------------------------------------------


@given(st.data())
def test_each_tag_is_acknowledged_once_and_none_before_it_is_settled(data: st.DataObject) -> None:
    """As RabbitMQ sees it: what it does not know any more, or not yet, closes the channel."""
    order = data.draw(st.permutations(range(1, data.draw(st.integers(1, 12)) + 1)))
    tags, open_, settled = Tags(), set(order), set[int]()
    for tag in order:
        tags.settled(tag)
        settled.add(tag)
        if not data.draw(st.booleans()):
            continue
        for each, with_those_before in tags.taken():
            now = {other for other in open_ if other <= each} if with_those_before else {each}
            assert each in open_
            assert now <= settled
            open_ -= now
        assert not open_ & settled


def test_in_order_one_acknowledgement_is_for_all() -> None:
    tags = Tags()
    for tag in range(1, 101):
        tags.settled(tag)

    assert tags.taken() == [(100, True)]
    assert tags.taken() == []
