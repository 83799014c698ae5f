"""What the commands write: in colour only on a terminal, in any encoding, to readers that go away, to disks that are full."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from command_line import Run
from pacts import message, pact_file

from msgpact.cli import output

VERIFY = [sys.executable, "-m", "msgpact", "verify", "shop_contract:shop"]


@pytest.fixture(autouse=True)
def _pacts(project: Path) -> None:
    pact_file(project / "pacts", message("honoured"), message("broken"))


@pytest.mark.parametrize(
    ("encoding", "lines"),
    [
        ("utf-8", ["✓ fulfilment: honoured", "✗ fulfilment: bröken"]),
        ("ascii", ["ok fulfilment: honoured", "FAILED fulfilment: br\\xf6ken"]),
        ("latin-1", ["ok fulfilment: honoured", "FAILED fulfilment: bröken"]),
    ],
)
def test_any_encoding(run_process: Run, project: Path, encoding: str, lines: list[str]) -> None:
    pact_file(project / "pacts", message("honoured"), message("bröken"))
    done = run_process(
        "verify", "shop_contract:shop", env={**os.environ, "PYTHONIOENCODING": encoding}, encoding=encoding
    )

    assert done.code == 1
    assert [line for line in done.out.splitlines() if " fulfilment: " in line and "by" not in line] == lines
    assert done.err == ""


def on_a_terminal(**environment: str) -> bytes:
    """What the command writes to a terminal."""
    import pty  # there is none on Windows

    ours, theirs = pty.openpty()
    clean = {name: value for name, value in os.environ.items() if name not in ("NO_COLOR", "FORCE_COLOR")}
    process = subprocess.Popen(VERIFY, stdout=theirs, env={**clean, **environment})
    os.close(theirs)
    found = b""
    try:
        while chunk := os.read(ours, 4096):
            found += chunk
    except OSError:  # Linux says so of a terminal that was closed
        pass
    os.close(ours)
    process.wait()
    return found


@pytest.mark.skipif(sys.platform == "win32", reason="there are no pseudo-terminals")
@pytest.mark.parametrize(
    ("environment", "coloured"),
    [({}, True), ({"NO_COLOR": ""}, True), ({"NO_COLOR": "1"}, False)],
    ids=["plain", "NO_COLOR is empty", "NO_COLOR"],
)
def test_colour_on_a_terminal(environment: dict[str, str], coloured: bool) -> None:
    assert (b"\x1b[32m" in on_a_terminal(**environment)) is coloured


def test_no_colour_elsewhere(run_process: Run) -> None:
    assert "\x1b" not in run_process("verify", "shop_contract:shop").out


def test_a_reader_that_goes_away_does_not_change_the_code(project: Path) -> None:
    pact_file(project / "pacts", *(message(f"unheard of {i}") for i in range(500)))
    process = subprocess.Popen(VERIFY, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert process.stdout is not None
    process.stdout.readline()
    process.stdout.close()
    _, err = process.communicate()

    assert (process.returncode, err) == (1, b"")


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="there is no /dev/full here")
def test_a_full_disk(project: Path) -> None:
    with open("/dev/full", "wb") as full:
        done = subprocess.run(VERIFY, stdout=full, stderr=subprocess.PIPE, check=False)

    assert done.returncode == 2
    assert done.stderr == b"Cannot write to the standard output: No space left on device. Send it elsewhere.\n"


@pytest.mark.skipif(sys.platform == "win32", reason="there is no sh")
@pytest.mark.parametrize(("arguments", "code"), [([], 1), (["--report", "pdf"], 2)], ids=["a report", "an error"])
def test_nobody_to_write_to(project: Path, arguments: list[str], code: int) -> None:
    assert subprocess.run(["sh", "-c", f"{' '.join([*VERIFY, *arguments])} >&- 2>&-"], check=False).returncode == code


# -- in this process -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "colour", "styled"),
    [("x", "red", "\x1b[31mx\x1b[0m"), ("x", "green", "\x1b[32mx\x1b[0m"), ("x", "bold", "\x1b[1mx\x1b[0m")],
)
def test_style(monkeypatch: pytest.MonkeyPatch, text: str, colour: str, styled: str) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)

    assert output.style(text, colour) == styled


def test_nothing_is_no_line(capsys: pytest.CaptureFixture[str]) -> None:
    output.echo("")
    output.echo("x")

    assert capsys.readouterr().out == "x\n"


def test_bytes_that_cannot_be_decoded_are_not_ours_to_spell_out() -> None:
    output.prepare()

    with pytest.raises(UnicodeDecodeError):
        b"\xff".decode("utf-8", "msgpact")


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="there is no /dev/full here")
def test_an_error_that_cannot_be_said_keeps_its_code(project: Path) -> None:
    with open("/dev/full", "wb") as full:
        done = subprocess.run([*VERIFY, "--report", "pdf"], stdout=subprocess.PIPE, stderr=full, check=False)

    assert (done.returncode, done.stdout) == (2, b"")


CLOSING = """
import os, sys
import msgpact

shop = msgpact.Provider("orders")

@shop.produces("honoured")
def honoured():
    os.chdir("/")
    sys.stdout.close()
    return {"id": 42}
"""


def test_reports_are_written_where_they_were_to_go_whatever_the_users_code_does(
    project: Path, run_process: Run
) -> None:
    (project / "closing_contract.py").write_text(CLOSING, encoding="utf-8")
    pact_file(project / "pacts", message("honoured"))

    done = run_process("verify", "closing_contract:shop", "--report", "console", "--report", "json=report.json")

    assert (done.code, done.err) == (2, "Cannot write to the standard output: it was closed. Send it elsewhere.\n")
    assert '"ok": true' in (project / "report.json").read_text()
