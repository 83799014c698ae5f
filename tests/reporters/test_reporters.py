"""Finding reporters, built in and other people's, and writing what they give."""

import importlib
import os
import stat
import threading
from pathlib import Path

import pytest
from reports import RED

from msgpact.errors import UsageError
from msgpact.reporters import reporter, write_report
from msgpact.reporters.base import BUILT_IN


@pytest.mark.parametrize("name", BUILT_IN)
def test_a_built_in_reporter_makes_text_of_a_report(name: str) -> None:
    assert "an order was placed" in reporter(name)(RED)


@pytest.mark.parametrize(
    ("name", "hint"),
    [("junitt", "Did you mean 'junit'?"), ("pdf", "Choose one of: console, github, json, junit.")],
)
def test_a_reporter_that_is_not_there(name: str, hint: str) -> None:
    with pytest.raises(
        UsageError, match=rf"Cannot report as '{name}': there is no such reporter\. {hint}".replace("?", r"\?")
    ):
        reporter(name)


def test_other_peoples_reporters_enter_by_an_entry_point(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "shouting.py").write_text("def render(report):\n    return report.provider.upper()\n")
    installed = tmp_path / "shouting-1.0.dist-info"
    installed.mkdir()
    (installed / "METADATA").write_text("Metadata-Version: 2.1\nName: shouting\nVersion: 1.0\n")
    (installed / "entry_points.txt").write_text("[msgpact.reporters]\nshout = shouting:render\n")
    monkeypatch.syspath_prepend(tmp_path)
    importlib.invalidate_caches()

    assert reporter("shout")(RED) == "ORDERS"


# -- writing ---------------------------------------------------------------------------------------------------------


def test_a_report_is_written_into_a_new_folder(tmp_path: Path) -> None:
    file = tmp_path / "reports" / "report.txt"

    write_report("é\n", file)
    write_report("ü\ud800\n", file)

    assert file.read_bytes() == "ü\\ud800\n".encode()
    assert os.listdir(file.parent) == ["report.txt"]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no pipes in the file system here")
def test_a_report_can_be_written_into_a_pipe(tmp_path: Path) -> None:
    pipe, found = tmp_path / "pipe", list[bytes]()
    os.mkfifo(pipe)
    reader = threading.Thread(target=lambda: found.append(pipe.read_bytes()))
    reader.start()

    write_report("text\n", pipe)
    reader.join()

    assert found == [b"text\n"]
    assert stat.S_ISFIFO(pipe.stat().st_mode)


@pytest.mark.parametrize("path", ["a file/report.txt", "folder"])
def test_a_report_that_cannot_be_written(tmp_path: Path, path: str) -> None:
    (tmp_path / "a file").write_text("")
    (tmp_path / "folder").mkdir()

    with pytest.raises(UsageError, match=r"Cannot write the report '.*': .*\. Choose a file that can be written\."):
        write_report("text\n", tmp_path / path)
    assert sorted(os.listdir(tmp_path)) == ["a file", "folder"]


@pytest.mark.fault
@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="there is no /dev/full here")
def test_a_full_disk() -> None:
    with pytest.raises(UsageError, match="No space left on device"):
        write_report("text\n", "/dev/full")
