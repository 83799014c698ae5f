"""Declaring: what a decorator registers, what it refuses, and that it changes nothing."""

import functools
import importlib
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import msgpact
from msgpact import Consumer, match
from msgpact.consumer import CASES
from msgpact.errors import DeclarationError, ModuleNotLoadable


@pytest.fixture
def shop() -> Consumer:
    return Consumer("shop", provider="orders")


def handler(message: object) -> None: ...


def other(message: object) -> None: ...


def test_the_handler_is_returned_as_it_is(shop: Consumer) -> None:
    before = vars(handler).copy()

    assert shop.expects("a", contents={})(handler) is handler
    assert vars(handler) == before


def test_expectations_are_in_the_order_of_their_declaration(shop: Consumer) -> None:
    for name in ("b", "a", "c"):
        shop.expects(name, contents={})(handler)

    assert [str(each) for each in shop.expectations] == ["b", "a", "c"]


def test_several_messages_may_be_expected_of_one_handler(shop: Consumer) -> None:
    @shop.expects("a", contents={})
    @shop.expects("b", contents={})
    def handles_both(message: object) -> None: ...

    assert {each.handler for each in shop.expectations} == {handles_both}
    assert {str(each) for each in shop.expectations} == {"a", "b"}


@pytest.mark.parametrize(
    ("said", "others"),
    [
        pytest.param({}, {"given": "x"}, id="no state and one"),
        pytest.param({"given": "x"}, {"given": "y"}, id="other states"),
        pytest.param({"given": ["x", "y"]}, {"given": ["y", "x"]}, id="another order"),
        pytest.param({"given": msgpact.state("x", id=1)}, {"given": msgpact.state("x", id=2)}, id="other parameters"),
        pytest.param({}, {"provider": "payments"}, id="another provider"),
    ],
)
def test_the_same_description_may_be_another_interaction(
    shop: Consumer, said: dict[str, Any], others: dict[str, Any]
) -> None:
    shop.expects("a", contents={}, **said)(handler)
    shop.expects("a", contents={}, **others)(other)

    assert len(shop.expectations) == 2


def test_parameters_of_states_are_held_as_json(shop: Consumer) -> None:
    shop.expects("a", contents={}, given=msgpact.state("x", ids=(1, 2)))(handler)

    assert str(shop.expectations[0]) == "a (given x, ids=[1, 2])"


def test_two_places_for_one_interaction_are_both_named(shop: Consumer) -> None:
    shop.expects("a", contents={}, given="x")(handler)

    with pytest.raises(
        DeclarationError, match=r"'a \(given x\)' at .*test_consumer.py:\d+ other: .*:\d+ handler expects it"
    ):
        shop.expects("a", contents={}, given="x")(other)


def test_one_interaction_twice_on_one_handler_is_refused(shop: Consumer) -> None:
    shop.expects("a", contents={})(handler)

    with pytest.raises(DeclarationError, match=r"Cannot expect 'a' twice on .* handler: one of the two would be lost"):
        shop.expects("a", contents={"b": 1})(handler)


# -- one place, imported twice ---------------------------------------------------------------------------------------

CONTRACT = """
import msgpact
shop = msgpact.Consumer("shop", provider="orders", modules=["handlers"])
"""
HANDLERS = """
from contract import shop

@shop.expects("a", contents={})
def on_a(message): ...

if __name__ == "__main__":
    import handlers
    shop.load()
    print(*(each.interaction.origin for each in shop.expectations), shop.expectations[0].handler is handlers.on_a)
"""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    (tmp_path / "contract.py").write_text(CONTRACT)
    (tmp_path / "handlers.py").write_text(HANDLERS)
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    yield tmp_path
    for name in ("contract", "handlers"):
        sys.modules.pop(name, None)


def test_a_reloaded_module_is_one_registration(project: Path) -> None:
    shop = importlib.import_module("contract").shop
    (before,) = shop.load()

    handlers = importlib.reload(sys.modules["handlers"])

    (after,) = shop.load()
    assert before.handler is not after.handler
    assert after.handler is handlers.on_a


