"""A contract put into the file that is there: what is replaced, what is kept, and what is refused."""

import enum
import json
import uuid
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pacts import HTTP, document, message, pact, request
from processor_time import spent

import msgpact
from msgpact.errors import MergeConflict, UnreadablePact, UnwritablePact, UsageError
from msgpact.model import Contract, Interaction, Presence, ProviderState
from msgpact.pactfile import files
from msgpact.pactfile.merging import as_text

Raw = dict[str, Any]
NAME = "fulfilment-orders.json"


def put(folder: Path, before: Raw | None, *interactions: Raw, **options: Any) -> Raw:
    """The document after a contract of these interactions was written over *before*."""
    if before is not None:
        (folder / NAME).write_text(json.dumps(before), encoding="utf-8")
    files.merge(pact(*interactions), folder, **options)
    return stored(folder)


def stored(folder: Path) -> Raw:
    found: Raw = json.loads((folder / NAME).read_text(encoding="utf-8"))
    return found


def v3_document(*messages: Raw, **metadata: object) -> Raw:
    return {
        "consumer": {"name": "fulfilment"},
        "provider": {"name": "orders"},
        "messages": list(messages),
        "metadata": {"pactSpecification": {"version": "3.0.0"}, **metadata},
    }


def summary(document: Raw) -> list[tuple[object, ...]]:
    """Of each entry the description, its states, key and contents, where they are there."""
    listed = document["interactions"] if "interactions" in document else document["messages"]
    return [
        tuple(
            each[name] if name != "contents" else each[name].get("content", each[name])
            for name in ("description", "providerStates", "key", "contents")
            if each.get(name)
        )
        for each in listed
    ]


A, B = {"v": "old"}, {"v": "new"}
S, T = ProviderState("s"), ProviderState("t")
S1, S2 = {"name": "s", "params": {"n": 1}}, {"name": "s", "params": {"n": 2}}

# What the file holds, what is written, and what it holds then: descriptions, states, keys, contents.
REPLACED: list[tuple[str, list[Raw], list[Raw], list[tuple[object, ...]]]] = [
    ("the same twice", [message("d", A)], [message("d", A)], [("d", A)]),
    ("other contents", [message("d", A)], [message("d", B)], [("d", B)]),
    ("another description", [message("d", A)], [message("e", B)], [("d", A), ("e", B)]),
    ("the same state", [message("d", A, given=["s"])], [message("d", B, given=["s"])], [("d", [{"name": "s"}], B)]),
    ("another state", [message("d", A, given=["s"])], [message("d", B, given=["t"])], [("d", [{"name": "s"}], A), ("d", [{"name": "t"}], B)]),
    ("no state", [message("d", A, given=["s"])], [message("d", B)], [("d", B), ("d", [{"name": "s"}], A)]),
    ("a state more", [message("d", A)], [message("d", B, given=["s"])], [("d", A), ("d", [{"name": "s"}], B)]),
    ("the same parameters", [message("d", A, given=[S1])], [message("d", B, given=[S1])], [("d", [S1], B)]),
    ("other parameters", [message("d", A, given=[S1])], [message("d", B, given=[S2])], [("d", [S1], A), ("d", [S2], B)]),
    ("another order of states", [message("d", A, given=["s", "t"])], [message("d", B, given=["t", "s"])],
     [("d", [{"name": "s"}, {"name": "t"}], A), ("d", [{"name": "t"}, {"name": "s"}], B)]),
    ("equal keys", [message("d", A, key="k")], [message("e", B, key="k")], [("e", "k", B)]),
    ("other keys", [message("d", A, key="k")], [message("d", B, key="l")], [("d", "k", A), ("d", "l", B)]),
    ("a key in the file", [message("d", A, key="k")], [message("d", B)], [("d", B)]),
    ("a key in the contract", [message("d", A)], [message("d", B, key="k")], [("d", "k", B)]),
    ("sorted", [message("b"), message("d")], [message("c"), message("a")], [("a",), ("b",), ("c",), ("d",)]),
]  # fmt: skip


