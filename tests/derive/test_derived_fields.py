"""Which fields take part: what is set, what is no secret, what the consumer reads; and what a declaration overrides."""

import dataclasses
import enum
import uuid
from collections.abc import Callable
from typing import Any, NotRequired, Required

import pydantic
import pytest
from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    Secret,
    SecretBytes,
    SecretStr,
    computed_field,
    field_serializer,
    model_serializer,
)
from typing_extensions import TypedDict

from msgpact import match
from msgpact.derive import derive
from msgpact.errors import DeclarationError
from msgpact.template import UNSET, compile_template

HUSH = "hush-hush"


def shown(example: object, annotation: object = Any, **said: object) -> object:
    return compile_template(derive(example, annotation, **said)[0])[0]


# -- what is set -----------------------------------------------------------------------------------------------------


class Model(BaseModel):
    id: int
    note: str = "none"
    inner: "Model | None" = None

    @computed_field  # type: ignore[prop-decorator]  # as Pydantic wants it
    @property
    def double(self) -> int:
        return self.id * 2


class Excluding(BaseModel):
    id: int
    internal: int = Field(default=1, exclude=True)


class Allowing(BaseModel):
    model_config = ConfigDict(extra="allow")
    id: int


def allowing(**extra: object) -> Allowing:
    return Allowing.model_validate({"id": 1, **extra})


class Base(BaseModel):
    id: int


class Derived(Base):
    more: int


@dataclasses.dataclass
class Plain:
    id: int
    note: str | None = None
    tags: list[str] = dataclasses.field(default_factory=list)
    later: int = dataclasses.field(default=5, init=False)


@pydantic.dataclasses.dataclass
class Checked:
    id: int
    note: str = Field(alias="Note", default="none")


class Size(enum.Enum):
    SMALL = "s"


class Partial(TypedDict, total=False):
    id: int
    inner: Required["Partial"]


class Total(TypedDict):
    id: int
    note: NotRequired[str]


@pytest.mark.parametrize(
    ("example", "annotation", "contents"),
    [
        pytest.param(Model(id=1), Any, {"id": 1}, id="model"),
        pytest.param(Model(id=1, note="none"), Any, {"id": 1, "note": "none"}, id="model with a default set"),
        pytest.param(Model(id=1, inner=Model(id=2)), Any, {"id": 1, "inner": {"id": 2}}, id="model in a model"),
        pytest.param(Model(id=1, inner=None), Any, {"id": 1, "inner": None}, id="model with null set"),
        pytest.param(Excluding(id=1, internal=2), Any, {"id": 1}, id="model with an excluded field"),
        pytest.param(allowing(extra="x"), Any, {"id": 1, "extra": "x"}, id="model with allowed extras"),
        pytest.param(Derived(id=1, more=2), Base, {"id": 1, "more": 2}, id="instance of a subclass"),
        pytest.param(Plain(1), Any, {"id": 1}, id="dataclass"),
        pytest.param(
            Plain(1, note="x", tags=["a"]), Any, {"id": 1, "note": "x", "tags": ["a"]}, id="dataclass, all set"
        ),
        pytest.param(Checked(id=1), Any, {"id": 1}, id="pydantic dataclass"),
        pytest.param(Checked(id=1, Note="x"), Any, {"id": 1, "Note": "x"}, id="pydantic dataclass, all set"),
        pytest.param({"id": 1}, Total, {"id": 1}, id="TypedDict"),
        pytest.param({"inner": {"id": 1}}, Partial, {"inner": {"id": 1}}, id="TypedDict, not total"),
        pytest.param({"id": 1, "lines": [{"sku": "a"}]}, dict, {"id": 1, "lines": [{"sku": "a"}]}, id="dict"),
        pytest.param({"id": 1, "note": "x"}, dict[str, Any], {"id": 1, "note": "x"}, id="dict of anything"),
        pytest.param({1: "a", Size.SMALL: "b"}, dict, {"1": "a", "s": "b"}, id="dict with other keys"),
        pytest.param([Model(id=1)], list[Model], [{"id": 1}], id="list of models"),
        pytest.param({"order": Model(id=1)}, Any, {"order": {"id": 1}}, id="model in a dict"),
    ],
)
def test_only_fields_that_are_set(example: object, annotation: object, contents: object) -> None:
    assert shown(example, annotation) == contents


