"""Optional libraries: the one place that catches their absence and says what to install."""

import importlib
from types import ModuleType

from msgpact.errors import MissingExtra

__all__ = ["available", "require"]


def require(module: str, *, extra: str, feature: str) -> ModuleType:
    """Import *module*, or say which extra brings it.

    Raises:
        MissingExtra: *module* is not installed.
    """
    found = available(module)
    if found is None:
        raise MissingExtra(f"Cannot use {feature}: {module!r} is not installed. Run: pip install 'msgpact[{extra}]'.")
    return found


def available(module: str) -> ModuleType | None:
    """Import *module* where it is installed.

    An ImportError about something else (a broken installation of the library) is not swallowed.
    """
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as error:
        if error.name is None or not (module + ".").startswith(error.name + "."):
            raise
        return None
