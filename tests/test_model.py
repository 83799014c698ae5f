"""The values of a contract: states, look-ups, and what a message says of itself."""

import dataclasses
import pickle

import pytest

import msgpact
from msgpact.errors import DeclarationError
from msgpact.model import (
    Contract,
    Interaction,
    InteractionType,
    MatchingRule,
    Message,
    Outgoing,
    PathRules,
    ProviderState,
    RuleSet,
    is_content_type_key,
    state,
    states_from,
)

# -- states ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("made", "name", "params"),
    [
        (state("s"), "s", {}),
        (state("s", id=1), "s", {"id": 1}),
        (state("s", {"order-id": 1}), "s", {"order-id": 1}),
        (state("s", {"a": 1, "b": 1}, b=2), "s", {"a": 1, "b": 2}),
    ],
)
def test_a_state(made: ProviderState, name: str, params: dict[str, object]) -> None:
    assert (made.name, made.params) == (name, params)


def test_any_parameter_name_can_be_said() -> None:
    assert state("s", {"params": 1}, name=2).params == {"params": 1, "name": 2}


def test_a_parameter_that_is_called_params_stands_in_a_mapping() -> None:
    with pytest.raises(DeclarationError, match=r"is written state\('s', {'params': ...}\)"):
        state("s", params=2)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("given", "states"),
    [
        ((), ()),
        ("s", (ProviderState("s"),)),
        (state("s", a=1), (state("s", a=1),)),
        (["s", state("t")], (ProviderState("s"), ProviderState("t"))),
        (iter(["s"]), (ProviderState("s"),)),
    ],
)
def test_states_in_every_form(given: object, states: tuple[ProviderState, ...]) -> None:
    assert states_from(given) == states  # type: ignore[arg-type]


@pytest.mark.parametrize("given", [[1], [None], [("s", {})], [["s"]]], ids=repr)
def test_what_is_no_state(given: object) -> None:
    with pytest.raises(DeclarationError, match=r"^Cannot use .* as a provider state: it is a .*\. Write its name, or"):
        states_from(given)  # type: ignore[arg-type]


# -- contracts -------------------------------------------------------------------------------------------------------


def interaction(description: str, *states: ProviderState) -> Interaction:
    return Interaction(InteractionType.ASYNCHRONOUS_MESSAGE, description, states)


PLACED, EMPTY = (
    interaction("an order was placed", state("stock", n=1)),
    interaction("an order was placed", state("empty")),
)
PAID = interaction("an order was paid")
CONTRACT = Contract("fulfilment", "orders", (PLACED, EMPTY, PAID))


@pytest.mark.parametrize(
    ("description", "given", "found"),
    [
        ("an order was paid", None, PAID),
        ("an order was paid", (), PAID),
        ("an order was placed", "empty", EMPTY),
        ("an order was placed", ["stock"], PLACED),
        ("an order was placed", state("stock", n=1), PLACED),
    ],
)
def test_finding(description: str, given: object, found: Interaction) -> None:
    assert CONTRACT.find(description, given=given) is found  # type: ignore[arg-type]


def test_a_description_alone_is_enough_where_it_is_one() -> None:
    assert CONTRACT["an order was paid"] is PAID
    assert list(CONTRACT) == [PLACED, EMPTY, PAID]


def test_several_are_listed() -> None:
    with pytest.raises(LookupError) as raised:
        CONTRACT["an order was placed"]

    assert str(raised.value) == (
        "Cannot choose between the 2 interactions called 'an order was placed': they differ in their states. "
        "Say which by contract.find('an order was placed', given=...):\n"
        "  an order was placed (given stock, n=1)\n"
        "  an order was placed (given empty)"
    )


@pytest.mark.parametrize(
    ("description", "given", "why"),
    [
        ("an order was plced", None, "no interaction is called so. Did you mean 'an order was placed'? There are:\n"),
        ("nonsense", None, "no interaction is called so. There are:\n"),
        ("an order was placed", "nonsense", "no interaction is called so with those states. There are:\n"),
        ("an order was placed", state("stock", n=2), "with those states"),
        ("an order was placed", ["stock", "empty"], "with those states"),
        ("an order was paid", "stock", "with those states. There are:\n  an order was paid"),
    ],
)
def test_what_is_not_there(description: str, given: object, why: str) -> None:
    with pytest.raises(LookupError) as raised:
        CONTRACT.find(description, given=given)  # type: ignore[arg-type]

    assert f"Cannot find {description!r} in the contract of 'fulfilment' with 'orders': " in str(raised.value)
    assert why in str(raised.value)


def test_an_empty_contract_says_so() -> None:
    with pytest.raises(LookupError, match=r"There are:\n  \(none\)"):
        Contract("c", "p")["d"]


@pytest.mark.parametrize(
    ("comments", "origin"),
    [({}, None), ({"msgpact": {"origin": "m:f"}}, "m:f"), ({"msgpact": "x"}, None), ({"msgpact": {"origin": 1}}, None)],
)
def test_the_origin_of_an_interaction(comments: dict[str, object], origin: str | None) -> None:
    assert dataclasses.replace(PAID, comments=comments).origin == origin