def test_a_dict_says_itself_which_fields_are_set() -> None:
    given: dict[str, object] = {"id": 1, "note": None}

    assert shown(Plain(1, None), read_from=given) == given


# -- secrets ---------------------------------------------------------------------------------------------------------


class Secretive(BaseModel):
    id: int
    password: SecretStr = SecretStr("")
    token: SecretBytes = SecretBytes(b"")
    pin: Secret[int] = Secret(0)
    maybe: SecretStr | None = None
    several: list[SecretStr] = []
    by_name: dict[str, SecretStr] = {}
    inner: "Secretive | None" = None


class Revealing(BaseModel):
    id: int
    password: SecretStr

    @field_serializer("password")
    def reveal(self, password: SecretStr) -> str:
        return password.get_secret_value()


@dataclasses.dataclass
class SecretiveDataclass:
    id: int
    password: SecretStr


@pytest.mark.parametrize(
    ("example", "where"),
    [
        pytest.param(Secretive(id=1, password=SecretStr(HUSH)), "password", id="SecretStr"),
        pytest.param(Secretive(id=1, token=SecretBytes(HUSH.encode())), "token", id="SecretBytes"),
        pytest.param(Secretive(id=1, pin=Secret(987654)), "pin", id="Secret"),
        pytest.param(Secretive(id=1, maybe=SecretStr(HUSH)), "maybe", id="optional"),
        pytest.param(Secretive(id=1, several=[SecretStr(HUSH)]), "several[]", id="in a list"),
        pytest.param(Secretive(id=1, by_name={"k": SecretStr(HUSH)}), "by_name.k", id="in a dict"),
        pytest.param(allowing(extra=SecretStr(HUSH)), "extra", id="an allowed extra"),
        pytest.param(Revealing(id=1, password=SecretStr(HUSH)), "password", id="with a serializer that reveals it"),
        pytest.param(SecretiveDataclass(1, SecretStr(HUSH)), "password", id="in a dataclass"),
        pytest.param({"id": 1, "password": SecretStr(HUSH)}, "password", id="in a plain dict"),
    ],
)
def test_secrets_are_left_out(example: object, where: str) -> None:
    template, notes = derive(example)

    assert compile_template(template)[0] == {"id": 1}
    assert notes == [f"{where}: a secret, so left out; if it is to be in the contract, state it in contents="]


def test_secrets_below_are_left_out() -> None:
    assert shown(Secretive(id=1, inner=Secretive(id=2, password=SecretStr(HUSH)))) == {"id": 1, "inner": {"id": 2}}


def test_a_secret_alone_is_no_example() -> None:
    with pytest.raises(DeclarationError, match="Cannot use a secret as an example: secrets are left out of pacts"):
        derive(SecretStr(HUSH))


# -- overriding ------------------------------------------------------------------------------------------------------


class Address(BaseModel):
    city: str
    code: str = Field(alias="zip")


class Customer(BaseModel):
    name: str
    address: Address
    tags: list[str] = []
    limits: dict[str, int] = {}
    password: SecretStr = SecretStr("")


CUSTOMER = Customer(name="Ada", address=Address(city="Paris", zip="75001"), tags=[], limits={})


@pytest.mark.parametrize(
    ("override", "contents"),
    [
        pytest.param({"name": match.string("Bob")}, {"name": "Bob"}, id="a field"),
        pytest.param(
            {"address": {"zip": match.regex("[0-9]+", "1")}}, {"address": {"city": "Paris", "zip": "1"}}, id="below"
        ),
        pytest.param({"address": match.like({"x": 1})}, {"address": {"x": 1}}, id="a whole object"),
        pytest.param({"password": match.string("secret")}, {"password": "secret"}, id="a secret"),
        pytest.param({"tags": match.each_like("a", min=0)}, {"tags": ["a"]}, id="a list that is empty"),
        pytest.param({"limits": match.values({"a": 1})}, {"limits": {"a": 1}}, id="a dict that is empty"),
    ],
)
def test_contents_override_single_fields(override: dict[str, object], contents: dict[str, object]) -> None:
    empty = {"tags": match.each_like("t"), "limits": match.values({"l": 1})}
    rest = {"name": "Ada", "address": {"city": "Paris", "zip": "75001"}, "tags": ["t"], "limits": {"l": 1}}

    assert shown(CUSTOMER, override={**empty, **override}) == {**rest, **contents}


