"""What one `expects` means: the interaction it stands for, and what it refuses when that is worked out."""

import dataclasses
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel, Field, SecretStr, field_serializer
from typing_extensions import TypedDict

import msgpact
from msgpact import Consumer, Message, check, match
from msgpact.errors import DeclarationError
from msgpact.expectation import Expectation, load_as
from msgpact.model import Interaction, InteractionType


class Line(BaseModel):
    sku: str
    qty: int = Field(gt=0)


class Order(BaseModel):
    order_id: int = Field(alias="orderId")
    lines: list[Line]
    note: str | None = None


@dataclasses.dataclass
class Payment:
    amount: float


class Shipment(TypedDict, total=False):
    parcel: str


ORDER = Order(orderId=1, lines=[Line(sku="a", qty=2)])


def takes_anything(message):  # type: ignore[no-untyped-def]  # a handler without annotations
    ...


def takes_all(*messages: object) -> None: ...


def takes_dict(message: dict[str, Any]) -> None: ...


def takes_order(message: Order) -> None: ...


def takes_orders(message: list[Order]) -> None: ...


def takes_payment(message: Payment) -> None: ...


def takes_shipment(message: Shipment) -> None: ...


def takes_bytes(message: bytes) -> None: ...


def takes_message(message: Message) -> None: ...


def takes_either(message: Order | Payment) -> None: ...


class Service:
    def on_order(self, message: Order) -> None: ...


def expectation(handler: Callable[..., object] = takes_anything, **said: Any) -> Expectation:
    consumer = Consumer("shop", provider="orders")
    consumer.expects("it happened", **said)(handler)
    return consumer.expectations[0]


def interaction(handler: Callable[..., object] = takes_anything, **said: Any) -> Interaction:
    return expectation(handler, **said).interaction


def shown(handler: Callable[..., object], **said: Any) -> object:
    message = interaction(handler, **said).message
    assert message is not None
    return message.contents.value


# -- the interaction -------------------------------------------------------------------------------------------------


def test_the_interaction_is_what_was_said() -> None:
    found = interaction(given=["a", msgpact.state("b", id=1)], contents={"a": 1}, metadata={"topic": "t"}, pending=True)

    assert found.type is InteractionType.ASYNCHRONOUS_MESSAGE
    assert str(found) == "it happened (given a; b, id=1)"
    assert found.pending
    assert found.message is not None
    assert found.message.metadata == {"contentType": "application/json", "topic": "t"}


def test_the_origin_is_the_handler_without_lines_and_paths() -> None:
    assert interaction(contents={}).comments == {"msgpact": {"origin": f"{__name__}:takes_anything"}}
    assert interaction(Service.on_order, contents={}).origin == f"{__name__}:Service.on_order"


def test_a_tombstone_is_marked() -> None:
    assert interaction(contents=None).comments["msgpact"] == {"origin": f"{__name__}:takes_anything", "tombstone": True}


SCRIPT = """
import msgpact
consumer = msgpact.Consumer("shop", provider="orders")

@consumer.expects("it happened", contents={})
def handler(message): ...

if __name__ == "__main__":
    print(consumer.expectations[0].interaction.origin)
"""


@pytest.mark.parametrize(
    ("files", "command", "origin"),
    [
        pytest.param(["shop.py"], ["shop.py"], "shop:handler", id="a file"),
        pytest.param(["shop.py"], ["-m", "shop"], "shop:handler", id="a module"),
        pytest.param(
            ["shop/__init__.py", "shop/it.py"], ["-m", "shop.it"], "shop.it:handler", id="a module in a package"
        ),
        pytest.param(["shop/__init__.py", "shop/it.py"], ["shop/it.py"], "shop.it:handler", id="a file in a package"),
        pytest.param(["shop/__init__.py", "shop/__main__.py"], ["-m", "shop"], "shop.__main__:handler", id="a package"),
    ],
)
def test_the_origin_of_what_is_run_is_that_of_what_is_imported(
    tmp_path: Path, files: list[str], command: list[str], origin: str
) -> None:
    for name in files:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("" if name.endswith("__init__.py") else SCRIPT)

    done = subprocess.run([sys.executable, *command], cwd=tmp_path, capture_output=True, text=True, check=True)

    assert done.stdout == f"{origin}\n"


