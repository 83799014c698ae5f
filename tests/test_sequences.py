"""A sequence as a consumer states it, and as it comes into the pact and out of it."""

import json
from pathlib import Path
from typing import Any

import pytest

import msgpact
from msgpact.errors import DeclarationError, MergeConflict, UnreadablePact
from msgpact.findings import Findings, Witness
from msgpact.model import Emitted, ProviderState
from msgpact.pactfile import files
from msgpact.recorder import consumer_cases
from msgpact.reporters.console import record_summary

Raw = dict[str, Any]


def handler(message: object) -> None: ...


@pytest.fixture
def shop() -> msgpact.Consumer:
    shop = msgpact.Consumer("shop", provider="orders")
    shop.expects("an order was placed", contents={"id": 1}, metadata={"topic": "orders.v1"})(handler)
    shop.expects("a payment was requested", contents={"id": 1}, given="a cart")(handler)
    return shop


def stored(folder: Path) -> Raw:
    found: Raw = json.loads((folder / "shop-orders.json").read_text(encoding="utf-8"))
    return found


def sequences(folder: Path) -> list[str]:
    return [each["description"] for each in stored(folder)["metadata"].get("msgpact", {}).get("sequences", [])]


# -- what is stated --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("version", ["4.0", "3.0.0"])
def test_a_sequence_in_the_pact(shop: msgpact.Consumer, tmp_path: Path, version: str) -> None:
    shop.sequence(
        "checkout completes",
        given=msgpact.state("a cart", lines=2),
        emits=["an order was placed", "a payment was requested"],
        within=["audit"],
    )

    report = msgpact.record(shop, tmp_path, spec_version=version)

    assert report.ok
    assert "shop-orders.json: 2 messages, 1 sequence\n" in record_summary(report)
    assert stored(tmp_path)["metadata"]["msgpact"]["sequences"] == [
        {
            "description": "checkout completes",
            "providerStates": [{"name": "a cart", "params": {"lines": 2}}],
            "emits": [
                {"description": "an order was placed"},
                {"description": "a payment was requested", "providerStates": [{"name": "a cart"}]},
            ],
            "ordered": True,
            "exactly": True,
            "within": ["audit"],
            "origin": "test_sequences",
        }
    ]
    contract = files.load(tmp_path / "shop-orders.json")
    (sequence,) = contract.sequences
    assert len(contract.interactions) == 2
    assert (str(sequence), sequence.origin) == ("checkout completes (given a cart, lines=2)", "test_sequences")
    assert sequence.emits[1] == Emitted("a payment was requested", (ProviderState("a cart"),))


def test_other_ways_to_state_one(shop: msgpact.Consumer) -> None:
    shop.expects("an order was placed", contents={"id": 2}, given="in bulk")(print)
    shop.sequence("in bulk", emits=[("an order was placed", "in bulk")] * 2, ordered=False, exactly=False, pending=True)
    shop.sequence("alone", emits=[("an order was placed", ())])
    shop.sequence("checkout fails", emits=[], within=("orders.v1",))

    (_, bulk), (_, alone), (_, fails) = shop.sequences

    assert [str(each) for each in bulk.emits] == ["an order was placed (given in bulk)"] * 2
    assert (bulk.ordered, bulk.exactly, bulk.pending) == (False, False, True)
    assert [str(each) for each in alone.emits] == ["an order was placed"]
    assert (fails.emits, fails.within, fails.exactly) == ((), ("orders.v1",), True)


WRONG: dict[str, tuple[Raw, str]] = {
    "text": (
        {"emits": "an order was placed"},
        r"it is no list. Write a list of descriptions: emits=\['an order was placed'\]",
    ),
    "no description": ({"emits": [3]}, r"Cannot use 3 in emits= of 'x': it is no description"),
    "an empty one": ({"emits": [" "]}, r"a name is text that is not empty"),
    "nothing, nowhere": ({"emits": []}, r"Cannot state that 'x' sends nothing: it is not said where. Write within="),
    "anything": ({"emits": [], "within": ["a"], "exactly": False}, r"that would let anything be sent"),
    "more, and nothing else": ({"emits": ["a"], "within": ["a"], "exactly": False}, r"exactly=False and within=: that"),
    "within text": ({"emits": [], "within": "orders.v1"}, r"Cannot use within='orders.v1' for 'x': it is no list"),
    "within nothing": ({"emits": [], "within": [""]}, r"a name is text that is not empty"),
    "pending": ({"emits": ["a"], "pending": 1}, r"Cannot use pending=1 for 'x'"),
}