@pytest.mark.parametrize(("before", "written", "after"), [pytest.param(*row[1:], id=row[0]) for row in REPLACED])
def test_what_is_replaced(
    tmp_path: Path, before: list[Raw], written: list[Raw], after: list[tuple[object, ...]]
) -> None:
    found = put(tmp_path, document(*before), *written)

    assert [tuple(part for part in each if part != {"id": 42}) for each in summary(found)] == after


def test_types_are_other_interactions(tmp_path: Path) -> None:
    http = {**HTTP, "description": "d"}

    found = put(tmp_path, document(http, request("d", 1, 2)), message("d"))

    assert [each["type"] for each in found["interactions"]] == [
        "Asynchronous/Messages",
        "Synchronous/HTTP",
        "Synchronous/Messages",
    ]


def test_what_other_tools_wrote_stays_as_it_is(tmp_path: Path) -> None:
    theirs = {
        **HTTP,
        "comments": {"text": ["a"], "testname": "t"},
        "unknown": {"z": [1.5, 12345678901234567890123, "é", None]},
        "matchingRules": {"body": {"$..": {"matchers": [{"match": "from a plugin"}]}}},
        "providerStates": [{"no": "name"}],
    }
    before = {**document(theirs), "metadata": {"pactSpecification": {"version": "4.0"}, "pact-js": {"version": "1"}}}
    before["consumer"]["owner"] = "us"

    found = put(tmp_path, before, message("d"))

    assert theirs in found["interactions"]
    assert (found["metadata"], found["consumer"]) == (before["metadata"], before["consumer"])


def test_half_of_a_surrogate_pair_survives(tmp_path: Path) -> None:
    found = put(tmp_path, document({**HTTP, "comments": {"text": ["\ud800"]}}), message("d"))

    assert found["interactions"][0]["comments"] == {"text": ["\ud800"]}


# -- one contract ----------------------------------------------------------------------------------------------------


def test_one_interaction_twice_is_written_once(tmp_path: Path) -> None:
    assert summary(put(tmp_path, None, message("d"), message("d"))) == [("d", {"id": 42})]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (message("d", A), message("d", B)),
        (message("d", A, key="k"), message("e", B, key="k")),
        (message("d", A, key="k"), message("d", B)),
        (message("d", A, given=[S1]), message("d", B, given=[S1])),
    ],
)
def test_one_interaction_with_two_contents_is_refused(tmp_path: Path, one: Raw, other: Raw) -> None:
    with pytest.raises(
        MergeConflict, match=r"^Cannot write '[de]' twice into '.*': the contract holds it with two contents"
    ):
        put(tmp_path, None, one, other)
    assert not (tmp_path / NAME).exists()


@pytest.mark.parametrize("value", [object(), float("nan"), {1}, b"bytes"], ids=lambda value: type(value).__name__)
def test_what_json_cannot_hold_is_refused(tmp_path: Path, value: object) -> None:
    contract = pact(message("d"))
    state = ProviderState("s", {"value": value})
    broken = replace(contract, interactions=(replace(contract.interactions[0], provider_states=(state,)),))
    files.write(contract, tmp_path)
    before = (tmp_path / NAME).read_bytes()

    with pytest.raises(UnwritablePact, match=r"it holds what JSON cannot \(.+\). Use JSON values"):
        files.write(broken, tmp_path)
    assert (tmp_path / NAME).read_bytes() == before


def test_what_version_3_cannot_hold_is_refused(tmp_path: Path) -> None:
    raw = message("d") | {"contents": {"content": "/w==", "contentType": "text/plain", "encoded": "base64"}}

    with pytest.raises(
        UnwritablePact, match=r"version 3 cannot hold contents of type 'text/plain' .*\. Write version 4\."
    ):
        put(tmp_path, None, raw, spec_version="3.0.0")