# -- examples --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("handler", "example", "contents"),
    [
        pytest.param(takes_order, ORDER, {"orderId": 1, "lines": [{"sku": "a", "qty": 2}]}, id="a model"),
        pytest.param(takes_order, {"orderId": 1, "lines": [{"sku": "a", "qty": 2}]}, {"orderId": 1, "lines": [{"sku": "a", "qty": 2}]}, id="a dict for a model"),
        pytest.param(takes_orders, [ORDER], [{"orderId": 1, "lines": [{"sku": "a", "qty": 2}]}], id="a list of models"),
        pytest.param(takes_orders, [{"orderId": 1, "lines": [{"sku": "a", "qty": 2}]}], [{"orderId": 1, "lines": [{"sku": "a", "qty": 2}]}], id="a list of dicts"),
        pytest.param(takes_either, {"amount": 2.5}, {"amount": 2.5}, id="a dict for one of two types"),
        pytest.param(takes_payment, Payment(2.5), {"amount": 2.5}, id="a dataclass"),
        pytest.param(takes_payment, {"amount": 2}, {"amount": 2.0}, id="a dict for a dataclass"),
        pytest.param(takes_shipment, {"parcel": "x"}, {"parcel": "x"}, id="a TypedDict"),
        pytest.param(takes_dict, {"a": 1, "b": "x"}, {"a": 1, "b": "x"}, id="a dict"),
        pytest.param(takes_dict, ORDER, {"orderId": 1, "lines": [{"sku": "a", "qty": 2}]}, id="a model for a dict"),
        pytest.param(takes_anything, {"a": 1}, {"a": 1}, id="no annotation"),
        pytest.param(takes_all, {"a": 1}, {"a": 1}, id="any position"),
        pytest.param(takes_bytes, {"a": 1}, {"a": 1}, id="bytes"),
        pytest.param(takes_message, ORDER, {"orderId": 1, "lines": [{"sku": "a", "qty": 2}]}, id="a Message"),
        pytest.param(Service.on_order, {"orderId": 1, "lines": [{"sku": "a", "qty": 2}]}, {"orderId": 1, "lines": [{"sku": "a", "qty": 2}]}, id="a method"),
    ],
)  # fmt: skip
def test_an_example_becomes_contents(handler: Callable[..., object], example: object, contents: object) -> None:
    assert shown(handler, example=example) == contents


def test_what_a_dict_holds_beyond_the_handlers_model_is_noted() -> None:
    found = expectation(takes_order, example={"orderId": 1, "lines": [{"sku": "a", "qty": 2, "gift": True}], "at": 5})

    assert found.notes == (
        "lines[].gift: not read by Line, so not promised",
        "at: not read by Order, so not promised",
    )


def test_contents_beside_an_example_override_its_fields() -> None:
    found = interaction(takes_order, example=ORDER, contents={"orderId": match.integer(7)}).message

    assert found is not None
    assert found.contents.value == {"orderId": 7, "lines": [{"sku": "a", "qty": 2}]}


def test_with_an_own_decoder_the_example_is_taken_as_it_is() -> None:
    assert shown(takes_order, example={"anything": 1}, decode=bytes.decode) == {"anything": 1}
    assert shown(takes_order, example={"anything": 1}, via=repr) == {"anything": 1}


class Written(BaseModel):
    id: int

    @field_serializer("id")
    def as_text(self, id: int) -> str:
        return f"no. {id}"


class Secretive(BaseModel):
    id: int
    password: SecretStr


