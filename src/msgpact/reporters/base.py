"""Which reporters there are, and how one is found."""

import contextlib
import difflib
import importlib
import os
from collections.abc import Callable
from pathlib import Path
from typing import cast

from msgpact.errors import UsageError
from msgpact.results import VerificationReport

__all__ = ["BUILT_IN", "Reporter", "reporter", "write_report"]

Reporter = Callable[[VerificationReport], str]
"""What a reporter is: a function from a finished report to text."""

BUILT_IN = {
    "console": "msgpact.reporters.console:render",
    "github": "msgpact.reporters.github:render",
    "json": "msgpact.reporters.json:render",
    "junit": "msgpact.reporters.junit:render",
}


def reporter(name: str) -> Reporter:
    """The reporter of that name: built in, or registered by another package as a `msgpact.reporters` entry point.

    Raises:
        UsageError: there is none.
    """
    if name in BUILT_IN:
        module, _, function = BUILT_IN[name].partition(":")
        return cast(Reporter, getattr(importlib.import_module(module), function))
    from importlib.metadata import entry_points

    others = {each.name: each for each in entry_points(group="msgpact.reporters")}
    if name in others:
        return cast(Reporter, others[name].load())
    known = sorted({*BUILT_IN, *others})
    close = difflib.get_close_matches(name, known, n=1)
    hint = f"Did you mean {close[0]!r}?" if close else f"Choose one of: {', '.join(known)}."
    raise UsageError(f"Cannot report as {name!r}: there is no such reporter. {hint}")


def write_report(text: str, path: str | os.PathLike[str]) -> None:
    """Write a finished report to a file, making its folder: beside it, then renamed, so that it is never half there.

    Raises:
        UsageError: the file system refuses; what was there before is still there.
    """
    file = Path(path)
    beside = file.with_name(f".{file.name}.{os.getpid()}.tmp")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        if file.exists() and not file.is_file():  # /dev/stdout, a pipe: nothing can be put in its place
            beside = file
        beside.write_bytes(text.encode("utf-8", "backslashreplace"))
        if beside is not file:
            os.replace(beside, file)
    except OSError as error:
        if beside is not file:
            with contextlib.suppress(OSError):
                beside.unlink()
        raise UsageError(
            f"Cannot write the report {os.fspath(path)!r}: {error.strerror or error}. Choose a file that can be written."
        ) from None