def test_a_module_reached_by_two_paths_is_one_registration(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shop = importlib.import_module("contract").shop
    shop.load()
    (project / "link").symlink_to(project, target_is_directory=True)
    monkeypatch.syspath_prepend(project / "link")
    del sys.modules["handlers"]

    assert len(shop.load()) == 1


@pytest.mark.parametrize("command", [["handlers.py"], ["-m", "handlers"]], ids=["a file", "a module"])
def test_a_module_that_is_run_and_imported_is_one_registration(project: Path, command: list[str]) -> None:
    done = subprocess.run([sys.executable, *command], cwd=project, capture_output=True, text=True, check=False)

    assert (done.stderr, done.stdout) == ("", "handlers:on_a True\n")


# -- what cannot be --------------------------------------------------------------------------------------------------


def takes_nothing() -> None: ...


def takes_two_by_position(message: object, repo: object, /) -> None: ...


def takes_names_only(*, message: object) -> None: ...


@pytest.mark.parametrize(
    ("function", "message"),
    [
        pytest.param(takes_nothing, "takes_nothing: it takes no positional parameter", id="nothing"),
        pytest.param(takes_names_only, "takes_names_only: it takes no positional parameter", id="names only"),
        pytest.param(takes_two_by_position, "its parameter 'repo' cannot be given by name", id="two by position"),
        pytest.param(3, "of 3: it is no function", id="a number"),
        pytest.param(staticmethod(handler), "of a staticmethod: put @staticmethod above", id="staticmethod"),
        pytest.param(classmethod(handler), "of a classmethod: put @classmethod above", id="classmethod"),
    ],
)
def test_what_cannot_handle_a_message_is_refused(shop: Consumer, function: Any, message: str) -> None:
    with pytest.raises(DeclarationError, match=f"^Cannot expect 'a' of .*{message.removeprefix('of ')}"):
        shop.expects("a", contents={})(function)

    assert shop.expectations == ()


@pytest.mark.parametrize(
    ("said", "message"),
    [
        pytest.param({}, "neither contents nor an example are stated", id="nothing"),
        pytest.param(
            {"contents": {}, "metadata": [1]}, r"Cannot use metadata=\[1\] for 'a': it is no dict", id="metadata"
        ),
        pytest.param({"contents": {}, "decode": 3}, "Cannot use decode=3 for 'a': it is no function", id="decode"),
        pytest.param({"contents": {}, "via": "x"}, "Cannot use via='x' for 'a': it is no function", id="via"),
        pytest.param(
            {"contents": {}, "given": msgpact.state("x", id=object())},
            "'x, id=<object .*>': its parameters are no JSON",
            id="parameters",
        ),
        pytest.param(
            {"contents": {}, "given": msgpact.state("x", n=float("nan"))}, "its parameters are no JSON", id="NaN"
        ),
        pytest.param({"contents": {}, "given": [3]}, "Cannot use 3 as a provider state: it is a int", id="a state"),
        pytest.param({"contents": {}, "provider": ""}, "Cannot name a provider ''", id="provider"),
    ],
)
def test_what_cannot_be_said_is_refused(shop: Consumer, said: dict[str, Any], message: str) -> None:
    with pytest.raises(DeclarationError, match=message):
        shop.expects("a", **said)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        pytest.param(lambda: Consumer(""), "Cannot name a consumer ''", id="no name"),
        pytest.param(lambda: Consumer("a", provider=" "), "Cannot name a provider ' '", id="no provider"),
        pytest.param(lambda: Consumer("a", modules="b"), "Cannot use modules='b': it is one text", id="modules"),
        pytest.param(lambda: Consumer("a").expects("b", contents={}), "nobody is said to send it", id="no sender"),
        pytest.param(
            lambda: Consumer("a", provider="p").expects(" ", contents={}),
            "Cannot expect ' ': a name is text that is not empty",
            id="message",
        ),
        pytest.param(lambda: Consumer("a").provide("x", 3), "Cannot provide 'x' by 3: it is no function", id="factory"),  # type: ignore[arg-type]
    ],
)
def test_a_consumer_that_cannot_be_is_refused(make: Callable[[], object], message: str) -> None:
    with pytest.raises(DeclarationError, match=message):
        make()


