"""`msgpact record`: the consumer side without pytest."""

import json
from pathlib import Path

import pytest
from command_line import Run, words

CONTRACT = """
import asyncio
import msgpact
from msgpact import generate

fulfilment = msgpact.Consumer("fulfilment", provider="orders")
billing = msgpact.Consumer("billing", provider="orders")
nothing = msgpact.Consumer("nothing", provider="orders")

@fulfilment.expects("an order was placed", contents={"id": 42, "code": generate.random_int(0, 10**9)})
async def on_order_placed(order: dict) -> None:
    print("code", order["code"])

@billing.expects("an order was billed", contents={"id": 42})
def on_order_billed(order: dict) -> None:
    raise LookupError("no such account")
"""


@pytest.fixture(autouse=True)
def _contract(project: Path) -> None:
    (project / "consumer_contract.py").write_text(CONTRACT, encoding="utf-8")


def test_a_green_run_writes_the_pact(run: Run, project: Path) -> None:
    done = run("record", "consumer_contract:fulfilment", "--seed", "7")

    lines = done.out.splitlines()
    assert done.code == 0
    assert lines[1:] == [
        "✓ orders: an order was placed",
        f"{Path('pacts', 'fulfilment-orders.json')}: 1 message",
        "seed 7",
    ]
    assert json.loads((project / "pacts" / "fulfilment-orders.json").read_text())["consumer"] == {"name": "fulfilment"}


def test_the_same_seed_gives_the_same_values(run: Run) -> None:
    codes = [
        run("record", "consumer_contract:fulfilment", "--seed", seed).out.splitlines()[0] for seed in ("7", "7", "8")
    ]

    assert codes[0] == codes[1] != codes[2]


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["consumer_contract:fulfilment"], 0),
        (["consumer_contract:fulfilment", "--spec-version", "3.0.0", "--pacts", "elsewhere"], 0),
        (["consumer_contract:fulfilment", "--prune"], 0),
        (["consumer_contract:billing"], 3),
        (["consumer_contract:fulfilment", "consumer_contract:billing"], 3),
        (["consumer_contract:nothing"], 2),
        (["consumer_contract:billing", "consumer_contract:nothing"], 2),
        (["consumer_contract:fulfilment", "--spec-version", "5"], 2),
        (["consumer_contract:fulfilment", "--timeout", "-1"], 2),
        (["consumer_contract:unheard_of"], 2),
        (["shop_contract:shop"], 2),
        (["raising_contract:fulfilment"], 3),
    ],
    ids=words,
)
def test_exit_code(run: Run, project: Path, arguments: list[str], code: int) -> None:
    (project / "raising_contract.py").write_text("1 / 0")

    assert run("record", *arguments).code == code


def test_a_red_run_writes_nothing(run: Run, project: Path) -> None:
    done = run("record", "consumer_contract:billing")

    assert "✗ orders: an order was billed\n" in done.out
    assert "LookupError: no such account" in done.out
    assert not (project / "pacts").exists()


def test_it_runs_as_a_process(run_process: Run, project: Path) -> None:
    assert run_process("record", "consumer_contract:fulfilment").code == 0
    assert (project / "pacts" / "fulfilment-orders.json").exists()