def test_what_is_nested_too_deep_is_refused(tmp_path: Path) -> None:
    value: object = 1
    for _ in range(5000):
        value = [value]
    contract = pact(message("d"))
    broken = replace(contract, interactions=(replace(contract.interactions[0], comments={"deep": value}),))

    with pytest.raises(UnwritablePact, match="it is nested too deep"):
        files.write(broken, tmp_path)


# -- what is refused -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("before", "version", "why"),
    [
        ({**document(), "consumer": {"name": "x"}}, "4.0", "its consumer is 'x', not 'fulfilment'"),
        ({**document(), "provider": {"name": "x"}}, "4.0", "its provider is 'x', not 'orders'"),
        (document(message("d")), "3.0.0", "the file has version 4, and a file never goes back"),
        (
            {**document(HTTP), "metadata": {"pactSpecification": {"version": "3.0.0"}}},
            "3.0.0",
            "it holds HTTP interactions of version 3",
        ),
        (
            {**document(HTTP), "metadata": {"pactSpecification": {"version": "2.0.0"}}},
            "4.0",
            "it holds HTTP interactions of version 2",
        ),
        ({**document(), "interactions": [7]}, "4.0", "one of its interactions is no object"),
        ({**v3_document(), "messages": ["x"]}, "3.0.0", "one of its messages is no object"),
    ],
)
def test_what_may_not_be_merged_stays(tmp_path: Path, before: Raw, version: str, why: str) -> None:
    with pytest.raises(MergeConflict, match=f"^Cannot merge .*{why}.*\\. [A-Z].*\\.$"):
        put(tmp_path, before, message("d"), spec_version=version)
    assert stored(tmp_path) == before


@pytest.mark.parametrize("version", ["1.0.0", "2.0.0", "3.0.0"])
def test_interactions_of_older_versions_are_not_passed_off_as_version_4(tmp_path: Path, version: str) -> None:
    old = {**document({"description": "a page"}), "metadata": {"pactSpecification": {"version": version}}}
    contract = files.loads(json.dumps(old).encode())

    with pytest.raises(
        MergeConflict, match=f"Cannot write 'a page' .*: it is an HTTP interaction of version {version}"
    ):
        files.write(contract, tmp_path)

    assert list(tmp_path.glob("*.json")) == []


@pytest.mark.parametrize(
    ("text", "error", "why"),
    [
        (b"{", MergeConflict, "it is not JSON"),
        (b"", MergeConflict, "it is not JSON"),
        (b"\xff\xfe", MergeConflict, "it is not JSON"),
        (b"[" * 100_000, MergeConflict, "it is not JSON"),
        (b"[]", UnreadablePact, "it is JSON but no pact"),
        (b'{"a": 1}', UnreadablePact, "neither 'interactions' nor 'messages'"),
        (b'{"messages": [], "consumer": {}, "provider": {}}', UnreadablePact, "who its consumer is"),
        (
            json.dumps({**document(), "metadata": {"pactSpecification": {"version": "9"}}}).encode(),
            UnreadablePact,
            "version 9",
        ),
    ],
)
def test_a_file_that_is_no_pact_stays(tmp_path: Path, text: bytes, error: type[Exception], why: str) -> None:
    (tmp_path / NAME).write_bytes(text)

    with pytest.raises(error, match=why):
        files.write(pact(message("d")), tmp_path)
    assert (tmp_path / NAME).read_bytes() == text


@pytest.mark.parametrize("text", [b"{", b"[]", json.dumps({**document(), "consumer": {"name": "x"}}).encode()])
def test_overwriting_asks_nothing(tmp_path: Path, text: bytes) -> None:
    (tmp_path / NAME).write_bytes(text)

    msgpact.write(pact(message("d")), tmp_path, overwrite=True)

    assert summary(stored(tmp_path)) == [("d", {"id": 42})]


