"""What processes that run tests tell, and what the one that writes makes of it."""

import json
from pathlib import Path
from typing import Any

import pytest
from google.protobuf.duration_pb2 import Duration

from msgpact import Consumer, record
from msgpact.findings import Findings, Witness
from msgpact.recorder import ConsumerCase, consumer_cases
from msgpact.serializers.avro import Avro
from msgpact.serializers.protobuf import Protobuf


def handler(message: object) -> None: ...


@pytest.fixture
def shop() -> Consumer:
    shop = Consumer("shop", provider="orders")
    shop.expects("a", contents={"half": 0.5, "big": 2**63, "ü": "é"})(handler)
    shop.expects("b", contents={}, provider="payments")(handler)
    return shop


@pytest.fixture
def cases(shop: Consumer) -> list[ConsumerCase]:
    return consumer_cases(shop, seed=1)


def witness(shop: Consumer, *tests: str) -> Witness:
    found = Witness()
    for test in tests:
        found.collected(shop, test)
    return found


def learned(*phases: tuple[str, str, dict[str, Any]]) -> Findings:
    findings = Findings()
    for test, outcome, told in phases:
        findings.learn(test, outcome, json.loads(json.dumps(told)))
    return findings


def test_what_is_declared_is_told_once(shop: Consumer, cases: list[ConsumerCase]) -> None:
    found = witness(shop, "test_it")

    first, second = found.tell(cases[0], is_green=False), found.tell(cases[1], is_green=False)

    assert first["tests"] == ["test_it"]
    assert [(each["provider"], each["declared"]) for each in first["pairs"]] == [("orders", ["a"]), ("payments", ["b"])]
    assert second == {"consumer": "shop", "provider": "payments", "title": "b"}


def test_schemas_travel_with_what_they_are_of(tmp_path: Path) -> None:
    ledger = Consumer("ledger", provider="payments")
    paid = Avro({"type": "record", "name": "Paid", "fields": [{"name": "id", "type": "long"}]})
    asked = Protobuf(Duration)
    ledger.expects("paid", contents={"id": 42}, serializer=paid)(handler)
    ledger.expects("asked", contents={"seconds": 42}, serializer=asked)(handler)
    told = [
        (f"test_{again}[{each}]", "passed", witness(ledger).tell(each, is_green=True))
        for each in consumer_cases(ledger, seed=1)
        for again in "ab"
    ]

    learned(*told).commit(tmp_path / "tests", "4.0")

    record(ledger, tmp_path / "run")
    file = "ledger-payments.json"
    assert (tmp_path / "tests" / file).read_bytes() == (tmp_path / "run" / file).read_bytes()


def test_an_interaction_travels_as_it_is(shop: Consumer, cases: list[ConsumerCase], tmp_path: Path) -> None:
    findings = learned(("test_it[a]", "passed", witness(shop).tell(cases[0], is_green=True)))

    (written,), problems = findings.commit(tmp_path, "4.0")

    assert problems == []
    contents = json.loads(Path(written.path or "").read_text())["interactions"][0]["contents"]["content"]
    assert contents == {"half": 0.5, "big": 2**63, "ü": "é"}


@pytest.mark.parametrize(
    ("phases", "written"),
    [
        pytest.param(["passed", "green", "passed"], True, id="green"),
        pytest.param(["passed", "green", "failed"], False, id="failed in the tear-down"),
        pytest.param(["skipped"], False, id="skipped"),
        pytest.param(["rerun", "passed", "green", "passed"], True, id="green when it ran again"),
        pytest.param(["failed", "rerun", "green"], True, id="failed before it ran again"),
        pytest.param(["rerun", "failed"], False, id="red again"),
    ],
)
def test_every_phase_counts(
    shop: Consumer, cases: list[ConsumerCase], tmp_path: Path, phases: list[str], written: bool
) -> None:
    found = witness(shop)
    findings = learned(
        *(
            ("test_it[a]", phase.replace("green", "passed"), found.tell(cases[0], is_green=phase == "green"))
            for phase in phases
        )
    )

    findings.commit(tmp_path, "4.0")

    assert bool(list(tmp_path.iterdir())) is written


@pytest.mark.parametrize(
    ("crashed", "written"),
    [
        pytest.param("test_it[b]", False, id="a case of the same test"),
        pytest.param("test_again[a]", False, id="another test of the consumer"),
        pytest.param("test_other", True, id="a test of somebody else"),
    ],
)
def test_a_crash_makes_what_it_concerns_red(
    shop: Consumer, cases: list[ConsumerCase], tmp_path: Path, crashed: str, written: bool
) -> None:
    found = witness(shop, "test_it", "test_again")
    findings = learned(("test_it[a]", "passed", found.tell(cases[0], is_green=True)))
    findings.crashed(crashed)

    findings.commit(tmp_path, "4.0")

    assert bool(list(tmp_path.iterdir())) is written


def test_without_a_word_there_is_nothing(tmp_path: Path) -> None:
    findings = Findings()
    findings.crashed("test_other")
    findings.narrow()

    assert not findings
    assert findings.commit(tmp_path, "4.0") == ([], [])
