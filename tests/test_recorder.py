"""Runs without pytest: what is reported, what is written, how handlers fail."""

import asyncio
import json
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel, SecretStr

import msgpact
from msgpact import Consumer, RecordReport, arecord, generate, record
from msgpact.errors import UsageError, WrongDriver
from msgpact.results import Outcome, RecordResult


class Order(BaseModel):
    id: int
    password: SecretStr = SecretStr("")


@pytest.fixture
def shop() -> Consumer:
    return Consumer("shop", provider="orders")


def handles(message: object) -> None: ...


def recorded(shop: Consumer, folder: Path, **options: Any) -> RecordReport:
    return record(shop, folder / "pacts", **options)


def descriptions(folder: Path, pair: str = "shop-orders") -> list[str]:
    document = json.loads((folder / "pacts" / f"{pair}.json").read_text())
    return [each["description"] for each in document.get("interactions", document.get("messages"))]


# -- green -----------------------------------------------------------------------------------------------------------


def test_what_handlers_cope_with_is_written(shop: Consumer, tmp_path: Path) -> None:
    shop.expects("b", contents={"id": 1})(handles)
    shop.expects("a", contents={"id": 1}, given="x")(handles)

    report = recorded(shop, tmp_path)

    assert report.ok
    assert report.exit_code == 0
    assert [str(each.interaction) for each in report.results] == ["b", "a (given x)"]
    assert descriptions(tmp_path) == ["a", "b"]


def test_each_provider_has_a_pact_of_its_own(shop: Consumer, tmp_path: Path) -> None:
    shop.expects("a", contents={})(handles)
    shop.expects("b", contents={}, provider="payments")(handles)

    report = recorded(shop, tmp_path)

    assert [each.recorded for each in report.written] == [1, 1]
    assert descriptions(tmp_path, "shop-payments") == ["b"]


def test_version_3_on_request(shop: Consumer, tmp_path: Path) -> None:
    shop.expects("a", contents={})(handles)

    assert recorded(shop, tmp_path, spec_version="3.0.0").ok
    assert "messages" in json.loads((tmp_path / "pacts/shop-orders.json").read_text())


def test_recording_again_changes_nothing(shop: Consumer, tmp_path: Path) -> None:
    shop.expects("a", contents={"id": generate.random_int()})(handles)

    first = recorded(shop, tmp_path, seed=1).written[0]
    bytes_before = Path(first.path or "").read_bytes()
    second = recorded(shop, tmp_path, seed=2).written[0]

    assert (first.changed, second.changed) == (True, False)
    assert Path(second.path or "").read_bytes() == bytes_before


def test_the_seed_of_the_report_repeats_the_run(shop: Consumer, tmp_path: Path) -> None:
    seen: list[object] = []
    shop.expects("a", contents={"id": generate.random_int(0, 10**9)})(seen.append)

    seed = recorded(shop, tmp_path).seed
    recorded(shop, tmp_path, seed=seed)

    assert seen[0] == seen[1]


def test_results_come_one_by_one(shop: Consumer, tmp_path: Path) -> None:
    seen: list[str] = []
    for name in ("a", "b"):
        shop.expects(name, contents={})(lambda message: seen.append("handled"))

    recorded(shop, tmp_path, on_result=lambda result: seen.append(result.interaction.description))

    assert seen == ["handled", "a", "handled", "b"]


def test_notes_are_in_the_report(shop: Consumer, tmp_path: Path) -> None:
    shop.expects("a", example={"x": None})(handles)

    (result,) = recorded(shop, tmp_path).results

    assert result.notes == (
        "x: the example holds null, so only null is promised; give it a value to promise that or null",
    )


def test_no_secret_is_in_the_pact(shop: Consumer, tmp_path: Path) -> None:
    shop.expects("a", example=Order(id=1, password=SecretStr("hush-hush")))(handles)

    assert recorded(shop, tmp_path).ok
    text = (tmp_path / "pacts/shop-orders.json").read_text()
    assert "hush" not in text
    assert "*" not in text
    assert "password" not in text


def test_coroutines_run_and_what_the_consumer_provides_is_given(shop: Consumer, tmp_path: Path) -> None:
    async def handler(order: Order, *, repo: list[int]) -> None:
        await asyncio.sleep(0)
        repo.append(order.id)

    repo: list[int] = []
    shop.expects("a", contents={"id": 5})(handler)
    shop.provide("repo", lambda: repo)

    assert recorded(shop, tmp_path).ok
    assert repo == [5]