def test_an_override_replaces_the_derived_rule() -> None:
    rules = compile_template(derive(Model(id=1), override={"id": 1})[0])[1]

    assert rules == {}


@pytest.mark.parametrize(
    ("override", "message"),
    [
        pytest.param(
            {"nam": 1}, r"Cannot override 'nam' at \$: Customer reads no such field. Did you mean 'name'\?", id="typo"
        ),
        pytest.param(
            {"address": {"code": 1}},
            r"'code' at \$.address: Address reads no such field.* There are: city, zip",
            id="python's name",
        ),
    ],
)
def test_a_field_that_nobody_reads_cannot_be_overridden(override: dict[str, object], message: str) -> None:
    with pytest.raises(DeclarationError, match=message):
        derive(CUSTOMER, override={"tags": 1, "limits": 1, **override})


@pytest.mark.parametrize("example", [pytest.param([{"a": 1}], id="a list"), pytest.param("text", id="a text")])
def test_what_has_no_fields_cannot_be_overridden(example: object) -> None:
    with pytest.raises(DeclarationError, match=r"Cannot override fields of .*: it is no object with fields"):
        derive(example, override={"a": 2})


def test_a_dict_in_the_place_of_a_list_replaces_it() -> None:
    assert shown(Plain(1, tags=["a"]), override={"tags": {"x": 1}}) == {"id": 1, "tags": {"x": 1}}


def test_a_dict_may_be_overridden_by_further_keys() -> None:
    assert shown({"a": 1}, override={"a": match.integer(5), "b": match.integer(2)}) == {"a": 5, "b": 2}


# -- what is given but not read --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("example", "annotation", "read_from", "notes"),
    [
        pytest.param(Base(id=1), Any, {"id": 1, "x": 2}, ["x: not read by Base, so not promised"], id="model"),
        pytest.param({"id": 1}, Total, {"id": 1, "x": 2}, ["x: not read by Total, so not promised"], id="TypedDict"),
        pytest.param(allowing(x=2), Any, {"id": 1, "x": 2}, [], id="allowed extras"),
        pytest.param(Base(id=1), Any, UNSET, [], id="an instance"),
        pytest.param(
            [Base(id=1)], list[Base], [{"id": 1, "x": 2}], ["[].x: not read by Base, so not promised"], id="list"
        ),
    ],
)
def test_what_the_handler_does_not_read_is_noted(
    example: object, annotation: object, read_from: object, notes: list[str]
) -> None:
    assert derive(example, annotation, read_from=read_from)[1] == notes


# -- what has no JSON form -------------------------------------------------------------------------------------------


class Custom(BaseModel):
    id: int

    @model_serializer
    def written(self) -> dict[str, int]:
        return {"number": self.id}


def test_a_custom_serializer_decides_what_is_written() -> None:
    assert shown(Custom(id=1)) == {"number": 1}


@pytest.mark.parametrize(
    "example",
    [
        pytest.param({"a": object()}, id="an object"),
        pytest.param({"a": float("nan")}, id="NaN"),
    ],
)
def test_an_example_without_a_json_form_is_refused(example: object) -> None:
    with pytest.raises(DeclarationError, match=r"^Cannot use .* as an example: it has no JSON form \(.*\)\. Give one"):
        derive(example)


@dataclasses.dataclass
class Forward:
    id: int
    other: "NotThere | None" = None  # type: ignore[name-defined]  # noqa: F821


def test_annotations_that_cannot_be_resolved_are_named() -> None:
    with pytest.raises(
        DeclarationError, match="Cannot resolve the annotations of Forward: name 'NotThere' is not defined"
    ):
        derive(Forward(1))


def test_a_cyclic_example_is_refused() -> None:
    model = Model(id=1)
    model.inner = model

    with pytest.raises(DeclarationError, match="as an example: it has no JSON form"):
        derive(model)


@pytest.mark.parametrize(
    "make", [pytest.param(lambda: Base(id=1), id="model"), pytest.param(lambda: Plain(1), id="dataclass")]
)
def test_deriving_twice_gives_the_same(make: Callable[[], object]) -> None:
    assert derive(make()) == derive(make())


def test_a_class_is_no_example() -> None:
    with pytest.raises(DeclarationError, match=r"^Cannot use UUID as an example: it is a class\. Give an instance"):
        derive(uuid.UUID)
