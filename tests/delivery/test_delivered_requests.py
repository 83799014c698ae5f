"""Requests and their responses: stated, delivered to the handler, recorded, and answered by a provider."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

import msgpact
from msgpact import Consumer, ConsumerCase, Message, Outgoing, generate, match
from msgpact.errors import ContractBroken, DeclarationError, Unserializable
from msgpact.model import InteractionType
from msgpact.recorder import consumer_cases
from msgpact.results import Outcome


class Ask(BaseModel):
    sku: str


class Price(BaseModel):
    sku: str
    amount: float


ASK = {"sku": match.string("A-1")}
PRICE = {"sku": match.string("A-1"), "amount": match.number(9.5)}


@pytest.fixture
def shop() -> Consumer:
    return Consumer("shop", provider="prices")


def case_of(shop: Consumer, handler: Callable[..., object], **said: Any) -> ConsumerCase:
    said = {"request": ASK, **({} if "responses" in said else {"response": PRICE}), **said}
    shop.requests("a price is asked for", **said)(handler)
    return consumer_cases(shop, seed=1)[0]


# -- what the handler is given ---------------------------------------------------------------------------------------


def test_the_response_as_the_handler_annotates_it(shop: Consumer) -> None:
    def handler(price: Price, *, request: Ask, metadata: dict[str, object]) -> object:
        return price, request, metadata

    case = case_of(shop, handler, response=Outgoing(PRICE, {"topic": "prices"}))

    assert case.deliver() == (
        Price(sku="A-1", amount=9.5), Ask(sku="A-1"), {"contentType": "application/json", "topic": "prices"},
    )  # fmt: skip
    assert case.delivered


def test_the_request_in_other_forms(shop: Consumer) -> None:
    def handler(price: bytes, request: bytes) -> object:
        return price, request

    async def other(price: Message, request: Message) -> object:
        return price.contents, request.contents

    def plain(price, request):  # type: ignore[no-untyped-def]
        return price, request

    case = case_of(shop, handler)
    both = b'{"sku":"A-1","amount":9.5}', b'{"sku":"A-1"}'

    assert case.deliver() == both
    assert case.deliver(handler=other) == both
    assert case.deliver(handler=plain) == ({"sku": "A-1", "amount": 9.5}, {"sku": "A-1"})


def test_several_responses(shop: Consumer) -> None:
    def handler(prices: list[Price]) -> list[float]:
        return [each.amount for each in prices]

    case = case_of(shop, handler, responses=[PRICE, {"sku": "B", "amount": 2.0}])

    assert case.deliver() == [9.5, 2.0]
    assert [each.contents for each in case.responses] == [b'{"sku":"A-1","amount":9.5}', b'{"sku":"B","amount":2.0}']
    assert case.request is not None
    assert case.request.contents == b'{"sku":"A-1"}'


def test_several_responses_are_a_list(shop: Consumer) -> None:
    def bare(prices: list) -> object:  # type: ignore[type-arg]  # as users write it
        return prices

    def single(price: Price) -> None:
        raise AssertionError

    case = case_of(shop, single, responses=[{"n": 1}, {"n": 2}])

    assert case.deliver(handler=bare) == [{"n": 1}, {"n": 2}]
    with pytest.raises(
        DeclarationError, match=r"as Price: several responses are delivered as a list\. Annotate it as one"
    ):
        case.deliver()


def test_a_request_that_cannot_be_sent(shop: Consumer) -> None:
    with pytest.raises(
        Unserializable, match=r"Cannot send what the sender .* returned as application/json: .*, or its bytes"
    ):
        case_of(shop, lambda price: None, sent_by=object).deliver()


def test_a_decoder(shop: Consumer) -> None:
    assert case_of(shop, lambda price: price, decode=lambda contents: contents.decode().upper()).deliver() == (
        '{"SKU":"A-1","AMOUNT":9.5}'
    )


def test_generated_values(shop: Consumer) -> None:
    case = case_of(
        shop, lambda price, request: (price["n"], request["n"]),
        request={"n": generate.random_int(1, 9)}, response={"n": generate.random_int(10, 99)},
    )  # fmt: skip

    answered, asked = case.deliver()

    assert 10 <= answered <= 99
    assert 1 <= asked <= 9


def test_a_one_way_message_has_no_request(shop: Consumer) -> None:
    shop.expects("it happened", contents={})(lambda message: None)
    (case,) = consumer_cases(shop, seed=1)

    assert (case.request, case.responses) == (None, ())


def test_a_response_that_does_not_load(shop: Consumer) -> None:
    def handler(price: int) -> None:
        raise AssertionError

    with pytest.raises(DeclarationError, match="its example does not load as int: "):
        case_of(shop, handler).deliver()


def test_a_request_that_does_not_load(shop: Consumer) -> None:
    def handler(price: Price, request: int) -> None:
        raise AssertionError

    with pytest.raises(DeclarationError, match="its request does not load as int: "):
        case_of(shop, handler).deliver()


# -- who sends it ----------------------------------------------------------------------------------------------------


def ask(sku: str = "B-2") -> Ask:
    return Ask(sku=sku)


async def ask_later(sku: str = "B-2") -> Message:
    return Message(ask(sku).model_dump_json().encode(), content_type="application/json")


@pytest.mark.parametrize(
    "sender", [ask, ask_later, lambda: {"sku": "x"}, lambda: b'{"sku":"x"}', lambda: Outgoing(Ask(sku="x"))]
)
def test_what_is_sent_is_what_is_stated(shop: Consumer, sender: Callable[..., object]) -> None:
    assert case_of(shop, lambda price: "handled", sent_by=sender).deliver() == "handled"


def test_what_is_sent_is_not_what_is_stated(shop: Consumer) -> None:
    def ask() -> dict[str, object]:
        return {"sku": 7}

    def handler(price: Price) -> None:
        raise AssertionError

    with pytest.raises(ContractBroken) as broken:
        case_of(shop, handler, sent_by=ask).deliver()

    first, second = str(broken.value).splitlines()
    assert first.startswith("Cannot request 'a price is asked for': what ")
    assert first.endswith("sends is not what is stated. Mend the one or the other.")
    assert second == '    contents $.sku: expected a string, such as "A-1", got 7 (an integer)'


def test_what_is_sent_holds_nothing_more_than_is_stated(shop: Consumer) -> None:
    """A provider is verified with the request that is stated."""
    with pytest.raises(ContractBroken, match="no other keys"):
        case_of(shop, lambda price: None, sent_by=lambda: {"sku": "x", "more": 1}).deliver()


class Client:
    def ask(self) -> Ask:
        return ask()


def test_a_method_sends(shop: Consumer) -> None:
    assert case_of(shop, lambda price: 1, sent_by=Client().ask).deliver() == 1
    with pytest.raises(
        DeclarationError, match=r"Cannot let 'a price is asked for' be sent by .*: it is a method, and there is no"
    ):
        case_of(Consumer("s", provider="p"), lambda price: 1, sent_by=Client.ask)


def test_nothing_is_sent(shop: Consumer) -> None:
    with pytest.raises(
        ContractBroken, match=r"The sender .* returned None: it made no message\. Return the message\.$"
    ):
        case_of(shop, lambda price: None, sent_by=lambda: None).deliver()


def test_metadata_that_is_sent(shop: Consumer) -> None:
    request = Outgoing(ASK, {"topic": "asks"})

    assert (
        case_of(shop, lambda price: 1, request=request, sent_by=lambda: Outgoing(ask(), {"topic": "asks"})).deliver()
        == 1
    )
    with pytest.raises(ContractBroken, match='metadata topic: expected the entry, such as "asks", got nothing'):
        case_of(Consumer("s", provider="p"), lambda price: 1, request=request, sent_by=ask).deliver()


def test_names_for_the_sender_and_the_handler(shop: Consumer) -> None:
    made: list[str] = []

    def stock() -> Iterator[str]:
        made.append("set up")
        yield "stock"
        made.append("torn down")

    def send(*, stock: str, sku: str) -> Ask:
        return Ask(sku=stock + sku)

    def handler(price: Price, *, stock: str, repo: str) -> str:
        return stock + repo

    shop.provide("stock", stock)
    case = case_of(shop, handler, sent_by=send)

    assert case.deliver(sku="C", repo="!") == "stock!"
    assert made == ["set up", "torn down"]
    with pytest.raises(DeclarationError, match=r"with skus=...: .* takes no such parameter. Did you mean 'sku'?"):
        case.deliver(skus="C", repo="!")
    with pytest.raises(DeclarationError, match="its parameter 'sku' has no value"):
        case.deliver(repo="!")


def test_a_sender_that_raises(shop: Consumer, tmp_path: Path) -> None:
    def send() -> Ask:
        raise LookupError("no stock")

    case_of(shop, lambda price: None, sent_by=send)

    (result,) = msgpact.record(shop, tmp_path).results

    assert result.outcome is Outcome.RAISED
    assert result.text.startswith("The sender ")
    assert "raised LookupError: no stock" in result.text


# -- what is recorded ------------------------------------------------------------------------------------------------


def answering(answer: Callable[..., object]) -> msgpact.Provider:
    prices = msgpact.Provider("prices")
    prices.answers("a price is asked for")(answer)
    return prices


def test_recorded_and_answered(shop: Consumer, tmp_path: Path) -> None:
    case_of(shop, lambda price: None, sent_by=ask)

    report = msgpact.record(shop, tmp_path)

    assert report.ok, report
    assert report.results[0].notes == ()
    (interaction,) = msgpact.load(tmp_path / "shop-prices.json").interactions
    assert interaction.type is InteractionType.SYNCHRONOUS_MESSAGE
    good = answering(lambda request: {"sku": request["sku"], "amount": 1})
    assert msgpact.verify(good, tmp_path).ok
    (broken,) = msgpact.verify(answering(lambda request: {"sku": request["sku"]}), tmp_path).results
    assert [each.path for each in broken.mismatches] == ["$"]


def test_a_request_that_nobody_checks_is_noted(shop: Consumer, tmp_path: Path) -> None:
    case_of(shop, lambda price: None)

    report = msgpact.record(shop, tmp_path)

    assert report.ok
    assert report.results[0].notes == (
        "the request that is sent was not checked: name the function that makes it, sent_by=...",
    )


def test_a_broken_request_breaks_the_contract(shop: Consumer, tmp_path: Path) -> None:
    case_of(shop, lambda price: None, sent_by=lambda: {"sku": None})

    report = msgpact.record(shop, tmp_path)

    assert (report.results[0].outcome, report.exit_code) == (Outcome.BROKEN, 1)
    assert not list(tmp_path.iterdir())


def test_version_3_has_no_requests(shop: Consumer, tmp_path: Path) -> None:
    case_of(shop, lambda price: None, sent_by=ask)

    (problem,) = msgpact.record(shop, tmp_path, spec_version="3.0.0").problems

    assert "version 3 holds one-way messages only, and this is Synchronous/Messages. Write version 4." in problem.text


# -- what cannot be stated -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ({"response": PRICE, "responses": [PRICE]}, "exactly one of response= and responses= says what comes back"),
        ({"responses": []}, "exactly one of response= and responses= says what comes back"),
        ({"responses": PRICE}, "it is no list. Write response= for a single one."),
        ({"sent_by": "ask"}, "Cannot use sent_by='ask' for 'a price is asked for': it is no function. Give one."),
        ({"content_type": "json"}, "Cannot use content_type='json' for 'a price is asked for': it is none."),
        ({"pending": 1}, "it is a int. Say True or False."),
    ],
)
def test_declarations_that_cannot_be(shop: Consumer, said: dict[str, Any], why: str) -> None:
    with pytest.raises(DeclarationError) as refused:
        case_of(shop, lambda price: None, **said)

    assert why in str(refused.value)


def test_a_sender_that_is_a_generator(shop: Consumer) -> None:
    def send() -> Iterator[Ask]:
        yield ask()

    with pytest.raises(
        DeclarationError,
        match=r"Cannot let 'a price is asked for' be sent by .*: it is a generator. Return the request.",
    ):
        case_of(shop, lambda price: None, sent_by=send)


def test_nobody_to_answer() -> None:
    with pytest.raises(DeclarationError, match=r"nobody is said to answer it\. Write provider='orders'"):
        case_of(Consumer("shop"), lambda price: None)


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ({"request": None}, "Cannot use None as the request: a synchronous message has no tombstones."),
        ({"response": None}, "Cannot use None as the response: a synchronous message has no tombstones."),
        ({"request": {1: 2}}, "Cannot use 1 as a key at $"),
        (
            {"response": match.all_of(match.integer(1), match.include("x", "x"))},
            "the example of the response does not meet its rules",
        ),
    ],
)
def test_templates_that_cannot_be(shop: Consumer, said: dict[str, Any], why: str) -> None:
    with pytest.raises(DeclarationError) as refused:
        case_of(shop, lambda price: None, **said).deliver()

    assert why in str(refused.value)
