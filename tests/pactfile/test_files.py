"""Pact files on disk: found, named, replaced as a whole or not at all, whoever writes at the same moment."""

import json
import os
import subprocess
import sys
from pathlib import Path

import filelock
import pytest
from pacts import HTTP, document, message, pact, pact_file
from processor_time import spent

import msgpact
from msgpact.errors import MergeConflict, UnreadablePact, UnwritablePact
from msgpact.pactfile import files

NAME = "fulfilment-orders.json"
POSIX = pytest.mark.skipif(os.name == "nt", reason="limits of POSIX")


def folder_of(path: Path) -> list[str]:
    return sorted(each.name for each in path.iterdir())


# -- reading ---------------------------------------------------------------------------------------------------------


def test_loading_names_the_file(tmp_path: Path) -> None:
    path = pact_file(tmp_path, message("d"))

    contract = msgpact.load(path)

    assert (contract.source, contract["d"].description) == (str(path), "d")


def test_what_cannot_be_read_names_the_file(tmp_path: Path) -> None:
    path = tmp_path / "some.json"
    path.write_text("{", encoding="utf-8")

    with pytest.raises(UnreadablePact, match=r"^Cannot read the pact '.*some.json': it is cut off"):
        files.load(path)


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("", "it is a folder. Name one of the files in it."),
        ("none.json", "No such file or directory. Check the path."),
        ("a\0b", "embedded null byte"),
        ("x" * 5000, "File name too long"),
    ],
    ids=["a folder", "nothing", "NUL", "too long"],
)
def test_what_is_not_there(tmp_path: Path, name: str, why: str) -> None:
    with pytest.raises(UnreadablePact, match=f"^Cannot read the pact '.*': {why}"):
        files.load(os.path.join(tmp_path, name))


def test_finding_files_and_folders(tmp_path: Path) -> None:
    for name in ("b.json", "a.json", "c.txt", ".hidden.json.lock"):
        (tmp_path / name).touch()

    assert [each.name for each in files.find([tmp_path, tmp_path / "c.txt"])] == ["a.json", "b.json", "c.txt"]


@pytest.mark.parametrize("name", ["none", "a\0b"], ids=["nothing", "NUL"])
def test_finding_what_is_not_there(tmp_path: Path, name: str) -> None:
    with pytest.raises(UnreadablePact, match=r"there is no such file or folder\. Check the path\."):
        files.find([os.path.join(tmp_path, name)])


@pytest.mark.parametrize(
    ("consumer", "provider", "name"),
    [
        ("fulfilment", "orders", "fulfilment-orders.json"),
        ("a b", "ü.x", "a b-ü.x.json"),
        ("a/b", "c\\d:e", "a_b-c_d_e.json"),
        ('<a>"|?*', "b\n\0", "_a_____-b__.json"),
        ("..", "..", "..-...json"),
    ],
)
def test_names(consumer: str, provider: str, name: str) -> None:
    assert files.file_name(consumer, provider) == name


def test_pairs_whose_names_look_alike_do_not_mix(tmp_path: Path) -> None:
    files.write(pact(message(), consumer="a/b"), tmp_path)

    with pytest.raises(MergeConflict, match="its consumer is 'a/b', not 'a_b'"):
        files.write(pact(message(), consumer="a_b"), tmp_path)


# -- replacing -------------------------------------------------------------------------------------------------------


def test_writing_answers_the_path_and_leaves_nothing_beside(tmp_path: Path) -> None:
    path = msgpact.write(pact(message()), tmp_path / "new" / "folder")

    assert path == tmp_path / "new" / "folder" / NAME
    assert folder_of(path.parent) == [NAME]


@pytest.mark.parametrize("version", ["4", "4.0"])
def test_versions_in_short(tmp_path: Path, version: str) -> None:
    assert files.load(files.write(pact(message()), tmp_path, spec_version=version)).spec_version == "4.0"


def test_what_does_not_change_is_not_touched(tmp_path: Path) -> None:
    path = files.write(pact(message()), tmp_path)
    os.utime(path, (1, 1))

    files.write(pact(message()), tmp_path)

    assert path.stat().st_mtime == 1


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    target = pact_file(tmp_path / "elsewhere", message("a"))
    folder = tmp_path / "pacts"
    folder.mkdir()
    (folder / NAME).symlink_to(target)

    files.write(pact(message("b")), folder)

    assert (folder / NAME).is_symlink()
    assert len(files.load(target).interactions) == 2


@POSIX
def test_the_mode_of_a_new_file_follows_the_umask(tmp_path: Path) -> None:
    before = os.umask(0o027)
    try:
        path = files.write(pact(message()), tmp_path)
    finally:
        os.umask(before)

    assert path.stat().st_mode & 0o777 == 0o640


# -- what the file system refuses ------------------------------------------------------------------------------------


def test_a_folder_that_is_a_file(tmp_path: Path) -> None:
    (tmp_path / "pacts").write_text("a file", encoding="utf-8")

    for folder in (tmp_path / "pacts", tmp_path / "pacts" / "below"):
        with pytest.raises(
            UnwritablePact, match=r"^Cannot write the pact '.*': its folder is a file\. Choose another folder\.$"
        ):
            files.write(pact(message()), folder)
    assert (tmp_path / "pacts").read_text(encoding="utf-8") == "a file"


