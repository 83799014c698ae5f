"""The settings of a project: from `[tool.msgpact]` in its pyproject.toml, then the environment, then flags."""

import dataclasses
import difflib
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from msgpact.errors import UsageError

__all__ = ["Config", "load"]


@dataclass(frozen=True, slots=True)
class Config:
    """What a run goes by.

    Attributes:
        pacts: The folder that pacts are written to and read from; in pyproject.toml, from the folder of that file.
        spec_version: The version that pacts are written in: `4.0` or `3.0.0`.
        timeout: Seconds that one handler, producer or state may take; None is no limit.
        seed: The seed of generated values; None is a fresh one for each run.
        registry: The address of the schema registry that the frames of messages are looked up in.
        via: The URL of a broker that a provider's messages go through before they are checked.
    """

    pacts: str = "pacts"
    spec_version: str = "4.0"
    timeout: float | None = None
    seed: int | None = None
    registry: str | None = None
    via: str | None = field(default=None, repr=False)


_NAMES = [each.name for each in dataclasses.fields(Config)]


def load(start: Path | None = None, *, environment: Mapping[str, str] | None = None, **flags: object) -> Config:
    """The settings for a run that starts in *start*: the nearest pyproject.toml at or above it counts.

    The environment says `MSGPACT_PACTS` and so on. *flags* that are None are not given.

    Raises:
        UsageError: a setting is unknown or has an impossible value; the message says where it stands.
    """
    start = (start or Path.cwd()).resolve()
    environment = os.environ if environment is None else environment
    found = _project(start)
    for name in _NAMES:
        variable = f"MSGPACT_{name.upper()}"
        if value := environment.get(variable):
            found |= _checked({name: value}, f"the environment variable {variable}")
    found |= _checked({name: value for name, value in flags.items() if value is not None}, "the options")
    return Config(**found)  # type: ignore[arg-type]  # _checked gave each its type


# -- pyproject.toml --------------------------------------------------------------------------------------------------


def _project(start: Path) -> dict[str, object]:
    file = next((each for folder in (start, *start.parents) if (each := folder / "pyproject.toml").is_file()), None)
    if file is None:
        return {}
    found = _checked(_table(file), f"[tool.msgpact] in {file}")
    if file.parent != start:
        found["pacts"] = os.fspath(file.parent / str(found.get("pacts", Config().pacts)))
    return found


def _table(file: Path) -> dict[str, object]:
    import tomllib

    try:
        document = tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise UsageError(f"Cannot read the settings in {os.fspath(file)!r}: {error}. Mend the file.") from None
    tools = document.get("tool", {})
    table = tools.get("msgpact", {}) if isinstance(tools, dict) else None
    if not isinstance(table, dict):
        raise UsageError(
            f"Cannot read the settings in {os.fspath(file)!r}: [tool.msgpact] is no table. Write name = value below it."
        )
    return table


# -- values ----------------------------------------------------------------------------------------------------------


def _text(value: object) -> object:
    if not isinstance(value, str) or not value:
        raise ValueError
    return value


def _version(value: object) -> object:
    if str(value) not in ("3", "3.0", "3.0.0", "4", "4.0", "4.0.0"):
        raise ValueError
    return str(value)


def _seconds(value: object) -> object:
    if not 0 < float(str(value)) < 1e7:
        raise ValueError
    return float(str(value))


_KINDS: dict[str, tuple[str, Callable[[object], object]]] = {
    "pacts": ("a folder's path", _text),
    "spec_version": ("'4.0' or '3.0.0'", _version),
    "timeout": ("a number of seconds above 0", _seconds),
    "registry": ("the address of a schema registry", _text),
    "via": ("the URL of a broker", _text),
    "seed": ("a whole number", lambda value: int(str(value))),
}
"""What each setting is, in words, and how it is read; a ValueError says that it is not that."""


def _checked(values: Mapping[str, object], where: str) -> dict[str, object]:
    checked: dict[str, object] = {}
    for key, value in values.items():
        name = key.replace("-", "_")
        if name not in _KINDS:
            close = difflib.get_close_matches(name, _NAMES, n=1)
            hint = f"Did you mean {close[0]!r}?" if close else f"Known are: {', '.join(_NAMES)}."
            raise UsageError(f"Cannot use the setting {key!r} of {where}: there is none of that name. {hint}")
        kind, read = _KINDS[name]
        try:
            checked[name] = read(value)
        except ValueError:
            raise UsageError(f"Cannot use {name} = {value!r} of {where}: it is not {kind}. Change it.") from None
    return checked
