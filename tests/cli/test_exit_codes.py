"""`msgpact verify` ends with the code that says what became of it: nothing that was not verified is green."""

from pathlib import Path

import pytest
from command_line import Run, words
from pacts import HTTP, Raw, message, pact_file

ROWS = [
    pytest.param([message("honoured")], 0, id="verified"),
    pytest.param([message("honoured later")], 0, id="verified, by a coroutine"),
    pytest.param([message("honoured"), message("broken")], 1, id="a contract is broken"),
    pytest.param([message("unheard of")], 1, id="a message that nobody produces"),
    pytest.param([message("nothing")], 1, id="a producer that returns None"),
    pytest.param([message("honoured", given=["unheard of"])], 2, id="a state without a function"),
    pytest.param([], 2, id="zero interactions"),
    pytest.param([HTTP], 2, id="HTTP only"),
    pytest.param([message("raising")], 3, id="a producer that raises"),
    pytest.param([message("honoured", given=["an order exists"])], 3, id="a state that raises"),
    pytest.param([message("hanging")], 3, id="a timeout"),
    pytest.param([message("exiting")], 3, id="a producer that exits"),
    pytest.param([message("broken"), message("raising")], 3, id="3 before 1"),
    pytest.param([message("raising"), message("honoured", given=["unheard of"])], 2, id="2 before 3"),
    pytest.param([message("broken", pending=True)], 0, id="only pending failures"),
    pytest.param([HTTP, message("honoured")], 0, id="beside HTTP, verified"),
    pytest.param([HTTP, message("broken")], 1, id="beside HTTP, broken"),
]


@pytest.mark.parametrize(("interactions", "code"), ROWS)
def test_exit_code(run: Run, project: Path, interactions: list[Raw], code: int) -> None:
    pact_file(project / "pacts", *interactions)

    assert run("verify", "shop_contract:shop", "--timeout", "0.05").code == code


@pytest.mark.parametrize("row", [0, 2, 5, 8], ids=["0", "1", "2", "3"])
def test_exit_code_of_the_process(run_process: Run, project: Path, row: int) -> None:
    interactions, code = ROWS[row].values
    pact_file(project / "pacts", *interactions)  # type: ignore[misc]  # a row's first value is a list of them

    assert run_process("verify", "shop_contract:shop").code == code


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["shop_contract:shop", "--description", "honoured"], 0),
        (["shop_contract:shop", "--description", "honour*", "--consumer", "fulfilment"], 0),
        (["shop_contract:shop", "--description", "unheard of"], 2),
        (["shop_contract:shop", "--state", "unheard of"], 2),
        (["shop_contract:shop", "--consumer", "unheard of"], 2),
        (["shop_contract:shop", "--pacts", "elsewhere"], 2),
        (["shop_contract:shop", "--pacts", "empty"], 2),
        (["shop_contract:shop", "--pacts", "shop_contract.py"], 2),
        (["shop_contract:other"], 2),
        (["shop_contract:other", "shop_contract:shop"], 2),
        (["shop_contract:something"], 2),
        (["shop_contract:unheard_of"], 2),
        (["unheard_of:shop"], 2),
        (["shop_contract"], 2),
        (["shop_contract:shop", "--timeout", "0"], 2),
        (["shop_contract:shop", "--timeout", "soon"], 2),
        (["shop_contract:shop", "--report", "pdf"], 2),
        (["shop_contract:shop", "--unheard-of"], 2),
        ([], 2),
        (["broken_contract:shop"], 3),
        (["exiting_contract:shop"], 3),
        (["importing_contract:shop"], 3),
    ],
    ids=words,
)
def test_exit_code_of_what_is_said(run: Run, project: Path, arguments: list[str], code: int) -> None:
    (project / "empty").mkdir()
    (project / "broken_contract.py").write_text("1 / 0")
    (project / "exiting_contract.py").write_text("import sys\nsys.exit(0)")
    (project / "importing_contract.py").write_text("import unheard_of_library")
    pact_file(project / "pacts", message("honoured"))

    done = run("verify", *arguments)

    assert done.code == code
    assert bool(done.err or done.out), "a failure has its own words"


def test_several_providers_share_one_code(run: Run, project: Path) -> None:
    pact_file(project / "pacts", message("broken"))
    pact_file(project / "pacts", message("in stock"), provider="stock")

    done = run("verify", "shop_contract:shop", "shop_contract:other")

    assert done.code == 1
    assert done.out.splitlines()[-1] == "stock: 1 verified"


def test_the_pacts_setting_is_meant_where_none_are_named(run: Run, project: Path) -> None:
    (project / "pyproject.toml").write_text("[tool.msgpact]\npacts = 'contracts'\ntimeout = 0.05\n")
    pact_file(project / "contracts", message("honoured"), message("hanging"))

    done = run("verify", "shop_contract:shop")

    assert done.code == 3
    assert "it did not end within 0.05 s" in done.out
