"""What a handler's other parameters are given: by the test, the message, or what the consumer provides."""

from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from typing import Any

import pytest
from pydantic import BaseModel

from msgpact import Consumer, ConsumerCase, Message
from msgpact.recorder import consumer_cases


class Order(BaseModel):
    id: int


@pytest.fixture
def shop() -> Consumer:
    return Consumer("shop", provider="orders")


def case_of(shop: Consumer, handler: Callable[..., object], **said: Any) -> ConsumerCase:
    if not said.keys() & {"contents", "example"}:
        said["contents"] = {"id": 7}
    shop.expects("it happened", **said)(handler)
    return consumer_cases(shop, seed=1)[0]


# -- the other parameters --------------------------------------------------------------------------------------------


def test_metadata_by_name(shop: Consumer) -> None:
    def handler(message: object, metadata: Mapping[str, object]) -> Mapping[str, object]:
        return metadata

    assert case_of(shop, handler, metadata={"topic": "t"}).deliver() == {
        "contentType": "application/json",
        "topic": "t",
    }


def test_a_handler_that_changes_its_metadata_changes_nothing_else(shop: Consumer) -> None:
    def handler(message: object, *, metadata: dict[str, object]) -> None:
        metadata.clear()

    case = case_of(shop, handler, metadata={"topic": "t"})
    case.deliver()

    assert case.message.metadata["topic"] == "t"


def test_the_message_by_annotation(shop: Consumer) -> None:
    def handler(order: Order, *, raw: Message, maybe: Message | None) -> tuple[Order, bytes | None]:
        assert maybe is raw
        return order, raw.contents

    assert case_of(shop, handler).deliver() == (Order(id=7), b'{"id":7}')


def test_what_the_test_gives(shop: Consumer) -> None:
    def handler(order: Order, repo: list[int], *, extra: int = 1, **more: object) -> tuple[object, ...]:
        return repo, extra, more

    case = case_of(shop, handler)

    assert case.deliver(repo=[1]) == ([1], 1, {})
    assert case.deliver(repo=[1], extra=2, other=3) == ([1], 2, {"other": 3})


def test_what_the_test_gives_comes_before_everything_else(shop: Consumer) -> None:
    def handler(order: Order, metadata: object, raw: Message, repo: object) -> tuple[object, ...]:
        return metadata, raw, repo

    shop.provide("repo", lambda: "factory")

    assert case_of(shop, handler).deliver(metadata=1, raw=2, repo=3) == (1, 2, 3)


def test_annotations_that_only_type_checkers_know_do_not_matter(shop: Consumer) -> None:
    def handler(order: Order, *, repo: "NotThere") -> object:  # type: ignore[name-defined]  # noqa: F821
        return repo

    assert case_of(shop, handler).deliver(repo=5) == 5


# -- what the consumer provides --------------------------------------------------------------------------------------


def plain() -> str:
    return "made"


async def coroutine() -> str:
    return "made"


def generator() -> Iterator[str]:
    yield "made"


async def async_generator() -> AsyncIterator[str]:
    yield "made"


@pytest.mark.parametrize("factory", [plain, coroutine, generator, async_generator], ids=lambda each: each.__name__)
def test_a_factory_makes_what_nobody_gives(shop: Consumer, factory: Callable[[], object]) -> None:
    def handler(order: Order, *, repo: object) -> object:
        return repo

    shop.provide("repo", factory)

    assert case_of(shop, handler).deliver() == "made"


def test_factories_are_torn_down_in_reverse_whatever_happens(shop: Consumer) -> None:
    events: list[str] = []

    def of(name: str, failing: bool) -> Callable[[], Iterator[str]]:
        def factory() -> Iterator[str]:
            events.append(f"{name} up")
            yield name
            events.append(f"{name} down")
            if failing:
                raise OSError(f"{name} cannot be closed")

        return factory

    def handler(order: Order, *, first: str, second: str) -> None:
        raise ValueError("the handler's")

    shop.provide("first", of("first", failing=False))
    shop.provide("second", of("second", failing=True))

    with pytest.raises(ValueError, match="the handler's") as caught:
        case_of(shop, handler).deliver()

    (note,) = caught.value.__notes__
    assert note.startswith("The tear-down of the factory ")
    assert note.endswith(" raised OSError: second cannot be closed")
    assert events == ["first up", "second up", "second down", "first down"]


def test_a_factory_that_fails_tears_down_those_before(shop: Consumer) -> None:
    events: list[str] = []

    def first() -> Iterator[None]:
        yield
        events.append("down")

    def second() -> None:
        raise OSError("no second")

    def handler(order: Order, *, first: None, second: None) -> None: ...

    shop.provide("first", first)
    shop.provide("second", second)

    with pytest.raises(OSError, match="no second"):
        case_of(shop, handler).deliver()

    assert events == ["down"]