@pytest.mark.parametrize("interaction", [request("d", 1), HTTP], ids=["synchronous", "HTTP"])
def test_version_3_holds_one_way_messages_only(tmp_path: Path, interaction: Raw) -> None:
    with pytest.raises(MergeConflict, match="version 3 holds one-way messages only, and this is Synchronous/"):
        put(tmp_path, None, interaction, spec_version="3.0.0")
    assert not (tmp_path / NAME).exists()


@pytest.mark.parametrize("version", ["2.0.0", "5", "", "4.0.0.0", 4])
def test_versions_that_are_not_written(tmp_path: Path, version: Any) -> None:
    with pytest.raises(
        UsageError,
        match=r"^Cannot write version .*: it is not one that is written\. (Say '4.0' or '3.0.0'|Did you mean '3.0.0')",
    ):
        files.write(pact(message("d")), tmp_path, spec_version=version)


def test_the_nearest_version_is_offered(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"Did you mean '4.0'\?"):
        files.write(pact(message("d")), tmp_path, spec_version="4.00")


# -- versions --------------------------------------------------------------------------------------------------------

THEIRS: Raw = {
    "description": "theirs",
    "_id": "1",
    "contents": {"a": 1},
    "metaData": {"contentType": "application/json", "k": 1},
    "providerStates": [{"name": "s"}],
    "matchingRules": {"body": {"$.a": {"matchers": [{"match": "integer"}]}}},
}


def test_version_3_becomes_version_4(tmp_path: Path) -> None:
    before = v3_document(THEIRS, tool="x", msgpact={"messages": [{"description": "gone", "origin": "m:f"}]})

    found = put(tmp_path, before, message("ours"))

    assert summary(found) == [("ours", {"id": 42}), ("theirs", [{"name": "s"}], {"a": 1})]
    assert "messages" not in found
    assert found["metadata"] == {"pactSpecification": {"version": "4.0"}, "tool": "x"}
    assert found["interactions"][1]["_id"] == "1"
    assert checks_as_before(tmp_path, before)


def checks_as_before(folder: Path, before: Raw) -> bool:
    """Whether the message of the file means what it meant."""
    old, new = files.loads(json.dumps(before).encode()), files.load(folder / NAME)
    return old["theirs"].message == new["theirs"].message


def test_a_file_that_states_no_version_gets_one(tmp_path: Path) -> None:
    before = {name: value for name, value in v3_document(THEIRS).items() if name != "metadata"}

    found = put(tmp_path, before, message("ours"), spec_version="3.0.0")

    assert [each["description"] for each in found["messages"]] == ["ours", "theirs"]
    assert found["metadata"] == {"pactSpecification": {"version": "3.0.0"}}


@pytest.mark.parametrize("old", ["3.0.0", "2.0.0", "1.0.0"])
def test_an_empty_http_pact_becomes_a_message_pact(tmp_path: Path, old: str) -> None:
    before = {**document(), "metadata": {"pactSpecification": {"version": old}}}

    found = put(tmp_path, before, message("ours"), spec_version="3.0.0")

    assert ("interactions" not in found, len(found["messages"])) == (True, 1)


# -- what is ours ----------------------------------------------------------------------------------------------------


def ours(description: str, origin: str, **more: object) -> Raw:
    return message(description, comments={"msgpact": {"origin": origin, **more}})


@pytest.mark.parametrize("version", ["4.0", "3.0.0"])
def test_what_we_recorded_goes_if_it_should(tmp_path: Path, version: str) -> None:
    put(tmp_path, None, ours("a", "m.one:f"), ours("b", "m.two:g"), message("theirs"), spec_version=version)

    merged = files.merge(
        pact(ours("c", "m.one:h")), tmp_path, spec_version=version, drop=lambda origin: origin.startswith("m.one:")
    )

    assert (merged.removed, merged.kept, merged.changed) == (("a",), (("b", "m.two:g"),), True)
    assert [each.description for each in files.load(tmp_path / NAME).interactions] == ["b", "c", "theirs"]


