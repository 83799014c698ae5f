"""Registering producers, states and around functions: the same function comes back, and what cannot work is refused."""

import functools
import importlib
import re
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from pacts import pact

from msgpact import Provider
from msgpact.errors import DeclarationError, ModuleNotLoadable
from msgpact.provider import Selection, sources_of


@pytest.fixture
def orders() -> Provider:
    return Provider("orders")


def order_placed(id: int) -> dict[str, int]:
    return {"id": id}


# -- what registering does -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "decorator",
    [
        pytest.param(lambda orders: orders.produces("an order was placed"), id="produces"),
        pytest.param(lambda orders: orders.answers("what is in stock?"), id="answers"),
        pytest.param(lambda orders: orders.state("an order exists"), id="state"),
        pytest.param(lambda orders: orders.around, id="around"),
    ],
)
def test_the_same_function_comes_back(orders: Provider, decorator: Callable[[Provider], Any]) -> None:
    assert decorator(orders)(order_placed) is order_placed


def test_what_is_registered_can_be_looked_at(orders: Provider) -> None:
    orders.produces("an order was placed", metadata={"topic": "orders.v1"})(order_placed)
    orders.state("an order exists")(order_placed)
    orders.around(order_placed)

    assert orders.producers["an order was placed"].registered.function is order_placed
    assert orders.producers["an order was placed"].metadata == {"topic": "orders.v1"}
    assert orders.states["an order exists"].function is order_placed
    assert [each.function for each in orders.arounds] == [order_placed]
    assert repr(orders) == "Provider('orders', producers=1, states=1)"


def test_what_is_registered_cannot_be_changed_from_outside(orders: Provider) -> None:
    with pytest.raises(TypeError):
        orders.states["an order exists"] = None  # type: ignore[index]


def test_decorators_can_be_stacked(orders: Provider) -> None:
    orders.produces("an order was placed")(orders.produces("an order was changed")(order_placed))

    assert list(orders.producers) == ["an order was changed", "an order was placed"]


def test_the_providers_serializer_and_content_type_hold_unless_a_producer_says_otherwise() -> None:
    orders = Provider("orders", serializer=repr, content_type="text/plain")
    orders.produces("a")(order_placed)
    orders.produces("b", serializer=ascii, content_type="text/html")(order_placed)

    a, b = orders.producers.values()
    assert (a.serializer, a.content_type) == (repr, "text/plain")
    assert (b.serializer, b.content_type) == (ascii, "text/html")


# -- the same place, and two places ----------------------------------------------------------------------------------

MODULE = """
from orders_declared import orders

@orders.around
def around(): ...

@orders.state("an order exists")
def order_exists(): ...

@orders.produces("an order was placed")
def order_placed(): ...
"""


def test_a_module_that_is_imported_again_registers_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "orders_declared.py").write_text("import msgpact\norders = msgpact.Provider('orders')\n")
    (tmp_path / "orders_produced.py").write_text(MODULE)
    monkeypatch.syspath_prepend(tmp_path)
    for name in ("orders_declared", "orders_produced"):
        monkeypatch.delitem(sys.modules, name, raising=False)

    module = importlib.import_module("orders_produced")
    again = importlib.reload(module)

    orders = module.orders
    assert orders.producers["an order was placed"].registered.function is again.order_placed
    assert orders.states["an order exists"].function is again.order_exists
    assert [each.function for each in orders.arounds] == [again.around]


@pytest.mark.parametrize(
    ("decorator", "doing"),
    [
        pytest.param(lambda orders: orders.produces("x"), "produce 'x'", id="produces"),
        pytest.param(lambda orders: orders.answers("x"), "answer 'x'", id="answers"),
        pytest.param(lambda orders: orders.state("x"), "set up the state 'x'", id="state"),
    ],
)
def test_two_places_are_both_named(orders: Provider, decorator: Callable[[Provider], Any], doing: str) -> None:
    def other(id: int) -> None: ...

    decorator(orders)(order_placed)

    with pytest.raises(
        DeclarationError,
        match=rf"Cannot {doing} by .*:\d+ test_two_places_are_both_named\.<locals>\.other: .*test_provider\.py:\d+ "
        r"order_placed does it already for provider 'orders'\. Remove one of them\.",
    ):
        decorator(orders)(other)


def test_one_function_twice(orders: Provider) -> None:
    with pytest.raises(DeclarationError, match=r"Cannot produce 'x' twice by .*order_placed: it does so already\."):
        orders.produces("x")(orders.produces("x")(order_placed))


# -- what cannot work ------------------------------------------------------------------------------------------------


def generator() -> Iterator[None]:
    yield


async def async_generator() -> AsyncIterator[None]:
    yield


def no_parameter() -> None: ...


def positional_only(id: int, /) -> None: ...


class Service:
    def order_placed(self, id: int) -> None: ...


