"""What a run writes: a red pair nothing, a full one also loses what its modules no longer declare."""

import json
from pathlib import Path

import pytest

from msgpact import Consumer, Contract, Interaction, write
from msgpact.model import Contents, Form, InteractionType, MessageContents, Presence, ProviderState
from msgpact.pairs import Pair, commit, pairs_of
from msgpact.results import Problem, WrittenPact

HERE = __name__
"""A module that can be found."""
OTHER = "json"
"""Another one that can be found."""
GONE = "no_such_module"


def recorded(description: str, module: str | None = HERE, contents: object = 1, **said: object) -> Interaction:
    """An interaction as *module* recorded it; None is another tool."""
    return Interaction(
        InteractionType.ASYNCHRONOUS_MESSAGE,
        description,
        message=MessageContents(Contents(Presence.PRESENT, contents, Form.JSON, "application/json")),
        comments={} if module is None else {"msgpact": {"origin": f"{module}:handler"}},
    )


def pair(
    *green: Interaction, declared: set[str] | None = None, red: list[str] | None = None, provider: str = "orders"
) -> Pair:
    names = {str(each) for each in green}
    found = Pair("shop", provider, frozenset(names if declared is None else declared), frozenset({HERE}), red=red or [])
    for each in green:
        found.passed(each)
    return found


def committed(folder: Path, *pairs: Pair, prune: bool = False) -> tuple[list[WrittenPact], list[Problem]]:
    return commit(pairs, folder, "4.0", prune=prune)


def before(folder: Path, *interactions: Interaction, provider: str = "orders") -> Path:
    return write(Contract("shop", provider, interactions), folder)


def held(file: Path) -> list[str]:
    return [each["description"] for each in json.loads(file.read_text())["interactions"]]


# -- one pact --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("there", "run", "prune", "holds"),
    [
        pytest.param([], pair(recorded("a")), False, ["a"], id="nothing there"),
        pytest.param([recorded("a")], pair(recorded("b")), False, ["b"], id="no longer declared"),
        pytest.param([recorded("a")], pair(recorded("b"), declared={"a", "b"}), False, ["a", "b"], id="narrowed"),
        pytest.param([recorded("a", OTHER)], pair(recorded("b")), False, ["a", "b"], id="another suite's"),
        pytest.param([recorded("a", OTHER)], pair(recorded("b")), True, ["a", "b"], id="another suite's, pruned"),
        pytest.param([recorded("a", None)], pair(recorded("b")), True, ["a", "b"], id="another tool's"),
        pytest.param([recorded("a", GONE)], pair(recorded("b")), False, ["a", "b"], id="a leftover"),
        pytest.param([recorded("a", GONE)], pair(recorded("b")), True, ["b"], id="a leftover, pruned"),
        pytest.param(
            [recorded("a", GONE)], pair(recorded("b"), declared={"b", "c"}), True, ["a", "b"], id="a leftover, pruned by a narrowed run"
        ),
        pytest.param([recorded("a")], pair(recorded("b"), red=["c"]), True, ["a"], id="red"),
        pytest.param([recorded("a", OTHER)], pair(recorded("a", contents=2)), False, ["a"], id="moved to another module"),
    ],
)  # fmt: skip
def test_what_the_pact_holds_afterwards(
    tmp_path: Path, there: list[Interaction], run: Pair, prune: bool, holds: list[str]
) -> None:
    file = before(tmp_path, *there)

    _, problems = committed(tmp_path, run, prune=prune)

    assert held(file) == holds
    assert problems == []


def test_what_was_done_is_said(tmp_path: Path) -> None:
    before(tmp_path, recorded("old"), recorded("left", GONE), recorded("other", OTHER))

    (written,), _ = committed(tmp_path, pair(recorded("a"), recorded("b")))

    assert (written.recorded, written.changed) == (2, True)
    assert written.removed == ("old",)
    assert written.leftovers == (f"left ({GONE}:handler)",)


@pytest.mark.parametrize(
    ("red", "text"),
    [
        pytest.param(["a"], "not written: 'a' did not pass", id="one"),
        pytest.param(["a", "a"], "not written: 'a' did not pass", id="one in two tests"),
        pytest.param(["a", "b"], "not written: 2 of 3 did not pass", id="two"),
    ],
)
def test_a_red_pair_says_what_did_not_pass(tmp_path: Path, red: list[str], text: str) -> None:
    (written,), problems = committed(tmp_path, pair(declared={"a", "b", "c"}, red=red))

    assert (written.path, written.text) == (None, text)
    assert problems == []


def test_a_pair_of_which_nothing_ran_is_not_mentioned(tmp_path: Path) -> None:
    assert committed(tmp_path, pair(declared={"a"})) == ([], [])


def test_a_run_that_may_not_know_everything_removes_nothing(tmp_path: Path) -> None:
    file = before(tmp_path, recorded("a"))
    run = pair(recorded("b"))
    run.is_narrowed = True

    committed(tmp_path, run)

    assert held(file) == ["a", "b"]


