"""Handlers of every kind, what they return and raise, and what cannot be delivered."""

import contextvars
import functools
from collections.abc import Callable
from typing import Any

import pytest
from pydantic import BaseModel

import msgpact
from msgpact import Consumer, ConsumerCase
from msgpact.errors import DeclarationError
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


def by_model(message: Order) -> object:
    return message


# -- handlers of every kind ------------------------------------------------------------------------------------------


class Service:
    def __init__(self, name: str) -> None:
        self.name = name

    def on_order(self, order: Order) -> tuple[str, Order]:
        return self.name, order

    @classmethod
    def of_class(cls, order: Order) -> tuple[type, Order]:
        return cls, order

    def __call__(self, order: Order) -> tuple[str, Order]:
        return self.name, order


def test_a_method_is_given_with_its_instance(shop: Consumer) -> None:
    case = case_of(shop, Service.on_order)

    assert case.deliver(handler=Service("it").on_order) == ("it", Order(id=7))


@pytest.mark.parametrize("method", [Service.on_order, vars(Service)["of_class"].__func__], ids=["self", "cls"])
def test_a_method_alone_cannot_be_called(shop: Consumer, method: Callable[..., object]) -> None:
    with pytest.raises(
        DeclarationError, match=r"it is a method, and nobody made .* case.deliver\(handler=instance.method\)"
    ):
        case_of(shop, method).deliver()


def test_a_function_whose_first_parameter_is_called_self_is_no_method(shop: Consumer) -> None:
    def handler(self: Order) -> Order:
        return self

    assert case_of(shop, handler).deliver() == Order(id=7)


@pytest.mark.parametrize(
    ("handler", "given"),
    [
        pytest.param(lambda order: order, {"id": 7}, id="lambda"),
        pytest.param(Service("it"), ("it", Order(id=7)), id="instance"),
        pytest.param(Service("it").on_order, ("it", Order(id=7)), id="bound method"),
        pytest.param(functools.partial(lambda extra, order: (extra, order), "x"), ("x", {"id": 7}), id="partial"),
        pytest.param(functools.wraps(by_model)(lambda *args: by_model(*args)), Order(id=7), id="wrapped"),
    ],
)
def test_anything_that_can_be_called(shop: Consumer, handler: Any, given: object) -> None:
    assert case_of(shop, handler).deliver() == given


def test_what_deliver_returns_is_what_the_handler_returned(shop: Consumer) -> None:
    answer = object()

    async def handler(order: Order) -> object:
        return answer

    case = case_of(shop, handler)

    assert case.deliver() is answer
    assert case.delivered


def test_a_case_whose_handler_raised_is_not_delivered(shop: Consumer) -> None:
    def handler(order: Order) -> None:
        raise LookupError("no such order")

    case = case_of(shop, handler)

    with pytest.raises(LookupError, match="no such order"):
        case.deliver()
    assert not case.delivered


def test_what_the_caller_set_in_its_context_is_visible(shop: Consumer) -> None:
    variable: contextvars.ContextVar[str] = contextvars.ContextVar("variable")
    variable.set("caller's")

    async def handler(order: Order) -> str:
        return variable.get()

    assert case_of(shop, handler).deliver() == "caller's"


@pytest.mark.asyncio
async def test_adeliver_runs_on_the_callers_loop(shop: Consumer) -> None:
    import asyncio

    async def handler(order: Order) -> object:
        return asyncio.get_running_loop()

    case = case_of(shop, handler)

    assert await case.adeliver() is asyncio.get_running_loop()
    assert case.delivered


@pytest.mark.asyncio
async def test_deliver_under_a_running_loop_names_the_other(shop: Consumer) -> None:
    case = case_of(shop, by_model)

    with pytest.raises(msgpact.errors.WrongDriver, match=r"Cannot deliver 'it happened' here: .* `await case.adeliver"):
        case.deliver()


# -- what cannot be --------------------------------------------------------------------------------------------------


def wants_repo(order: Order, *, repo: object) -> None: ...


def wants_unknown(order: "Unknown") -> None: ...  # type: ignore[name-defined]  # noqa: F821


@pytest.mark.parametrize(
    ("handler", "names", "message"),
    [
        pytest.param(wants_repo, {}, r"wants_repo: its parameter 'repo' has no value. Give it in the test, case.deliver\(repo=", id="missing"),
        pytest.param(wants_repo, {"rep": 1}, r"with rep=\.\.\.: .* takes no such parameter. Did you mean 'repo'\?", id="typo"),
        pytest.param(by_model, {"repo": 1}, r"with repo=\.\.\.: .* takes no such parameter. It takes: nothing more", id="unknown"),
        pytest.param(by_model, {"message": 1}, r"with message=\.\.\.: .* takes the message there. Leave it out", id="the first"),
        pytest.param(wants_unknown, {}, "Cannot resolve the annotation 'Unknown' of parameter 'order'", id="annotation"),
        pytest.param(by_model, {"handler": lambda: None}, "it takes no positional parameter. Add one", id="handler"),
    ],
)  # fmt: skip
def test_what_cannot_be_delivered_says_why(shop: Consumer, handler: Any, names: dict[str, Any], message: str) -> None:
    case = case_of(shop, handler)

    with pytest.raises(DeclarationError, match=message):
        case.deliver(**names)


def test_an_example_that_does_not_load_says_where(shop: Consumer) -> None:
    case = case_of(shop, by_model, contents={"id": "x"})

    with pytest.raises(DeclarationError, match=r"by_model: its example does not load as Order: id: .*, got 'x'\. Mend"):
        case.deliver()
