"""The MODULE:NAME arguments of the commands, and the objects that they name."""

import os
import sys
from collections.abc import Iterable
from typing import TypeVar

from msgpact import modules

__all__ = ["named"]

T = TypeVar("T")


def named(specs: Iterable[str], kind: type[T]) -> list[T]:
    """The objects, which must be of that kind; their modules are imported, with the current folder importable.

    Raises:
        ModuleNotLoadable: there is no such module or object.
        UserCodeError: a module raised while it was imported.
    """
    sys.path.insert(0, os.getcwd())
    found = []
    for spec in specs:
        loaded = modules.load_object(spec, kind)
        assert isinstance(loaded, kind)
        found.append(loaded)
    return found
