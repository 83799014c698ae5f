import dataclasses
from collections.abc import Mapping
from typing import Annotated, Any, Final, Literal, NewType, NotRequired, Optional, Union

import pytest
import typing_extensions
from pydantic import BaseModel, Field

from msgpact.annotations import holds_fields, is_plain_dict, is_typed_dict, members_of, name_of

OrderId = NewType("OrderId", int)
Alias = typing_extensions.TypeAliasType("Alias", int | str)


class Model(BaseModel):
    id: int


@dataclasses.dataclass
class Data:
    id: int


class Typed(typing_extensions.TypedDict):
    id: int


@pytest.mark.parametrize(
    ("annotation", "kinds"),
    [
        pytest.param(int, [int], id="a type"),
        pytest.param(None, [type(None)], id="None"),
        pytest.param(int | None, [int, type(None)], id="a union"),
        pytest.param(Optional[int], [int, type(None)], id="Optional"),  # noqa: UP045
        pytest.param(Union[int, Annotated[str | bool, "x"]], [int, str, bool], id="a union in a union"),  # noqa: UP007
        pytest.param(Annotated[int, Field(gt=1)], [int], id="Annotated"),
        pytest.param(NotRequired[int], [int], id="NotRequired"),
        pytest.param(typing_extensions.ReadOnly[int], [int], id="ReadOnly"),
        pytest.param(Final[int], [int], id="Final"),
        pytest.param(OrderId, [int], id="NewType"),
        pytest.param(Alias, [int, str], id="an alias"),
        pytest.param(list[int], [list[int]], id="a generic"),
        pytest.param(Literal["a", None], [Literal["a", None]], id="Literal"),  # noqa: PYI061
    ],
)
def test_the_members_of_an_annotation(annotation: object, kinds: list[object]) -> None:
    assert [each.kind for each in members_of(annotation)] == kinds


def test_constraints_reach_every_member_of_a_union() -> None:
    inner, outer = Annotated[str, Field(min_length=1)], Field(max_length=3)

    found = members_of(Annotated[inner | None, outer])

    assert [each.constraints[1:] for each in found] == [(1, 3), (None, 3)]


@pytest.mark.parametrize(
    ("annotation", "value", "exactly", "loosely"),
    [
        pytest.param(int, 1, True, True, id="int"),
        pytest.param(int, True, False, True, id="bool is an int"),
        pytest.param(list[int], [1], True, True, id="a generic"),
        pytest.param(Literal[1], 1, True, True, id="Literal"),
        pytest.param(Literal[1], True, False, False, id="Literal of another kind"),
        pytest.param(Typed, {"id": 1}, False, False, id="TypedDict"),
        pytest.param(Any, 1, False, False, id="Any"),
    ],
)
def test_whether_a_value_is_of_a_member(annotation: object, value: object, exactly: bool, loosely: bool) -> None:
    (member,) = members_of(annotation)

    assert member.is_of(value, exactly=True) is exactly
    assert member.is_of(value, exactly=False) is loosely


@pytest.mark.parametrize(
    ("annotation", "plain"),
    [(dict, True), (dict[str, Any], True), (Mapping[str, object], True), (Mapping, True), (dict[str, int], False),
     (dict[int, Any], False), (Typed, False), (Any, False), (list, False)],
    ids=str,
)  # fmt: skip
def test_dicts_that_take_any_object(annotation: object, plain: bool) -> None:
    assert is_plain_dict(annotation) is plain


@pytest.mark.parametrize(
    ("annotation", "holds"),
    [(Model, True), (Data, True), (Typed, True), (list[Model], True), (dict[str, list[Data]], True), (Model | None, True),
     (Annotated[Typed, "x"], True), (int, False), (list[int], False), (Literal["Model"], False), (Any, False)],
    ids=str,
)  # fmt: skip
def test_annotations_that_hold_fields(annotation: object, holds: bool) -> None:
    assert holds_fields(annotation) is holds


@pytest.mark.parametrize(
    ("annotation", "name"),
    [(Model, "Model"), (list[int], "list[int]"), (int | None, "int | None"), (Any, "Any"), (Mapping[str, Any], "collections.abc.Mapping[str, Any]")],
    ids=str,
)  # fmt: skip
def test_annotations_are_named_as_they_are_written(annotation: object, name: str) -> None:
    assert name_of(annotation) == name


def test_a_class_with_such_attributes_is_no_typed_dict() -> None:
    assert not is_typed_dict(type("Sub", (dict,), {}))
    assert not is_typed_dict(Model)