def test_what_is_written_again_is_not_dropped(tmp_path: Path) -> None:
    put(tmp_path, None, ours("a", "m:f"))

    merged = files.merge(pact(ours("a", "m:f")), tmp_path, drop=lambda origin: True)

    assert (merged.removed, merged.kept, merged.changed) == ((), (), False)


def test_marks_of_version_3_follow_their_messages(tmp_path: Path) -> None:
    first = put(tmp_path, None, ours("a", "m:f"), ours("b", "m:g"), spec_version="3.0.0")
    assert first["metadata"]["msgpact"] == {
        "messages": [{"description": "a", "origin": "m:f"}, {"description": "b", "origin": "m:g"}]
    }

    second = put(tmp_path, first, message("a", B), spec_version="3.0.0")

    assert second["metadata"]["msgpact"] == {"messages": [{"description": "b", "origin": "m:g"}]}


@pytest.mark.parametrize("marks", [7, {"messages": 7}, {"messages": [7]}, {"messages": [{}]}], ids=str)
def test_marks_that_are_none_of_ours_say_nothing(tmp_path: Path, marks: object) -> None:
    before = v3_document({"description": "d", "contents": ""}, msgpact=marks)

    put(tmp_path, before, message("e"), spec_version="3.0.0")

    assert [each.origin for each in files.load(tmp_path / NAME).interactions] == [None, None]


def test_marks_of_version_3_tell_states_apart(tmp_path: Path) -> None:
    mine = {**ours("d", "m:f"), "providerStates": [S1]}

    put(tmp_path, None, mine, message("d", given=[S2]), spec_version="3.0.0")

    contract = files.load(tmp_path / NAME)
    assert [(dict(each.provider_states[0].params), each.origin) for each in contract.interactions] == [
        ({"n": 1}, "m:f"),
        ({"n": 2}, None),
    ]


@pytest.mark.parametrize("version", ["3.0.0", "4.0"])
def test_tombstones_survive(tmp_path: Path, version: str) -> None:
    tombstone = {**ours("d", "m:f", tombstone=True), "contents": {"content": ""}}

    put(tmp_path, None, tombstone, message("empty", comments={}) | {"contents": {"content": ""}}, spec_version=version)

    presences = {each.description: presence_of(each) for each in files.load(tmp_path / NAME).interactions}
    assert presences == {"d": Presence.TOMBSTONE, "empty": Presence.EMPTY}


def presence_of(interaction: Interaction) -> Presence:
    assert interaction.message is not None
    return interaction.message.contents.presence


def test_a_file_that_would_be_empty_is_deleted_on_request(tmp_path: Path) -> None:
    put(tmp_path, None, ours("a", "m:f"))
    empty = Contract("fulfilment", "orders")

    kept = files.merge(empty, tmp_path, delete_empty=True)
    assert (tmp_path / NAME).exists()
    files.merge(empty, tmp_path, drop=lambda origin: True, delete_empty=True)

    assert kept.kept == (("a", "m:f"),)
    assert not (tmp_path / NAME).exists()


# -- equal contracts are equal bytes ---------------------------------------------------------------------------------


@pytest.mark.parametrize("version", ["3.0.0", "4.0"])
def test_writing_twice_changes_nothing(tmp_path: Path, version: str) -> None:
    interactions = [ours("b", "m:f"), message("a", {"é": [1.0, 1, None]}, given=[S1], rules={"$.é": {"match": "type"}})]

    first = files.merge(pact(*interactions), tmp_path, spec_version=version)
    before = (tmp_path / NAME).read_bytes()
    second = files.merge(pact(*interactions), tmp_path, spec_version=version)

    assert (first.changed, second.changed) == (True, False)
    assert (tmp_path / NAME).read_bytes() == before


