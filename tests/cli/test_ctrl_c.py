"""Ctrl-C in the middle of `msgpact verify`: tear-downs run, the code is 130, nothing is written half."""

import signal
import sys
from pathlib import Path

import pytest
from command_line import Done, Run
from pacts import message, pact_file

CONTRACT = """
import asyncio, os, signal, time
import msgpact

shop = msgpact.Provider("orders")

@shop.state("an order exists")
def order_exists():
    yield
    print("torn down")

@shop.state("an order exists somewhere")
async def order_exists_somewhere():
    async with asyncio.timeout(60):
        yield
    print("torn down")

@shop.produces("honoured")
def honoured():
    return {"id": 42}

@shop.produces("interrupted")
def interrupted():
    os.kill(os.getpid(), signal.SIGINT)
    time.sleep(60)

@shop.produces("interrupted while it waits")
async def interrupted_while_it_waits():
    asyncio.get_running_loop().call_soon(os.kill, os.getpid(), signal.SIGINT)
    await asyncio.sleep(60)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="there Ctrl-C cannot be sent to one process")
@pytest.mark.parametrize("state", ["an order exists", "an order exists somewhere"])
@pytest.mark.parametrize("description", ["interrupted", "interrupted while it waits"])
def test_ctrl_c(run_process: Run, project: Path, description: str, state: str) -> None:
    (project / "interrupted_contract.py").write_text(CONTRACT)
    pact_file(project / "pacts", message("honoured"), message(description, given=[state]), message("never called"))

    done = run_process("verify", "interrupted_contract:shop", "--report", "json=report.json")

    assert done == Done(130, "✓ fulfilment: honoured\ntorn down\n", "\nInterrupted.\n")
    assert {each.name for each in project.iterdir()} - {"__pycache__"} == {
        "interrupted_contract.py",
        "pacts",
        "shop_contract.py",
    }


def test_the_signal_is_what_python_makes_of_it() -> None:
    """Otherwise the tests above would show nothing."""
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
