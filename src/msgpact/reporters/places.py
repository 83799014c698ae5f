"""Where a consumer's handler stands, looked up from the `module:qualname` in the pact; nothing is imported for it."""

import ast
import contextlib
import functools
import sys
from collections.abc import Sequence
from pathlib import Path

from msgpact.signatures import shown_path

__all__ = ["handler_place"]


def handler_place(origin: str) -> str:
    """`file:line qualname` where the source can be found from here, else the origin as it is."""
    module, _, qualname = origin.partition(":")
    file = _source(module)
    line = _line(file, qualname) if file is not None else None
    return origin if line is None else f"{shown_path(str(file))}:{line} {qualname}"


def _source(module: str) -> Path | None:
    parts = module.split(".")
    if not all(part.isidentifier() for part in parts):
        return None
    for folder in sys.path:
        base = Path(folder or ".", *parts)
        for candidate in (base.with_suffix(".py"), base / "__init__.py"):
            with contextlib.suppress(OSError):  # a name that is longer than a file's may be
                if candidate.is_file():
                    return candidate
    return None


@functools.lru_cache(maxsize=64)
def _line(file: Path, qualname: str) -> int | None:
    try:
        tree = ast.parse(file.read_bytes())
    except (OSError, SyntaxError, ValueError):
        return None
    body: Sequence[ast.stmt] = tree.body
    line = None
    for name in (part for part in qualname.split(".") if part != "<locals>"):
        found = next(
            (
                each
                for each in body
                if isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) and each.name == name
            ),
            None,
        )
        if found is None:
            return None
        # Where the first decorator stands, as Python itself counts.
        line, body = min([found.lineno, *(each.lineno for each in found.decorator_list)]), found.body
    return line