def test_one_interaction_with_two_contents_is_a_problem(tmp_path: Path) -> None:
    _, (problem,) = committed(tmp_path, pair(recorded("a", contents=1), recorded("a", contents=2)))

    assert problem.text.startswith("Cannot write 'a' twice into")
    assert list(tmp_path.glob("*.json")) == []


def test_one_interaction_in_two_tests_is_written_once(tmp_path: Path) -> None:
    (written,), _ = committed(tmp_path, pair(recorded("a"), recorded("a")))

    assert written.recorded == 1


def test_a_problem_with_one_pact_does_not_keep_the_others_from_being_written(tmp_path: Path) -> None:
    (tmp_path / "shop-orders.json").mkdir(parents=True)

    written, (problem,) = committed(tmp_path, pair(recorded("a")), pair(recorded("a"), provider="payments"))

    assert [each.provider for each in written] == ["payments"]
    assert problem.text.startswith("Cannot write the pact ")


# -- providers of which nothing is expected any more -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("there", "holds"),
    [
        pytest.param([recorded("a")], None, id="only ours"),
        pytest.param([recorded("a"), recorded("b", None)], ["b"], id="another tool's beside ours"),
        pytest.param([recorded("a"), recorded("b", OTHER)], ["b"], id="another suite's beside ours"),
        pytest.param([recorded("b", None)], ["b"], id="another tool's"),
    ],
)
def test_a_deserted_pact_loses_what_was_ours(tmp_path: Path, there: list[Interaction], holds: list[str] | None) -> None:
    file = before(tmp_path, *there, provider="payments")

    written, problems = committed(tmp_path, pair(recorded("a")))

    assert (held(file) if file.exists() else None) == holds
    assert [each.removed for each in written[1:]] == ([("a",)] if there[0].origin else [])
    assert problems == []


@pytest.mark.parametrize(
    "runs",
    [
        pytest.param([pair(recorded("a"), declared={"a", "b"})], id="narrowed"),
        pytest.param([pair(red=["a"], declared={"a"})], id="red"),
        pytest.param([pair(recorded("a")), pair(declared={"b"}, provider="payments")], id="not run"),
        pytest.param([pair(recorded("a")), pair(red=["b"], provider="parcels")], id="one of them red"),
    ],
)
def test_only_a_full_green_run_knows_that_a_provider_is_deserted(tmp_path: Path, runs: list[Pair]) -> None:
    file = before(tmp_path, recorded("b"), provider="payments")

    committed(tmp_path, *runs)

    assert held(file) == ["b"]


def test_a_deserted_pact_that_cannot_be_written_is_a_problem(tmp_path: Path) -> None:
    before(tmp_path, recorded("a"), provider="payments")
    (tmp_path / ".shop-payments.json.lock").mkdir()

    (written,), (problem,) = committed(tmp_path, pair(recorded("a")))

    assert written.provider == "orders"
    assert problem.text.startswith("Cannot write the pact ")


HTTP = {"request": {"method": "GET", "path": "/"}, "response": {"status": 200}}


@pytest.mark.parametrize("version", ["1.0.0", "2.0.0", "3.0.0", "4.0"])
def test_http_pacts_of_the_same_consumer_are_left_alone(tmp_path: Path, version: str) -> None:
    http = {"description": "a page", **HTTP, **({"type": "Synchronous/HTTP"} if version == "4.0" else {})}
    document = {
        "consumer": {"name": "shop"},
        "provider": {"name": "web"},
        "interactions": [http],
        "metadata": {"pactSpecification": {"version": version}},
    }
    file = tmp_path / "shop-web.json"
    file.write_text(json.dumps(document))

    _, problems = committed(tmp_path, pair(recorded("a")))

    assert json.loads(file.read_text()) == document
    assert problems == []


def test_what_is_no_pact_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "notes.json").write_text("{}")

    written, problems = committed(tmp_path, pair(recorded("a")))

    assert (len(written), problems) == (1, [])


# -- the pairs of a consumer -----------------------------------------------------------------------------------------


def handler(message: object) -> None: ...


def test_pairs_of_a_consumer() -> None:
    shop = Consumer("shop", provider="orders", modules=["json"])
    shop.expects("a", contents={})(handler)
    shop.expects("a", contents={}, given="x")(handler)
    shop.expects("b", contents={}, provider="payments")(handler)

    found = pairs_of(shop)

    assert {name: each.declared for name, each in found.items()} == {"orders": {"a", "a (given x)"}, "payments": {"b"}}
    own = {"json", "json.decoder", "json.encoder", "json.scanner", __name__}
    assert {each.modules for each in found.values()} == {frozenset(own)}


def test_a_pair_is_full_when_everything_declared_was_green() -> None:
    run = Pair("shop", "orders", frozenset({"a (given x)"}))
    assert not run.is_full

    run.passed(Interaction(InteractionType.ASYNCHRONOUS_MESSAGE, "a", (ProviderState("x"),)))

    assert run.is_full
