"""Importing the modules that hold users' declarations, with the current folder importable."""

import difflib
import importlib
import importlib.util
import os
import sys
from collections.abc import Iterable
from types import ModuleType

from msgpact.errors import ModuleNotLoadable

__all__ = ["exists", "load", "load_all", "load_object"]


def load(name: str, *, wanted_by: str = "") -> ModuleType:
    """Import a module. What the module itself raises is not touched.

    Raises:
        ModuleNotLoadable: there is no such module.
    """
    folder = os.getcwd()
    if folder not in sys.path and "" not in sys.path:
        sys.path.append(folder)
    importlib.invalidate_caches()
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        # A module that exists but imports something that does not is the user's own error.
        if error.name is None or not (name + ".").startswith(error.name + "."):
            raise
        missing = f"there is no module {error.name!r}"
    except (TypeError, ValueError) as error:
        if name and not name.startswith("."):
            raise
        missing = str(error) or "it is no module name"
    by = f" (one of the modules of {wanted_by})" if wanted_by else ""
    raise ModuleNotLoadable(
        f"Cannot import {name!r}{by}: {missing}. Run from the folder that holds it, or install its package."
    )


def load_all(names: Iterable[str], *, wanted_by: str) -> None:
    """Import every module that a consumer or provider names."""
    for name in names:
        load(name, wanted_by=wanted_by)


def load_object(spec: str, kind: type) -> object:
    """The object that `MODULE:NAME` names, which must be a *kind*.

    Raises:
        ModuleNotLoadable: it is not written so, or there is no such module or object.
    """
    module_name, colon, path = spec.partition(":")
    if not colon or not module_name or not path:
        raise ModuleNotLoadable(
            f"Cannot load {spec!r}: it is not of the form MODULE:NAME. Write for example shop.contract:shop."
        )
    module = load(module_name)
    found: object = module
    for part in path.split("."):
        if not hasattr(found, part):
            fitting = sorted(name for name, value in vars(module).items() if isinstance(value, kind))
            close = difflib.get_close_matches(path, fitting, n=1)
            listed = (
                f"It holds: {', '.join(f'{module_name}:{name}' for name in fitting)}."
                if fitting
                else f"It holds no {kind.__name__}."
            )
            hint = f"Did you mean '{module_name}:{close[0]}'?" if close else listed
            raise ModuleNotLoadable(f"Cannot load {spec!r}: the module {module_name!r} has no {part!r}. {hint}")
        found = getattr(found, part)
    if not isinstance(found, kind):
        raise ModuleNotLoadable(
            f"Cannot use {spec!r}: it is of type {type(found).__name__}, not a msgpact.{kind.__name__}. Name the {kind.__name__}."
        )
    return found


def exists(name: str) -> bool:
    """Whether a module can still be found; it is not run, its parent packages are."""
    if name in sys.modules:
        return True
    try:
        return importlib.util.find_spec(name) is not None
    except (ModuleNotFoundError, ValueError):
        return False
    except (Exception, SystemExit):  # its package is there, but cannot be imported now
        return True