@pytest.mark.asyncio
async def test_arecord_runs_on_the_callers_loop(shop: Consumer, tmp_path: Path) -> None:
    loops: list[object] = []

    async def handler(message: object) -> None:
        loops.append(asyncio.get_running_loop())

    shop.expects("a", contents={})(handler)

    assert (await arecord(shop, tmp_path / "pacts")).ok
    assert loops == [asyncio.get_running_loop()]
    assert descriptions(tmp_path) == ["a"]


@pytest.mark.asyncio
async def test_record_under_a_running_loop_names_the_other(shop: Consumer, tmp_path: Path) -> None:
    with pytest.raises(WrongDriver, match=r"Cannot record 'shop' here: .* `await msgpact.arecord\(\.\.\.\)`"):
        recorded(shop, tmp_path)


# -- red -------------------------------------------------------------------------------------------------------------


def raises(message: object) -> None:
    raise LookupError("no such order")


def raises_from(message: object) -> None:
    try:
        raise OSError("no disk")
    except OSError as error:
        raise LookupError("no such order") from error


def exits(message: object) -> None:
    sys.exit(0)


async def exits_in_a_coroutine(message: object) -> None:
    sys.exit(0)


def loops_forever(message: object) -> None:
    while True:
        time.sleep(0.001)


async def sleeps_forever(message: object) -> None:
    await asyncio.Event().wait()


def wants_more(message: object, *, repo: object) -> None: ...


@pytest.mark.parametrize(
    ("handler", "outcome", "text"),
    [
        (raises, Outcome.RAISED, "The handler .*:[0-9]+ raises raised LookupError: no such order"),
        (raises_from, Outcome.RAISED, "The handler .* raises_from raised LookupError: no such order"),
        (exits, Outcome.RAISED, "Cannot finish the handler .* exits: it raised SystemExit: 0"),
        (exits_in_a_coroutine, Outcome.RAISED, "Cannot finish the handler .*: it raised SystemExit: 0"),
        (loops_forever, Outcome.RAISED, "Cannot finish the handler .*: it did not end within 0.2 s(.|\n)*time.sleep"),
        (sleeps_forever, Outcome.RAISED, "Cannot finish the handler .*: it did not end within 0.2 s"),
        (wants_more, Outcome.MISUSED, "its parameter 'repo' has no value"),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)  # fmt: skip
def test_a_handler_that_fails_writes_nothing(
    shop: Consumer, tmp_path: Path, handler: Callable[..., object], outcome: Outcome, text: str
) -> None:
    shop.expects("good", contents={})(handles)
    shop.expects("bad", contents={})(handler)

    report = recorded(shop, tmp_path, timeout=0.2)

    assert [each.outcome for each in report.results] == [Outcome.PASSED, outcome]
    assert report.exit_code == {Outcome.RAISED: 3, Outcome.MISUSED: 2}[outcome]
    assert [(each.path, each.text) for each in report.written] == [(None, "not written: 'bad' did not pass")]
    assert not (tmp_path / "pacts").exists()
    with pytest.raises(AssertionError, match=text):
        raise AssertionError(report.results[1].text)


def test_the_error_is_the_users_own_with_its_traceback(shop: Consumer, tmp_path: Path) -> None:
    shop.expects("a", contents={})(raises_from)

    (result,) = recorded(shop, tmp_path).results

    assert isinstance(result.error, LookupError)
    assert isinstance(result.error.__cause__, OSError)
    assert result.error.__traceback__ is not None
    assert result.error.__traceback__.tb_frame.f_code is raises_from.__code__


@pytest.mark.parametrize(
    ("said", "factory", "text"),
    [
        pytest.param({"decode": raises}, None, "The decode function .* raises raised LookupError", id="decode"),
        pytest.param({"via": raises}, None, "The via function .* raises raised LookupError", id="via"),
        pytest.param({}, lambda: raises(None), "The factory .*<lambda> raised LookupError", id="factory"),
    ],
)
def test_whoever_raised_is_named(
    shop: Consumer, tmp_path: Path, said: dict[str, Any], factory: Callable[[], object] | None, text: str
) -> None:
    def handler(message: object, *, repo: object = None) -> None: ...

    shop.expects("a", contents={}, **said)(handler)
    if factory is not None:
        shop.provide("repo", factory)

    with pytest.raises(AssertionError, match=text):
        raise AssertionError(recorded(shop, tmp_path).results[0].text)


def test_a_red_pair_does_not_keep_a_green_one_from_being_written(shop: Consumer, tmp_path: Path) -> None:
    shop.expects("a", contents={})(handles)
    shop.expects("b", contents={}, provider="payments")(raises)

    report = recorded(shop, tmp_path)

    assert {each.provider: each.path is None for each in report.written} == {"orders": False, "payments": True}


def test_an_interrupted_run_writes_nothing(shop: Consumer, tmp_path: Path) -> None:
    def interrupted(message: object) -> None:
        raise KeyboardInterrupt

    shop.expects("a", contents={})(handles)
    shop.expects("b", contents={})(interrupted)

    with pytest.raises(KeyboardInterrupt):
        recorded(shop, tmp_path)
    assert not (tmp_path / "pacts").exists()


def test_an_interrupted_handler_is_torn_down(shop: Consumer, tmp_path: Path) -> None:
    events: list[str] = []

    def factory() -> Any:
        yield None
        events.append("down")

    def interrupted(message: object, *, repo: object) -> None:
        raise KeyboardInterrupt

    shop.expects("a", contents={})(interrupted)
    shop.provide("repo", factory)

    with pytest.raises(KeyboardInterrupt):
        recorded(shop, tmp_path)
    assert events == ["down"]


# -- wrong use -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("modules", "source", "outcome", "text"),
    [
        pytest.param([], "", Outcome.MISUSED, "Cannot record 'shop': it expects no message in any module imported", id="nothing declared"),
        pytest.param(["wanted"], "", Outcome.MISUSED, "Cannot record 'shop': it expects no message in wanted", id="nothing in the module"),
        pytest.param(["no_such"], "", Outcome.MISUSED, "Cannot import 'no_such'", id="no module"),
        pytest.param(["wanted"], "1 / 0", Outcome.RAISED, "Cannot import 'wanted' (one of the modules of consumer 'shop'): it raised ZeroDivisionError", id="a module that raises"),
        pytest.param(["wanted"], "import sys; sys.exit(0)", Outcome.RAISED, "Cannot import 'wanted' (one of the modules of consumer 'shop'): it raised SystemExit", id="a module that exits"),
    ],
)  # fmt: skip
def test_a_run_without_expectations_is_a_failure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, modules: list[str], source: str, outcome: Outcome, text: str
) -> None:
    (tmp_path / "wanted.py").write_text(source)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "wanted", raising=False)

    report = recorded(Consumer("shop", modules=modules), tmp_path)

    assert [each.outcome for each in report.problems] == [outcome]
    assert report.problems[0].text.startswith(text)
    assert report.exit_code == {Outcome.MISUSED: 2, Outcome.RAISED: 3}[outcome]
    assert not report.ok


