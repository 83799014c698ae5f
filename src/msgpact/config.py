"""The settings of a project: from `[tool.msgpact]` in its pyproject.toml, then the environment, then flags."""

import dataclasses
import difflib
import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from msgpact.errors import UsageError

__all__ = ["Config", "load"]


@dataclass(frozen=True, slots=True)
class Config:
    """What a run goes by.

    Attributes:
        pacts: The folder that pacts are written to and read from, from the project's root.
        spec_version: The version that pacts are written in: `4.0` or `3.0.0`.
        timeout: Seconds that one handler, producer or state may take; None is no limit.
        seed: The seed of generated values; None is a fresh one for each run.
    """

    pacts: str = "pacts"
    spec_version: str = "4.0"
    timeout: float | None = None
    seed: int | None = None


_NAMES = [each.name for each in dataclasses.fields(Config)]


def load(start: Path | None = None, *, environment: Mapping[str, str] | None = None, **flags: object) -> Config:
    """The settings for a run that starts in *start*: the nearest pyproject.toml at or above it counts.

    The environment says `MSGPACT_PACTS` and so on. *flags* that are None are not given.

    Raises:
        UsageError: a setting is unknown or has an impossible value; the message says where it stands.
    """
    found: dict[str, object] = {}
    file = next(
        (each for folder in _upwards(start or Path.cwd()) if (each := folder / "pyproject.toml").is_file()), None
    )
    if file is not None:
        found |= _checked(_table(file), f"[tool.msgpact] in {file}")
    said = environment if environment is not None else os.environ
    variables = {name: said[f"MSGPACT_{name.upper()}"] for name in _NAMES if said.get(f"MSGPACT_{name.upper()}")}
    for name, value in variables.items():
        found |= _checked({name: value}, f"the environment variable MSGPACT_{name.upper()}")
    found |= _checked({name: value for name, value in flags.items() if value is not None}, "the options")
    return Config(**found)  # type: ignore[arg-type]  # _checked gave each its type


def _upwards(folder: Path) -> list[Path]:
    return [folder.resolve(), *folder.resolve().parents]


def _table(file: Path) -> dict[str, object]:
    try:
        document = tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise UsageError(f"Cannot read the settings in {os.fspath(file)!r}: {error}. Mend the file.") from None
    table = document.get("tool", {}).get("msgpact", {})
    if not isinstance(table, dict):
        raise UsageError(
            f"Cannot read the settings in {os.fspath(file)!r}: [tool.msgpact] is no table. Write name = value below it."
        )
    return table


def _checked(values: Mapping[str, object], where: str) -> dict[str, object]:
    checked: dict[str, object] = {}
    for key, value in values.items():
        name = key.replace("-", "_")
        if name not in _NAMES:
            close = difflib.get_close_matches(name, _NAMES, n=1)
            hint = f"Did you mean {close[0]!r}?" if close else f"Known are: {', '.join(_NAMES)}."
            raise UsageError(f"Cannot use the setting {key!r} of {where}: there is none of that name. {hint}")
        checked[name] = _converted(name, value, where)
    return checked


def _converted(name: str, value: object, where: str) -> object:
    wanted = {"timeout": "a number of seconds above 0", "seed": "a whole number", "spec_version": "'4.0' or '3.0.0'"}
    try:
        match name:
            case "timeout":
                converted: object = float(str(value))
                if not 0 < float(str(value)) < 1e7:
                    raise ValueError
            case "seed":
                converted = int(str(value))
            case "spec_version":
                converted = str(value)
                if converted not in ("3", "3.0", "3.0.0", "4", "4.0"):
                    raise ValueError
            case _:
                converted = str(value)
    except ValueError:
        raise UsageError(f"Cannot use {name} = {value!r} of {where}: it is not {wanted[name]}. Change it.") from None
    return converted