@pytest.mark.parametrize(("said", "words"), WRONG.values(), ids=WRONG)
def test_what_cannot_be_stated(shop: msgpact.Consumer, said: Raw, words: str) -> None:
    with pytest.raises(DeclarationError, match=words):
        shop.sequence("x", **said)


UNKNOWN: dict[str, tuple[Raw, str]] = {
    "a message that is not expected": (
        {"emits": ["an order was place"]},
        r"no message 'an order was place' is expected. Did you mean 'an order was placed'\?",
    ),
    "a state that is not": (
        {"emits": [("an order was placed", "in bulk")]},
        r"no message 'an order was placed' is expected in that state. There are: 'an order was placed'",
    ),
    "another provider": (
        {"emits": ["an order was placed"], "provider": "payments"},
        r"no message of 'payments' is expected, and a pact holds at least one",
    ),
}


@pytest.mark.parametrize(("said", "words"), UNKNOWN.values(), ids=UNKNOWN)
def test_what_is_not_expected(shop: msgpact.Consumer, tmp_path: Path, said: Raw, words: str) -> None:
    shop.sequence("x", **said)

    with pytest.raises(DeclarationError, match=rf"Cannot state the sequence 'x' at .*test_sequences.py:\d+ x: {words}"):
        shop.load()
    report = msgpact.record(shop, tmp_path)
    assert not report.ok
    assert not list(tmp_path.iterdir())


def test_several_states_of_one_message(shop: msgpact.Consumer) -> None:
    shop.expects("an order was placed", contents={"id": 2}, given="in bulk")(print)
    shop.sequence("x", emits=["an order was placed"])

    with pytest.raises(DeclarationError, match=r"'an order was placed' is expected in several states. Say which"):
        shop.load()


def test_a_request_is_no_message(shop: msgpact.Consumer) -> None:
    shop.requests("a price", request={}, response={})(handler)
    shop.sequence("x", emits=["a price"])

    with pytest.raises(DeclarationError, match="no message 'a price' is expected"):
        shop.load()


def test_two_places(shop: msgpact.Consumer) -> None:
    shop.sequence("x", emits=["an order was placed"])
    shop.sequence("x", emits=["an order was placed"], given="a state")

    with pytest.raises(DeclarationError, match=r"test_sequences.py:\d+ x does it already"):
        shop.sequence("x", emits=["an order was placed"])


def test_the_same_place_again(shop: msgpact.Consumer) -> None:
    for ordered in (True, False):
        shop.sequence("x", emits=["an order was placed"], ordered=ordered)

    assert [each.ordered for _, each in shop.sequences] == [False]


# -- what is written -------------------------------------------------------------------------------------------------


def stating(*descriptions: str, expected: tuple[str, ...] = ("a", "b")) -> msgpact.Consumer:
    """The same module's declarations, as they are now."""
    shop = msgpact.Consumer("shop", provider="orders", modules=[__name__])
    for each in expected:
        shop.expects(each, contents={"id": 1})(handler)
    for each in descriptions:
        shop.sequence(each, emits=["a"])
    return shop


@pytest.mark.parametrize("version", ["4.0", "3.0.0"])
def test_a_full_run_replaces_what_it_recorded(tmp_path: Path, version: str) -> None:
    msgpact.record(stating("x", "y"), tmp_path, spec_version=version)

    report = msgpact.record(stating("y", "z"), tmp_path, spec_version=version)

    assert sequences(tmp_path) == ["y", "z"]
    assert [each.removed for each in report.written] == [("x",)]


def test_a_pending_one(tmp_path: Path) -> None:
    shop = stating()
    shop.sequence("x", emits=["a"], pending=True)
    msgpact.record(shop, tmp_path)

    assert stored(tmp_path)["metadata"]["msgpact"]["sequences"][0]["pending"] is True
    assert files.load(tmp_path / "shop-orders.json").sequences[0].pending


def test_recording_twice_changes_nothing(tmp_path: Path) -> None:
    msgpact.record(stating("x"), tmp_path)
    before = (tmp_path / "shop-orders.json").read_bytes()

    msgpact.record(stating("x"), tmp_path)

    assert (tmp_path / "shop-orders.json").read_bytes() == before