@pytest.mark.parametrize(
    ("register", "message"),
    [
        (
            lambda orders: orders.produces("")(order_placed),
            "Cannot produce '': a name is text that is not empty.",
        ),
        (
            lambda orders: orders.produces(order_placed),
            "Cannot produce FILE order_placed: that is a function. Write the parentheses",
        ),
        (lambda orders: orders.produces("x")(42), "Cannot produce 'x' by 42: it is no function. Decorate one."),
        (
            lambda orders: orders.produces("x")(staticmethod(order_placed)),
            "Cannot produce 'x' by a staticmethod: put @staticmethod above the decorator, not below it.",
        ),
        (lambda orders: orders.produces("x")(generator), "it is a generator. Return the message."),
        (lambda orders: orders.produces("x")(async_generator), "it is a generator. Return the message."),
        (
            lambda orders: orders.produces("x")(positional_only),
            "its parameter 'id' is positional-only, and values are given by name. Remove the '/' from its signature.",
        ),
        (
            lambda orders: orders.produces("x")(Service.order_placed),
            "it is a method, and there is no instance of its class. Register the method of an instance",
        ),
        (
            lambda orders: orders.produces("x", serializer="json"),
            "Cannot use serializer='json' for 'x': it is no serializer, and no function.",
        ),
        (
            lambda orders: orders.answers("x")(no_parameter),
            "Cannot answer 'x' by FILE no_parameter: it takes no positional parameter for the request.",
        ),
        (
            lambda orders: orders.state("")(order_placed),
            "Cannot set up the state '': a name is text that is not empty.",
        ),
        (
            lambda orders: orders.state(order_placed),
            "Cannot set up the state FILE order_placed: that is a function. Write the parentheses",
        ),
        (lambda orders: orders.state("x")(positional_only), "its parameter 'id' is positional-only"),
        (lambda orders: orders.around(42), "Cannot put around each interaction 42: it is no function."),
        (lambda _: Provider(""), "Cannot name a provider '': a name is text that is not empty. Give one."),
        (lambda orders: orders.produces("x", metadata="topic"), "Cannot use metadata='topic' for 'x': it is no dict."),
        (lambda orders: orders.produces("x", content_type="nonsense"), "Cannot use content_type='nonsense' for 'x'"),
        (lambda orders: orders.produces("x", serializer=no_parameter), "for 'x': it is called with one argument"),
        (
            lambda orders: orders.parametrize(order_placed),
            "it is not said where the pacts are. Write @provider.parametrize(pacts='pacts/').",
        ),
        (lambda orders: orders.parametrize(None), "Cannot read pacts from None: it is a NoneType."),
        (lambda orders: orders.parametrize([1]), "Cannot read pacts from 1: it is a int."),
        (lambda _: Provider("orders", modules="orders.contract"), "Write a list: modules=['orders.contract']."),
        (lambda _: Provider("orders", serializer="json"), "Cannot use serializer='json' for provider 'orders'"),  # type: ignore[arg-type]
    ],
)
def test_what_cannot_work_is_refused_at_once(
    orders: Provider, register: Callable[[Provider], Any], message: str
) -> None:
    with pytest.raises(DeclarationError, match=re.escape(message).replace("FILE", r".*:\d+")):
        register(orders)


@pytest.mark.parametrize("decorator", ["produces", "answers"])
def test_what_can_work(orders: Provider, decorator: str) -> None:
    mark = getattr(orders, decorator)
    mark("a bound method")(Service().order_placed)
    mark("a partial")(functools.partial(order_placed))
    mark("a local function")(lambda self: self)

    assert len(orders.producers) == 3


def test_a_request_may_be_positional_only(orders: Provider) -> None:
    assert orders.answers("x")(positional_only) is positional_only


def test_a_module_that_is_not_there() -> None:
    with pytest.raises(ModuleNotLoadable, match=r"one of the modules of provider 'orders'"):
        Provider("orders", modules=["nowhere.contract"]).load()


# -- what verify and parametrize are told ----------------------------------------------------------------------------

CONTRACT = pact()


@pytest.mark.parametrize(
    ("given", "sources"),
    [
        pytest.param("pacts/", ("pacts/",), id="text"),
        pytest.param(Path("pacts"), (Path("pacts"),), id="path"),
        pytest.param(CONTRACT, (CONTRACT,), id="contract"),
        pytest.param(["a", Path("b")], ("a", Path("b")), id="list"),
        pytest.param((each for each in ["a", "b"]), ("a", "b"), id="generator"),
    ],
)
def test_one_source_of_pacts_or_several(given: Any, sources: tuple[Any, ...]) -> None:
    assert sources_of(given) == sources


@pytest.mark.parametrize(
    ("given", "selected"), [(None, ()), ("a", ("a",)), (["a", "b"], ("a", "b")), ((), ())], ids=repr
)
def test_one_name_or_several(given: Any, selected: tuple[str, ...]) -> None:
    assert Selection.of(given, given, given) == Selection(selected, selected, selected)


class Resource:
    def __init__(self, name: str) -> None:
        self.name = name

    def open(self) -> Iterator[None]:
        yield


def test_the_methods_of_two_instances_are_two_functions(orders: Provider) -> None:
    orders.around(Resource("database").open)
    orders.around(Resource("cache").open)

    assert len(orders.arounds) == 2


def test_a_function_that_stands_twice_around_each_interaction_is_one(orders: Provider) -> None:
    orders.around(generator)
    orders.around(generator)

    assert len(orders.arounds) == 1
