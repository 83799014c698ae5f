"""Generated values: drawn from the run's seed, one source for each message."""

from collections.abc import Callable
from typing import Any

import pytest

from msgpact import Consumer, ConsumerCase, generate, match
from msgpact.errors import DeclarationError
from msgpact.recorder import consumer_cases


@pytest.fixture
def shop() -> Consumer:
    return Consumer("shop", provider="orders")


def case_of(shop: Consumer, handler: Callable[..., object], **said: Any) -> ConsumerCase:
    if not said.keys() & {"contents", "example"}:
        said["contents"] = {"id": 7}
    shop.expects("it happened", **said)(handler)
    return consumer_cases(shop, seed=1)[0]


def by_nothing(message):  # type: ignore[no-untyped-def]  # a handler without annotations
    return message


# -- generated values ------------------------------------------------------------------------------------------------

GENERATED = {"a": generate.random_int(0, 10**9), "b": generate.random_string(20), "at": generate.uuid()}


def delivered(seed: int, names: list[str], **said: Any) -> dict[str, object]:
    shop = Consumer("shop", provider="orders")
    for name in names:
        shop.expects(name, contents=GENERATED, **said)(by_nothing)
    return {each.description: each.deliver() for each in consumer_cases(shop, seed=seed)}


def test_the_same_seed_gives_the_same_values() -> None:
    assert delivered(1, ["a"]) == delivered(1, ["a"])
    assert delivered(1, ["a"]) != delivered(2, ["a"])


def test_which_others_run_and_in_what_order_changes_nothing() -> None:
    together = delivered(1, ["a", "b", "c"])

    assert delivered(1, ["c", "b", "a"]) == together
    assert delivered(1, ["b"]) == {"b": together["b"]}
    assert together["a"] != together["b"]


def test_the_pact_holds_the_example_whatever_is_generated(shop: Consumer) -> None:
    case = case_of(shop, by_nothing, contents=GENERATED)
    message = case.interaction.message

    assert message is not None
    assert message.contents.value == {"a": 0, "b": "abcdefghijklmnopqrst", "at": GENERATED["at"].example}
    assert case.deliver() != message.contents.value


def test_metadata_is_generated(shop: Consumer) -> None:
    case = case_of(shop, by_nothing, metadata={"key": generate.random_int(5, 9)})

    assert case.message.metadata["key"] in range(5, 10)


def test_text_is_generated(shop: Consumer) -> None:
    case = case_of(shop, by_nothing, contents=generate.random_string(50), content_type="text/plain")

    assert len(case.deliver()) == 50
    assert case.deliver() != generate.random_string(50).example


def test_variants_of_an_array_are_generated(shop: Consumer) -> None:
    template = {
        "a": match.array_contains({"n": generate.random_int(5, 9)}, match.array_contains(generate.random_int(5, 9)))
    }

    first, (second,) = case_of(shop, by_nothing, contents=template).deliver()["a"]

    assert first["n"] in range(5, 10)
    assert second in range(5, 10)


def test_each_item_is_generated_for_itself(shop: Consumer) -> None:
    items = case_of(shop, by_nothing, contents=match.each_like(generate.uuid(), min=3)).deliver()

    assert len(set(items)) == 3


def test_a_value_that_cannot_be_made_says_where(shop: Consumer) -> None:
    case = case_of(shop, by_nothing, contents={"a": generate.regex(r"\p{Alpha}+", example="ab")})

    with pytest.raises(DeclarationError, match=r"Cannot generate a value for 'it happened': at '\$\.a', no text"):
        case.deliver()


@pytest.mark.parametrize(
    ("template", "message"),
    [
        pytest.param(match.regex("[a-z]+", generate.random_int(1, 2)), "example does not meet its rules", id="example"),
        pytest.param(
            match.regex("[a-y]+", generate.regex("z+", example="zz")), "example does not meet its rules", id="both"
        ),
        pytest.param(
            match.regex("ab|x+", generate.regex("[a-x]{2}", example="ab")),
            "Cannot deliver a generated value",
            id="values",
        ),
    ],
)
def test_a_generator_that_contradicts_its_rule_is_refused(shop: Consumer, template: object, message: str) -> None:
    case = case_of(shop, by_nothing, contents={"a": template})

    with pytest.raises(DeclarationError, match=message):
        case.deliver()


def test_a_message_has_no_mock_server(shop: Consumer) -> None:
    url = generate.mock_server_url(".*(/orders)", example="http://localhost/orders")

    assert case_of(shop, by_nothing, contents={"url": url}).deliver() == {"url": "http://localhost/orders"}
