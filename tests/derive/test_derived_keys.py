"""Keys are the names that the consumer reads."""

import pytest
from derived import shown
from pydantic import (
    AliasChoices,
    AliasPath,
    BaseModel,
    ConfigDict,
    Field,
)
from pydantic.alias_generators import to_camel

from msgpact.derive import derive
from msgpact.errors import DeclarationError

# -- keys ------------------------------------------------------------------------------------------------------------


class Aliased(BaseModel):
    plain: int
    alias: int = Field(alias="Alias")
    validation: int = Field(validation_alias="Validation", serialization_alias="not read")
    choices: int = Field(validation_alias=AliasChoices("First", "Second"))
    path: int = Field(validation_alias=AliasPath("deep", "er"))
    beside: int = Field(validation_alias=AliasPath("deep", "est"))
    path_first: int = Field(validation_alias=AliasChoices(AliasPath("very", "deep"), "flat"))
    serialized: int = Field(serialization_alias="not read either")


class Camel(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, serialize_by_alias=True)
    order_id: int


class ByName(BaseModel):
    model_config = ConfigDict(validate_by_alias=False, validate_by_name=True)
    order_id: int = Field(alias="orderId")


def test_keys_are_the_names_that_the_consumer_reads() -> None:
    example = Aliased.model_validate(
        {
            "plain": 1,
            "Alias": 2,
            "Validation": 3,
            "Second": 4,
            "deep": {"er": 5, "est": 6},
            "flat": 7,
            "serialized": 8,
        }
    )

    assert shown(example) == {
        "plain": 1,
        "Alias": 2,
        "Validation": 3,
        "First": 4,
        "deep": {"er": 5, "est": 6},
        "very": {"deep": 7},
        "serialized": 8,
    }


def test_keys_of_an_alias_generator() -> None:
    assert shown(Camel(order_id=1)) == {"orderId": 1}


def test_keys_of_a_model_that_reads_by_name_only() -> None:
    assert shown(ByName.model_validate({"order_id": 1})) == {"order_id": 1}


def test_an_alias_that_leads_into_a_list_is_refused() -> None:
    class Deep(BaseModel):
        first: int = Field(validation_alias=AliasPath("items", 0))

    with pytest.raises(DeclarationError, match=r"Cannot derive a rule for items\.0: its alias leads into a list"):
        derive(Deep.model_validate({"items": [1]}))