def test_values_are_frozen() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        PAID.description = "another"  # type: ignore[misc]


# -- messages --------------------------------------------------------------------------------------------------------

JSON = "application/json"


@pytest.mark.parametrize(
    "name", ["contentType", "ContentType", "content-type", "Content-Type", "CONTENT-TYPE", "contenttype"]
)
def test_the_content_type_in_every_spelling(name: str) -> None:
    assert is_content_type_key(name)

    message = Message(b"", metadata={name: JSON, "k": 1})

    assert (message.content_type, message.metadata) == (JSON, {"contentType": JSON, "k": 1})


@pytest.mark.parametrize("name", ["type", "content_type", "contentType ", ""])
def test_what_is_no_content_type(name: str) -> None:
    assert not is_content_type_key(name)
    assert Message(b"", metadata={name: JSON}).content_type is None


def test_the_content_type_and_the_metadata_are_one_fact() -> None:
    assert Message(b"", content_type=JSON).metadata == {"contentType": JSON}
    assert Message(b"", headers=[("content-type", JSON)]).content_type == JSON
    assert Message(b"", content_type=JSON, metadata={"Content-Type": JSON}).metadata == {"contentType": JSON}
    with pytest.raises(
        DeclarationError, match=r"of content type 'a/b': its metadata says 'application/json'. Say it once."
    ):
        Message(b"", content_type="a/b", metadata={"contentType": JSON})


@pytest.mark.parametrize(
    ("value", "content_type"), [([JSON, "a/b"], JSON), ([], None), (5, None), (None, None), ([5], None)]
)
def test_content_types_that_are_no_text(value: object, content_type: str | None) -> None:
    message = Message(b"", metadata={"Content-Type": value})

    assert message.content_type == content_type
    assert message.metadata == ({"contentType": JSON} if content_type else {"Content-Type": value})


@pytest.mark.parametrize(
    ("headers", "metadata"),
    [
        ([("a", b"1")], {"a": "1"}),
        ([("a", "1")], {"a": "1"}),
        ([("a", b"1"), ("b", b"2"), ("a", b"3")], {"a": ["1", "3"], "b": "2"}),
        ([("a", None)], {"a": None}),
        ([("a", None), ("a", b"")], {"a": [None, ""]}),
        ([("a", b"\xff")], {"a": "base64:/w=="}),
        ([("topic", b"x")], {"topic": "orders", "header:topic": "x"}),
        ([], {}),
    ],
)
def test_headers_as_metadata(headers: list[tuple[str, bytes | str | None]], metadata: dict[str, object]) -> None:
    message = Message(b"", headers=headers, metadata={"topic": "orders"})

    assert message.metadata == {"topic": "orders", **metadata}
    assert message.headers == tuple(
        (name, value.encode() if isinstance(value, str) else value) for name, value in headers
    )


def test_a_header_that_is_no_text_on_its_transport_is_shown_as_it_is_there() -> None:
    message = Message(
        b"",
        headers=[("n", b"1.50"), ("topic", b"1"), ("a", b"2")],
        metadata={"topic": "orders"},
        shown={"n": 1.5, "topic": 1},
    )

    assert message.metadata == {"topic": "orders", "n": 1.5, "header:topic": 1, "a": "2"}
    assert message.headers == (("n", b"1.50"), ("topic", b"1"), ("a", b"2"))


@pytest.mark.parametrize("contents", [b"x", bytearray(b"x"), memoryview(b"x")])
def test_contents_are_bytes(contents: bytes) -> None:
    assert Message(contents).contents == b"x"


def test_a_tombstone_is_not_an_empty_body() -> None:
    assert Message(None) != Message(b"")


@pytest.mark.parametrize("contents", ["text", 1, {"a": 1}])
def test_what_are_no_contents(contents: object) -> None:
    with pytest.raises(DeclarationError, match=r"contents are bytes, or None .*\. Encode the value first"):
        Message(contents)  # type: ignore[arg-type]


def test_what_a_message_was_made_of_is_not_changed() -> None:
    metadata: dict[str, object] = {"Content-Type": JSON}

    Message(b"", metadata=metadata)

    assert metadata == {"Content-Type": JSON}


def test_outgoing_values() -> None:
    assert Outgoing({"a": 1}, {"k": "v"}).metadata == {"k": "v"}
    assert Outgoing(None).value is None


@pytest.mark.parametrize(
    "value",
    [PLACED, Message(b"x", headers=[("a", b"1")]), PathRules({"$": RuleSet((MatchingRule("type"),))}), CONTRACT],
    ids=lambda value: type(value).__name__,
)
def test_values_can_travel_between_processes(value: object) -> None:
    assert pickle.loads(pickle.dumps(value)) == value


def test_the_face_of_the_package_hands_these_on() -> None:
    assert (msgpact.Contract, msgpact.Interaction, msgpact.Message, msgpact.Outgoing, msgpact.state) == (
        Contract,
        Interaction,
        Message,
        Outgoing,
        state,
    )