@pytest.mark.parametrize("version", ["3.0.0", "4.0"])
def test_the_order_of_a_contract_does_not_matter(tmp_path: Path, version: str) -> None:
    interactions = [message("b"), message("a", given=["t"]), message("a", given=["s"]), message("a")]
    one, other = tmp_path / "one", tmp_path / "other"

    files.write(pact(*interactions), one, spec_version=version)
    for each in reversed(interactions):
        files.write(pact(each), other, spec_version=version)

    assert (one / NAME).read_bytes() == (other / NAME).read_bytes()


@pytest.mark.parametrize("version", ["3.0.0", "4.0"])
def test_a_contract_that_was_read_is_written_as_it_was(tmp_path: Path, version: str) -> None:
    put(tmp_path, None, ours("b", "m:f"), message("a", A, given=[S1]), spec_version=version)
    before = (tmp_path / NAME).read_bytes()

    files.write(files.load(tmp_path / NAME), tmp_path, spec_version=version, overwrite=True)

    assert (tmp_path / NAME).read_bytes() == before


def test_what_is_written_can_be_read_by_a_person(tmp_path: Path) -> None:
    put(tmp_path, None, message("é"))

    lines = (tmp_path / NAME).read_text(encoding="utf-8").splitlines()

    assert lines[0] == "{"
    assert '      "description": "é",' in lines


def test_many_interactions_take_linear_time(tmp_path: Path) -> None:
    """Compared in pairs these would be 16 million comparisons."""
    contract = pact(*(message(f"d {number}") for number in range(4000)))
    start = spent()

    files.write(contract, tmp_path)
    files.write(contract, tmp_path)

    assert spent() - start < 20
    assert len(files.load(tmp_path / NAME).interactions) == 4000


def test_minus_zero_of_another_tool_stays_a_decimal(tmp_path: Path) -> None:
    text = json.dumps(document(message("a", {"x": -0.0})))
    (tmp_path / NAME).write_text(text.replace("-0.0", "-0"), encoding="utf-8")

    written = put(tmp_path, None, message("b"))

    assert str(written["interactions"][0]["contents"]["content"]["x"]) == "-0.0"


# -- the bytes -------------------------------------------------------------------------------------------------------


class Word(enum.StrEnum):
    A = "a"


class Kind(enum.Enum):
    A = "a"


SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.floats(min_value=1e15, max_value=1e17)
    | st.floats(min_value=1e-6, max_value=1e-3)
    | st.text()
    | st.text(st.characters(max_codepoint=0x2100), max_size=3)
    | st.sampled_from(
        [2**63, 2**64, -(2**63) - 1, 1e16, 1e-4, 1e-5, -0.0, 5e-324, "\ud800", Word.A, Kind.A, uuid.UUID(int=1)]
    )
)
KEYS = st.text(max_size=3) | st.sampled_from(["\ud800", "\uffff", "\U00010000", Word.A, 1, 2, 10, True, None])
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner) | st.tuples(inner) | st.dictionaries(KEYS, inner), max_leaves=20
)


def by_json(document: dict[str, Any]) -> bytes | None:
    """What a pact file is by definition: Python's own JSON, indented and sorted; None for what that refuses."""
    try:
        text = json.dumps(document, indent=2, sort_keys=True, ensure_ascii=False, allow_nan=False)
        text.encode()
    except UnicodeEncodeError:
        text = json.dumps(document, indent=2, sort_keys=True, allow_nan=False)
    except (TypeError, ValueError):
        return None
    return f"{text}\n".encode()


@given(st.dictionaries(st.text(), VALUES))
def test_whatever_writes_a_document_its_bytes_are_the_same(document: dict[str, Any]) -> None:
    try:
        written: bytes | None = as_text(document, "pact.json")
    except UnwritablePact:
        written = None

    assert written == by_json(document)