def test_a_file_that_is_a_folder(tmp_path: Path) -> None:
    (tmp_path / NAME).mkdir()

    with pytest.raises(UnwritablePact, match="Nothing was changed; choose a folder that can be written"):
        files.write(pact(message()), tmp_path)
    assert folder_of(tmp_path) == [NAME]


def test_a_name_that_is_too_long(tmp_path: Path) -> None:
    with pytest.raises(UnwritablePact, match="File name too long"):
        files.write(pact(message(), consumer="c" * 300), tmp_path)
    assert folder_of(tmp_path) == []


WRITE = """
import sys
from msgpact.errors import UnwritablePact
from msgpact.model import Contract
from msgpact.pactfile import files

contract = files.load(sys.argv[1])
try:
    files.write(contract, sys.argv[2])
except UnwritablePact as error:
    print(error)
"""


def run(code: str, *arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", code, *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=120)


def test_a_disk_that_refuses_the_last_step_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = files.write(pact(message("old")), tmp_path)
    before = path.read_bytes()
    monkeypatch.setattr(os, "replace", refuse)

    with pytest.raises(UnwritablePact, match="Input/output error"):
        files.write(pact(message("new")), tmp_path)
    assert (folder_of(tmp_path), path.read_bytes()) == ([NAME], before)


def refuse(*_: object) -> None:
    raise OSError(5, "Input/output error")


@POSIX
def test_a_full_disk_leaves_the_old_file(tmp_path: Path) -> None:
    """The limit on a file's size makes the write fail half-way, as a full disk does."""
    source = pact_file(tmp_path / "source", *(message(f"d {number}", {"text": "x" * 500}) for number in range(200)))
    folder = tmp_path / "pacts"
    before = pact_file(folder, message("old")).read_bytes()
    limit = "import resource, signal\nsignal.signal(signal.SIGXFSZ, signal.SIG_IGN)\nresource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))\n"

    done = run(limit + WRITE, source, folder)

    assert "File too large. Nothing was changed; choose a folder that can be written, or make room." in done.stdout
    assert folder_of(folder) == [NAME]
    assert (folder / NAME).read_bytes() == before


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="a folder that not even root may write")
def test_a_folder_that_may_not_be_written(tmp_path: Path) -> None:
    with pytest.raises(UnwritablePact, match="Nothing was changed"):
        files.write(pact(message()), "/proc/no-such-folder")


# -- at the same moment ----------------------------------------------------------------------------------------------

MERGE = """
import sys
from msgpact.model import Contract, Interaction, InteractionType, MessageContents
from msgpact.pactfile import files

folder, version, process, count = sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4])
for number in range(count):
    one = Interaction(InteractionType.ASYNCHRONOUS_MESSAGE, f"{process} {number}", message=MessageContents())
    files.merge(Contract("fulfilment", "orders", (one,)), folder, spec_version=version)
"""


@pytest.mark.parametrize("version", ["4.0", "3.0.0"])
def test_many_processes_lose_nothing(tmp_path: Path, version: str) -> None:
    running = [
        subprocess.Popen([sys.executable, "-c", MERGE, str(tmp_path), version, str(process), "20"])
        for process in range(8)
    ]

    assert [each.wait(timeout=120) for each in running] == [0] * 8
    assert {each.description for each in files.load(tmp_path / NAME).interactions} == {
        f"{process} {number}" for process in range(8) for number in range(20)
    }
    assert folder_of(tmp_path) == [NAME]


def test_who_reads_while_others_write_sees_a_whole_file(tmp_path: Path) -> None:
    files.write(pact(message("first", {"text": "x" * 100_000})), tmp_path)
    writer = subprocess.Popen([sys.executable, "-c", MERGE, str(tmp_path), "4.0", "w", "40"])
    reads = 0
    while writer.poll() is None:
        assert "first" in {each.description for each in files.load(tmp_path / NAME).interactions}
        reads += 1

    assert writer.returncode == 0
    assert reads > 0


def test_a_writer_that_holds_on_for_too_long(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "PATIENCE", 0.05)
    why = r"another process holds '.*\.lock' for more than 0.05 s\. End that process"

    with filelock.FileLock(tmp_path / f".{NAME}.lock"), pytest.raises(UnwritablePact, match=why):
        files.write(pact(message()), tmp_path)

    assert not (tmp_path / NAME).exists()


# -- a whole document of another tool --------------------------------------------------------------------------------


def test_http_interactions_of_version_4_live_beside_ours(tmp_path: Path) -> None:
    path = pact_file(tmp_path, HTTP)

    files.write(pact(message("ours")), tmp_path)

    assert json.loads(path.read_text(encoding="utf-8"))["interactions"][0] == HTTP
    assert files.load(path)["ours"].message is not None


def test_reading_and_merging_a_thousand_interactions_is_quick(tmp_path: Path) -> None:
    path = tmp_path / NAME
    path.write_text(json.dumps(document(*(message(f"d {number}") for number in range(1000)))), encoding="utf-8")
    start = spent()

    contract = files.load(path)
    files.write(contract, tmp_path)

    assert spent() - start < 5
