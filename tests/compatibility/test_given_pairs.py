"""The pairs of schemas that real checkers judged: the same verdict, in every mode that was asked."""

import json
from collections.abc import Mapping
from typing import Any

import pytest
from shared_data import shared_cases

from msgpact.compatibility import check
from msgpact.serializers.framed import RegisteredSchema

FORMATS = {"avro": "AVRO", "json": "JSON", "protobuf": "PROTOBUF"}


def schema(case: Mapping[str, Any], raw: object) -> RegisteredSchema:
    text = raw if case["format"] == "protobuf" else json.dumps(raw)
    return RegisteredSchema(FORMATS[case["format"]], text, {})  # type: ignore[arg-type]  # the format of a case is one of them


@pytest.mark.parametrize("case", shared_cases("interop/binary/compat.jsonl"))
def test_the_verdict_is_the_given_one(case: Mapping[str, Any]) -> None:
    *old, new = [schema(case, each) for each in case.get("versions") or (case["old"], case["new"])]

    assert {mode: check(old, new, mode).compatible for mode in case["verdict"]} == case["verdict"]