def test_what_it_stands_for_is_not_worked_out_when_declared(shop: Consumer) -> None:
    @shop.expects("a", contents={"no": object()})
    def forward(message: "NotThereYet", *, repo: "NorThis") -> None: ...  # type: ignore[name-defined]  # noqa: F821

    assert str(shop.expectations[0]) == "a"


def by_position(self: object, message: object, /, repo: object, *, extra: int = 1) -> None: ...


def by_position_with_a_default(message: object, repo: object = None, /) -> None: ...


@pytest.mark.parametrize(
    "function",
    [
        pytest.param(by_position, id="by position"),
        pytest.param(by_position_with_a_default, id="by position with a default"),
        pytest.param(lambda message: None, id="lambda"),
        pytest.param(functools.partial(lambda extra, message: None, 1), id="partial"),
        pytest.param(print, id="takes any position"),
        pytest.param(type("Callable", (), {"__call__": lambda self, message: None})(), id="instance"),
    ],
)
def test_anything_that_can_be_called_with_a_message_is_a_handler(shop: Consumer, function: Any) -> None:
    assert shop.expects("a", contents={})(function) is function
    assert shop.expectations[0].interaction.origin


def test_static_and_class_methods_are_decorated_below(shop: Consumer) -> None:
    class Service:
        @staticmethod
        @shop.expects("a", contents={})
        def static(message: object) -> None: ...

        @classmethod
        @shop.expects("b", contents={})
        def of_class(cls, message: object) -> None: ...

    assert [each.place.name.rpartition(".")[2] for each in shop.expectations] == ["static", "of_class"]
    assert Service.static is shop.expectations[0].handler


DECLARING = """
import dataclasses, sys
import msgpact
from msgpact import generate, match

@dataclasses.dataclass
class Order:
    id: int

shop = msgpact.Consumer("shop", provider="orders")

@shop.expects("a", example=Order(1), given=msgpact.state("x", id=1))
@shop.expects("b", contents={"id": match.uuid(), "at": match.datetime(), "n": generate.random_int(), "k": match.one_of("a", "b")})
async def handler(order: Order, *, repo: "Unknown"): ...

heavy = ("asyncio", "click", "confluent_kafka", "filelock", "pydantic", "pydantic_core", "pytest", "regex", "rstr")
print([name for name in heavy if name in sys.modules])
"""


def test_declaring_imports_nothing_that_only_a_run_needs() -> None:
    done = subprocess.run([sys.executable, "-c", DECLARING], capture_output=True, text=True, check=False)

    assert (done.stderr, done.stdout) == ("", "[]\n")


# -- loading ---------------------------------------------------------------------------------------------------------


def test_load_imports_the_modules(project: Path) -> None:
    shop = Consumer("shop", modules=["handlers"])
    importlib.import_module("contract")

    shop.load()

    assert "handlers" in sys.modules


def test_a_module_that_is_not_there_is_named_with_who_wants_it() -> None:
    with pytest.raises(ModuleNotLoadable, match=r"Cannot import 'no_such' \(one of the modules of consumer 'shop'\)"):
        Consumer("shop", modules=["no_such"]).load()


# -- parametrize -----------------------------------------------------------------------------------------------------


def test_parametrize_only_marks(shop: Consumer) -> None:
    def test(case: msgpact.ConsumerCase) -> None: ...

    marked = shop.parametrize("a", handler)(shop.parametrize()(test))

    assert marked is test
    assert getattr(test, CASES) == [(shop, ()), (shop, ("a", handler))]


def test_parametrize_without_parentheses_is_refused(shop: Consumer) -> None:
    def test_handles(case: msgpact.ConsumerCase) -> None: ...

    with pytest.raises(DeclarationError, match=r"test_handles: that is a test. Write the parentheses: @consumer.param"):
        shop.parametrize(test_handles)


