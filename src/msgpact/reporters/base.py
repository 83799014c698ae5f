"""Which reporters there are, and how one is found."""

import difflib
import importlib
import os
from collections.abc import Callable
from importlib.metadata import entry_points
from pathlib import Path
from typing import cast

from msgpact.errors import UsageError
from msgpact.results import VerificationReport

__all__ = ["BUILT_IN", "Reporter", "reporter", "write_report"]

Reporter = Callable[[VerificationReport], str]

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
    others = {each.name: each for each in entry_points(group="msgpact.reporters")}
    if name in others:
        return cast(Reporter, others[name].load())
    known = sorted({*BUILT_IN, *others})
    close = difflib.get_close_matches(name, known, n=1)
    hint = f"Did you mean {close[0]!r}?" if close else f"Choose one of: {', '.join(known)}."
    raise UsageError(f"Cannot report as {name!r}: there is no such reporter. {hint}")


def write_report(text: str, path: str | os.PathLike[str]) -> None:
    """Write a finished report to a file, making its folder.

    Raises:
        UsageError: the file system refuses.
    """
    try:
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        Path(path).write_text(text, encoding="utf-8")
    except OSError as error:
        raise UsageError(
            f"Cannot write the report {os.fspath(path)!r}: {error.strerror or error}. Choose a file that can be written."
        ) from None