@pytest.mark.parametrize(
    ("handler", "said", "message"),
    [
        pytest.param(takes_anything, {"example": Written(id=1)}, r"Written does not load it back \(id: .*'no\. 1'\)\. Set", id="a serializer of its own"),
        pytest.param(takes_anything, {"example": Secretive(id=1, password=SecretStr("x"))}, r"Secretive does not load it back \(password: Field required", id="a secret that is required"),
        pytest.param(takes_anything, {"example": ORDER, "contents": {"orderId": "x"}}, r"Order does not load it back \(orderId: ", id="an override that does not fit"),
        pytest.param(takes_order, {"example": {"id": 1}}, r"the handler cannot load it as Order \(orderId: Field required", id="a dict that does not fit"),
        pytest.param(takes_anything, {"example": None}, "Cannot use None as an example: it shows nothing", id="None"),
        pytest.param(takes_anything, {"example": {}, "contents": 3}, "Cannot override an example by 3: it is no dict", id="override by a number"),
        pytest.param(takes_anything, {"contents": match.all_of(match.integer(1), match.decimal(1.5))}, r"its own example does not meet its rules \(contents \$: expected a decimal", id="rules that contradict"),
        pytest.param(takes_anything, {"contents": {"a": object()}}, r"Cannot use <object .*> at \$\.a", id="no JSON"),
    ],
)  # fmt: skip
def test_what_cannot_be_names_the_handler(
    handler: Callable[..., object], said: dict[str, object], message: str
) -> None:
    found = expectation(handler, **said)

    with pytest.raises(DeclarationError, match=message) as caught:
        _ = found.interaction

    assert str(caught.value).endswith(f" (Stated for 'it happened' at {found.place}.)")


def test_the_secret_is_not_in_the_message_of_an_error() -> None:
    found = expectation(example=Secretive(id=1, password=SecretStr("hush-hush")))

    with pytest.raises(DeclarationError, match="password: Field required") as caught:
        _ = found.interaction

    assert "hush" not in str(caught.value)


# -- verdicts --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("document", "fits"),
    [
        pytest.param('{"orderId": 7, "lines": [{"sku": "b", "qty": 9}]}', True, id="other values"),
        pytest.param('{"orderId": 7, "lines": [{"sku": "b", "qty": 9}], "more": null}', True, id="a further field"),
        pytest.param(
            '{"orderId": 7, "lines": [{"sku": "b", "qty": 1}, {"sku": "c", "qty": 2}]}', True, id="more lines"
        ),
        pytest.param('{"order_id": 7, "lines": [{"sku": "b", "qty": 9}]}', False, id="Python's name"),
        pytest.param('{"orderId": "7", "lines": [{"sku": "b", "qty": 9}]}', False, id="another type"),
        pytest.param('{"orderId": 7, "lines": []}', False, id="no line"),
        pytest.param('{"orderId": 7, "lines": [{"sku": "b"}]}', False, id="a missing field"),
        pytest.param('{"orderId": 7, "lines": [{"sku": "b", "qty": 1.5}]}', False, id="a fraction"),
        pytest.param('{"orderId": 7, "lines": {"sku": "b"}}', False, id="another kind"),
    ],
)
def test_what_a_provider_may_send_by_a_derived_contract(document: str, fits: bool) -> None:
    message = Message(document.encode(), content_type="application/json")

    assert (check(interaction(takes_order, example=ORDER), message) == ()) is fits


# -- loading ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("annotation", "contents", "value"),
    [
        pytest.param(Any, b'{"a": 1}', {"a": 1}, id="Any"),
        pytest.param(object, b"[1]", [1], id="object"),
        pytest.param(dict, b'{"a": 1}', {"a": 1}, id="dict"),
        pytest.param(dict[str, Any], b'{"a": 1.0}', {"a": 1.0}, id="dict of anything"),
        pytest.param(list[int], b"[1]", [1], id="list"),
        pytest.param(str, b'"a"', "a", id="str"),
        pytest.param(Payment, b'{"amount": 1}', Payment(1.0), id="dataclass"),
        pytest.param(Shipment, b'{"parcel": "x"}', {"parcel": "x"}, id="TypedDict"),
        pytest.param(Line, b'{"sku": "a", "qty": 1}', Line(sku="a", qty=1), id="model"),
    ],
)
def test_contents_are_loaded_as_annotated(annotation: object, contents: bytes, value: object) -> None:
    loaded = load_as(annotation, Message(contents, content_type="application/json"))

    assert (loaded, type(loaded)) == (value, type(value))


def test_an_array_is_no_dict() -> None:
    with pytest.raises(TypeError, match=r"it is no object: \[1\]"):
        load_as(dict[str, Any], Message(b"[1]", content_type="application/json"))