def test_a_consumer_shows_what_it_is(shop: Consumer) -> None:
    shop.expects("a", contents={"id": match.uuid()})(handler)

    assert repr(shop) == "Consumer('shop', provider='orders', expectations=1)"


# -- what decorators look at, there and then --------------------------------------------------------------------------


def generator(order: object) -> Iterator[object]:
    yield order


async def async_generator(order: object) -> AsyncIterator[object]:
    yield order


class Handler:
    def __init__(self, order: object) -> None: ...


def expects(**said: Any) -> Callable[[Consumer], object]:
    return lambda shop: shop.expects("a", **{"contents": {}, **said})


def no_arguments() -> None: ...


@pytest.mark.parametrize(
    ("declare", "message"),
    [
        pytest.param(lambda shop: shop.expects("a", contents={})(generator), r"Cannot expect 'a' of .* generator: it is a generator\.", id="generator"),
        pytest.param(lambda shop: shop.expects("a", contents={})(async_generator), "it is a generator", id="async generator"),
        pytest.param(lambda shop: shop.expects("a", contents={})(functools.partial(generator)), "it is a generator", id="partial of a generator"),
        pytest.param(lambda shop: shop.expects("a", contents={})(Handler), "it is a class", id="class"),
        pytest.param(lambda shop: shop.expects(handler), r"Cannot expect .*test_consumer.py:\d+ handler: that is a function\. Write the parentheses", id="no parentheses"),
        pytest.param(expects(given={"an order exists": {"id": 42}}), r"Cannot use {'an order exists': .*} as provider states: it is a dict\. Write a state's name, msgpact.state", id="states as a dict"),
        pytest.param(expects(given=5), "Cannot use 5 as provider states", id="a number as states"),
        pytest.param(expects(given=[5]), "Cannot use 5 as a provider state", id="a number as a state"),
        pytest.param(expects(decode=5), "Cannot use decode=5 for 'a': it is no function", id="decode"),
        pytest.param(expects(decode=no_arguments), r"Cannot use decode=.* no_arguments for 'a': it is called with one argument \(too many", id="decode without parameters"),
        pytest.param(expects(via=lambda message, more: more), r"it is called with one argument \(missing a required argument: 'more'\)", id="via with two"),
        pytest.param(expects(content_type="nonsense"), "Cannot use content_type='nonsense' for 'a': it is none", id="content type"),
        pytest.param(expects(pending="no"), "Cannot use pending='no' for 'a': it is a str. Say True or False", id="pending"),
        pytest.param(expects(metadata=["topic"]), r"Cannot use metadata=\['topic'\] for 'a': it is no dict", id="metadata"),
        pytest.param(lambda shop: shop.provide("", no_arguments), "Cannot provide a value for ''", id="provide nothing"),
        pytest.param(lambda shop: shop.provide("x", handler), "it is called with nothing", id="factory with parameters"),
        pytest.param(lambda shop: shop.parametrize(5), "Cannot parametrize by 5: it is a int", id="parametrize"),
        pytest.param(lambda _: Consumer("shop", modules=[sys]), "as one of the modules: it is a module", id="modules"),  # type: ignore[list-item]  # the mistake
        pytest.param(lambda _: msgpact.state(5), "Cannot name a provider state 5", id="state"),  # type: ignore[arg-type]  # the mistake
    ],
)  # fmt: skip
def test_what_cannot_work_is_refused_at_once(
    shop: Consumer, declare: Callable[[Consumer], object], message: str
) -> None:
    with pytest.raises(DeclarationError, match=message):
        declare(shop)


def test_a_handler_whose_name_begins_with_test_can_be_selected(shop: Consumer) -> None:
    def testimonial_added(message: object) -> None: ...

    shop.expects("a", contents={})(testimonial_added)

    shop.parametrize(testimonial_added)


def test_two_closures_of_one_factory_are_two_handlers(shop: Consumer) -> None:
    def made(text: str) -> Callable[[object], str]:
        def handle(message: object) -> str:
            return text

        return handle

    shop.expects("a", contents={})(made("one"))

    with pytest.raises(DeclarationError, match="expects it already"):
        shop.expects("a", contents={})(made("two"))
