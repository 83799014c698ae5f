"""Forms read and written, and delivered, recorded and verified."""

from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

import msgpact
from msgpact import generate, match
from msgpact.errors import DeclarationError
from msgpact.serializers import form

TYPE = "application/x-www-form-urlencoded"


class Filled(BaseModel):
    name: str
    sizes: list[int]


@pytest.mark.parametrize(
    ("value", "contents"),
    [
        (b"a=1", b"a=1"),
        ("a=é", "a=é".encode()),
        ({"a": "x y", "b": 1, "c": 1.5, "d": True}, b"a=x+y&b=1&c=1.5&d=true"),
        ({"a": ["x", 2], "é": ("&",)}, b"a=x&a=2&%C3%A9=%26"),
        ({}, b""),
        (Filled(name="x", sizes=[1, 2]), b"name=x&sizes=1&sizes=2"),
    ],
)
def test_writing(value: object, contents: bytes) -> None:
    assert form.dump(value) == contents


@pytest.mark.parametrize(
    ("value", "why"),
    [
        (1, "it has no fields: 1. Give a dict, a model, text or bytes"),
        ({"a": {"b": 1}}, "the field 'a' is no text: {'b': 1}"),
        ({"a": None}, "the field 'a' is no text: None"),
    ],
)
def test_what_is_no_form(value: object, why: str) -> None:
    with pytest.raises(TypeError) as refused:
        form.dump(value)

    assert str(refused.value) == why


def test_reading() -> None:
    fields = form.load(b"a=1&b=x+y&a=2&c=&d")

    assert fields == {"a": ["1", "2"], "b": "x y", "c": "", "d": ""}
    assert form.values_of(fields) == {"a": ("1", "2"), "b": ("x y",), "c": ("",), "d": ("",)}
    with pytest.raises(ValueError, match="it is no form: byte 2 is 0xff, not UTF-8"):
        form.load(b"a=\xff")


def test_what_handlers_are_given() -> None:
    assert form.build(b"name=x&sizes=1&sizes=2", Filled) == Filled(name="x", sizes=[1, 2])
    assert form.build(b"name=x", str) == "name=x"
    with pytest.raises(ValueError, match="sizes: Field required"):
        form.build(b"name=x", Filled)


# -- the whole way ---------------------------------------------------------------------------------------------------

FIELDS = {"name": match.string("Ada"), "age": match.integer(generate.random_int(18, 99)), "size": [1, 2]}


def test_recorded_and_verified(tmp_path: Path) -> None:
    came: list[dict[str, Any]] = []
    desk = msgpact.Consumer("desk", provider="forms")
    desk.expects("a form was filled", content_type=TYPE, contents=FIELDS)(came.append)
    forms = msgpact.Provider("forms", content_type=TYPE)
    sent: Any = {"name": "Bob", "age": 7, "size": ["1", "2"]}
    forms.produces("a form was filled")(lambda: sent)

    assert msgpact.record(desk, tmp_path, seed=1).ok
    assert (came[0]["name"], came[0]["size"]) == ("Ada", ["1", "2"])
    assert 18 <= int(came[0]["age"]) <= 99
    assert msgpact.verify(forms, tmp_path).ok
    sent["age"], sent["size"] = "x", ["1"]
    (broken,) = msgpact.verify(forms, tmp_path).results
    assert [each.path for each in broken.mismatches] == ["$.age", "$.size"]


def test_a_field_of_no_values_is_refused() -> None:
    desk = msgpact.Consumer("desk", provider="forms")
    desk.expects("a form was filled", content_type=TYPE, contents={"a": [], "b": "1"})(lambda fields: None)

    with pytest.raises(DeclarationError, match=r"Cannot use no values for the field 'a': .* Leave it out\."):
        _ = desk.expectations[0].interaction


def test_a_list_of_one_value_is_built_as_a_list() -> None:
    assert form.build(b"name=x&sizes=1", Filled) == Filled(name="x", sizes=[1])


@pytest.mark.parametrize(
    ("template", "why"), [({"a": {"b": 1}}, "the field 'a' is no text"), ({"a": None}, "the field 'a' is no text")]
)
def test_what_cannot_be_stated(template: object, why: str) -> None:
    desk = msgpact.Consumer("desk", provider="forms")
    desk.expects("a form was filled", content_type=TYPE, contents=template)(lambda fields: None)

    with pytest.raises(
        DeclarationError, match=rf"Cannot use .* as a form: {why}.*\. Give each field a text or a number"
    ):
        _ = desk.expectations[0].interaction


def test_a_form_of_no_fields_is_empty() -> None:
    desk = msgpact.Consumer("desk", provider="forms")
    desk.expects("nothing was filled", content_type=TYPE, contents={})(lambda fields: None)

    message = desk.expectations[0].interaction.message
    assert message is not None
    assert message.contents.presence.value == "empty"


def test_generated_values_of_several(tmp_path: Path) -> None:
    def sizes(seed: int) -> object:
        came: list[dict[str, Any]] = []
        desk = msgpact.Consumer("desk", provider="forms")
        template = {
            "one": [generate.random_int(1, 10**9)],
            "some": match.each_like(generate.random_int(1, 10**9), min=2),
        }
        desk.expects("a form was filled", content_type=TYPE, contents=template)(came.append)
        assert msgpact.record(desk, tmp_path, seed=seed).ok
        return came[0]

    assert sizes(1) == sizes(1) != sizes(2)
    assert len(sizes(1)["some"]) == 2  # type: ignore[index]  # it is a dict