@pytest.mark.parametrize(
    ("options", "message"),
    [
        pytest.param({"spec_version": "5"}, "Cannot write version '5'", id="version"),
        pytest.param({"timeout": -1}, "timeout", id="timeout"),
    ],
)
def test_wrong_options_are_refused_before_anything_runs(
    shop: Consumer, tmp_path: Path, options: dict[str, Any], message: str
) -> None:
    results: list[RecordResult] = []
    shop.expects("a", contents={})(handles)

    with pytest.raises(UsageError, match=message):
        recorded(shop, tmp_path, on_result=results.append, **options)
    assert results == []


def test_a_folder_that_is_a_file_is_a_problem(shop: Consumer, tmp_path: Path) -> None:
    shop.expects("a", contents={})(handles)
    (tmp_path / "pacts").write_text("mine")

    report = recorded(shop, tmp_path)

    assert report.exit_code == 2
    assert report.problems[0].text.startswith("Cannot write the pact ")
    assert (tmp_path / "pacts").read_text() == "mine"


def test_a_pact_of_somebody_else_is_left_alone(shop: Consumer, tmp_path: Path) -> None:
    shop.expects("a", contents={})(handles)
    theirs = msgpact.Contract("another", "orders")
    written = msgpact.write(theirs, tmp_path / "pacts").rename(tmp_path / "pacts/shop-orders.json")
    before = written.read_bytes()

    report = recorded(shop, tmp_path)

    assert report.exit_code == 2
    assert "its consumer is 'another', not 'shop'" in report.problems[0].text
    assert written.read_bytes() == before


def test_pacts_go_where_they_were_to_go_when_the_run_began(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    shop = Consumer("shop", provider="orders")

    @shop.expects("a", contents={"id": 1})
    def moving(message: object) -> None:
        os.chdir("/")

    report = record(shop, "pacts", spec_version="4.0")

    assert [each.path for each in report.written] == [os.path.join("pacts", "shop-orders.json")]
    assert (tmp_path / "pacts" / "shop-orders.json").exists()