def learned(shop: msgpact.Consumer, *described: str) -> Findings:
    """What a test run of these cases finds out."""
    witness, findings = Witness(), Findings()
    for case in consumer_cases(shop, described, seed=1):
        case.deliver()
        findings.learn(case.description, "passed", json.loads(json.dumps(witness.tell(case, is_green=True))))
    return findings


def test_a_narrowed_run_keeps_what_it_did_not_see(tmp_path: Path) -> None:
    learned(stating("x")).commit(tmp_path, "4.0")
    learned(stating("y"), "b").commit(tmp_path, "4.0")

    assert sequences(tmp_path) == ["x"]

    learned(stating("y"), "a").commit(tmp_path, "4.0")

    assert sequences(tmp_path) == ["x", "y"]


def test_version_3_becomes_version_4(tmp_path: Path) -> None:
    msgpact.record(stating("x"), tmp_path, spec_version="3.0.0")
    contract = files.load(tmp_path / "shop-orders.json")

    files.write(msgpact.Contract("shop", "orders", contract.interactions[:1]), tmp_path)

    assert stored(tmp_path)["metadata"]["pactSpecification"] == {"version": "4.0"}
    assert sequences(tmp_path) == ["x"]


def test_a_contract_that_was_read_is_written_as_it_was(tmp_path: Path) -> None:
    msgpact.record(stating("x"), tmp_path)
    contract = files.load(tmp_path / "shop-orders.json")

    files.write(contract, tmp_path / "again")

    assert stored(tmp_path / "again") == stored(tmp_path)


def test_two_that_are_the_same_one(tmp_path: Path) -> None:
    ((_, sequence),) = stating("x").sequences
    other = files.loads(json.dumps(with_sequences({"description": "x", "emits": []})).encode()).sequences[0]

    with pytest.raises(MergeConflict, match="Cannot write the sequence 'x' twice"):
        files.write(msgpact.Contract("shop", "orders", sequences=(sequence, other)), tmp_path)


def test_it_goes_with_its_pair(tmp_path: Path) -> None:
    msgpact.record(stating("x"), tmp_path)
    shop = msgpact.Consumer("shop", provider="payments", modules=[__name__])
    shop.expects("a", contents={})(handler)

    msgpact.record(shop, tmp_path)

    assert [each.name for each in tmp_path.iterdir()] == ["shop-payments.json"]


# -- what is read ----------------------------------------------------------------------------------------------------


def with_sequences(*given: object) -> Raw:
    return {
        "consumer": {"name": "shop"},
        "provider": {"name": "orders"},
        "interactions": [],
        "metadata": {"pactSpecification": {"version": "4.0"}, "msgpact": {"sequences": list(given)}},
    }


UNREADABLE: dict[str, tuple[object, str]] = {
    "no object": (3, "sequences of its metadata are no list of objects"),
    "no description": ({"emits": []}, "a sequence has no description"),
    "nothing emitted": ({"description": "x"}, "what the sequence 'x' emits is no list of descriptions"),
    "no names": ({"description": "x", "emits": ["a"]}, "what the sequence 'x' emits is no list of descriptions"),
    "within no list": (
        {"description": "x", "emits": [], "within": "a"},
        "what the sequence 'x' is within is no list of names",
    ),
    "no states": ({"description": "x", "emits": [], "providerStates": 3}, "providerStates is no array"),
}


@pytest.mark.parametrize(("given", "words"), UNREADABLE.values(), ids=UNREADABLE)
def test_what_is_no_sequence(given: object, words: str) -> None:
    with pytest.raises(UnreadablePact, match=words):
        files.loads(json.dumps(with_sequences(given)).encode())


def test_nothing_is_merged_into_what_is_no_sequence(tmp_path: Path) -> None:
    (tmp_path / "shop-orders.json").write_text(json.dumps(with_sequences(3)))

    with pytest.raises(MergeConflict, match="sequences of its metadata are no list of objects"):
        files.write(msgpact.Contract("shop", "orders"), tmp_path)


def test_what_another_version_says_of_one_stays(tmp_path: Path) -> None:
    later = {"description": "x", "emits": [], "within": ["a"], "new": 1}
    (tmp_path / "shop-orders.json").write_text(json.dumps(with_sequences(later)))

    msgpact.record(stating("y"), tmp_path)

    assert stored(tmp_path)["metadata"]["msgpact"]["sequences"][0] == later
    assert sequences(tmp_path) == ["x", "y"]
