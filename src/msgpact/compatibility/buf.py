"""buf, the compiler and checker of Protobuf schemas, run as a program in a folder of its own.

Its wheel brings nothing to import but the program itself. It is given files and images alone, and asks no network.
https://buf.build/docs/breaking/
"""

import importlib.metadata
import json
import os
import re
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from msgpact import extras
from msgpact.compatibility.findings import SchemaError
from msgpact.errors import shown

__all__ = ["Break", "breaking", "build"]

LIMIT = 30
"""Seconds for one run; a schema of a thousand messages takes less than one."""
_NAME = re.compile(r"[^/\\:\0]+(?:/[^/\\:\0]+)*\.proto")
_LINK = re.compile(r" See https://.*")
_FOUND = 100
"""The exit code of a run that found something, be it what does not compile or what breaks."""


class Break(NamedTuple):
    """What buf found: the rule that it names, its words, and the place in the newer file, from line 1 and column 1."""

    rule: str
    words: str
    file: str
    line: int
    column: int


def build(files: Mapping[str, str]) -> bytes:
    """The serialized FileDescriptorSet of *files*, by name, with all that they import.

    Raises:
        SchemaError: they do not compile; a clause.
    """
    with tempfile.TemporaryDirectory(prefix="msgpact-buf-") as folder:
        root = Path(folder, "files")
        for name, text in files.items():
            path = _inside(root, name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8", errors="surrogateescape")
        image = Path(folder, "image.binpb")
        done = _run(str(root), "build", ".", "-o", str(image), "--config", '{"version":"v2"}')
        if done.returncode != 0:
            raise SchemaError(_complaint(done))
        return image.read_bytes()


def breaking(new: bytes, against: bytes, category: str) -> list[Break]:
    """What the image *new* breaks that *against* promised, by one of buf's categories. Raises as `build`."""
    with tempfile.TemporaryDirectory(prefix="msgpact-buf-") as folder:
        for name, image in (("new", new), ("old", against)):
            Path(folder, f"{name}.binpb").write_bytes(image)
        config = json.dumps({"version": "v2", "breaking": {"use": [category]}})
        images = (str(Path(folder, "new.binpb")), "--against", str(Path(folder, "old.binpb")))
        done = _run(folder, "breaking", *images, "--config", config)
        if done.returncode not in (0, _FOUND):
            raise SchemaError(_complaint(done))
        return [
            Break(
                each["type"],
                _LINK.sub("", each["message"]),
                each.get("path", ""),
                each.get("start_line", 0),
                each.get("start_column", 0),
            )
            for each in _lines(done.stdout)
        ]


def _inside(root: Path, name: str) -> Path:
    parts = name.split("/")
    if not _NAME.fullmatch(name) or any(part in (".", "..") for part in parts):
        raise SchemaError(f"it refers to a file {shown(name, 80)}; names are like 'shop/money.proto'")
    return root.joinpath(*parts)


def _run(folder: str, command: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    theirs = {name: value for name, value in os.environ.items() if not name.startswith("BUF_")}
    environment = {**theirs, "BUF_CACHE_DIR": str(Path(folder, ".cache")), "NO_COLOR": "1"}
    try:
        return subprocess.run(  # noqa: S603  (the program of the wheel; what it is given are files of this folder)
            [_program(), command, *arguments, "--error-format", "json", "--timeout", f"{LIMIT}s"],
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            encoding="utf-8",
            errors="replace",
            check=False,
            timeout=LIMIT,
        )
    except subprocess.TimeoutExpired:
        raise SchemaError(f"buf does not come to an end with it within {LIMIT} s") from None


def _program() -> str:
    """The program that the wheel put beside Python; not one that happens to be called buf on the PATH."""
    extras.require("buf_bin", extra="schemas", feature="a check of Protobuf schemas")
    for each in importlib.metadata.files("buf-bin") or ():
        if each.name in ("buf", "buf.exe"):
            return str(each.locate())
    raise SchemaError("the package buf-bin is installed without its program")


def _lines(text: str) -> Iterator[dict[str, Any]]:
    for line in text.split("\n"):
        if line.startswith("{"):
            yield json.loads(line)


def _complaint(done: subprocess.CompletedProcess[str]) -> str:
    listed = [
        f"{each['message']} ({each.get('path', '')}, line {each.get('start_line', 0)})"
        for each in _lines(f"{done.stdout}\n{done.stderr}")
    ]
    if listed:
        return "; ".join(listed[:3]) + (f"; and {len(listed) - 3} more" if len(listed) > 3 else "")
    return f"buf fails on it: {shown(done.stderr.strip(), 300)}"
