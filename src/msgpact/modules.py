"""Importing the modules that hold users' declarations, with the current folder importable."""

import difflib
import importlib
import importlib.util
import os
import sys
import traceback
from collections.abc import Iterable
from types import ModuleType

from msgpact.calls import in_users_code, in_words
from msgpact.errors import ModuleNotLoadable, MsgpactError, UserCodeError
from msgpact.signatures import is_ours, shown_path

__all__ = ["exists", "load", "load_all", "load_object", "loaded_below"]


def load(name: str, *, wanted_by: str = "") -> ModuleType:
    """Import a module.

    Raises:
        ModuleNotLoadable: there is no such module.
        DeclarationError: something that it declares cannot be; the message says where.
        UserCodeError: it raised; `__cause__` is its own exception.
    """
    folder = os.getcwd()
    if folder not in sys.path and "" not in sys.path:
        sys.path.append(folder)
    importlib.invalidate_caches()
    by = f" (one of the modules of {wanted_by})" if wanted_by else ""
    try:
        return importlib.import_module(name)
    except KeyboardInterrupt:
        raise
    except MsgpactError as error:
        raise _with_its_place(error) from None
    except BaseException as error:
        missing = _why_it_is_missing(name, error)
        if not missing:
            raised = f"Cannot import {name!r}{by}: it raised {in_words(error).rstrip('.')}. Mend the module."
            raise UserCodeError(raised) from in_users_code(error)
    raise ModuleNotLoadable(
        f"Cannot import {name!r}{by}: {missing}. Run from the folder that holds it, or install its package."
    )


def _why_it_is_missing(name: str, error: BaseException) -> str:
    """Why there is no such module, as a clause; nothing where there is one, which raised."""
    if _says_absent(error, name):
        assert isinstance(error, ModuleNotFoundError)
        return f"there is no module {error.name!r}"
    if isinstance(error, TypeError | ValueError) and (not name or name.startswith(".")):
        return str(error) or "it is no module name"
    return ""


def _says_absent(error: BaseException, name: str) -> bool:
    """Whether the module, or its package, is not there; it may also be there and import something that is not."""
    return isinstance(error, ModuleNotFoundError) and bool(error.name) and f"{name}.".startswith(f"{error.name}.")


def _with_its_place(error: MsgpactError) -> MsgpactError:
    """The same error, saying where in the user's code it was raised if it does not yet."""
    frames = [each for each in traceback.extract_tb(error.__traceback__) if not is_ours(each.filename)]
    if not frames or frames[-1].filename.startswith("<"):
        return error
    place = f"{shown_path(frames[-1].filename)}:{frames[-1].lineno}"
    return error if place in str(error) else type(error)(f"{error} (At {place}.)").with_traceback(None)


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


def loaded_below(package: str) -> list[str]:
    """The modules of a package that have been imported."""
    return [name for name in sys.modules if name.startswith(f"{package}.")]


def exists(name: str) -> bool:
    """Whether a module can still be found; it is not run, its parent packages are."""
    if name in sys.modules:
        return True
    try:
        return importlib.util.find_spec(name) is not None
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # its package may be there, and not be importable now
        return not _says_absent(error, name) and not isinstance(error, ValueError)
