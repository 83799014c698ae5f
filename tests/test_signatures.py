"""A user's function as it is declared: its place through any wrapping, its parameters and their annotations."""

import functools
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from msgpact.errors import DeclarationError
from msgpact.signatures import Parameters, Place, shown_path

if TYPE_CHECKING:
    from decimal import Decimal

HERE = Path(__file__).name


def function(order: "int", price: "Decimal", missing: "Nowhere", /, *, at: str = "now") -> None:  # type: ignore[name-defined]  # noqa: F821
    """Line 25 of this file."""


@functools.wraps(function)
def wrapped(*args: object) -> None: ...


class Callable_:
    def __call__(self, order: int) -> None: ...


class Service:
    def handle(self, order: int) -> None: ...


def line_of(text: str) -> int:
    lines = Path(__file__).read_text(encoding="utf-8").splitlines()
    return next(number for number, line in enumerate(lines, 1) if line.startswith(text))


@pytest.mark.parametrize(
    ("given", "line", "name"),
    [
        pytest.param(function, "def function", "function", id="function"),
        pytest.param(wrapped, "def function", "function", id="wrapped"),
        pytest.param(functools.partial(wrapped, 1), "def function", "function", id="partial"),
        pytest.param(Callable_(), "    def __call__", "Callable_", id="callable object"),
        pytest.param(Service().handle, "    def handle", "Service.handle", id="method"),
        pytest.param(Service, "class Service", "Service", id="class"),
    ],
)
def test_place(given: Callable[..., object], line: str, name: str) -> None:
    place = Place.of(given)

    assert (Path(place.file).name, place.line, place.name, place.module) == (HERE, line_of(line), name, __name__)


def test_the_place_of_a_built_in_function() -> None:
    assert Place.of(len) == Place("<built-in>", 0, "len", "builtins")


def test_the_place_of_a_class_without_a_source() -> None:
    scope: dict[str, type] = {}
    exec("class Made: ...", {"__name__": "nowhere"}, scope)

    assert Place.of(scope["Made"]) == Place("<built-in>", 0, "Made", "nowhere")


def test_a_place_is_shown_from_the_current_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)

    assert str(Place(str(tmp_path / "orders" / "contract.py"), 7, "order_placed")) == os.path.join(
        "orders", "contract.py:7 order_placed"
    )


@pytest.mark.parametrize("name", ["..odd", "plain"])
def test_a_file_below_the_current_folder_is_shown_from_there(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)

    assert shown_path(str(tmp_path / name)) == name


def test_a_file_elsewhere_is_shown_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "below").mkdir()
    monkeypatch.chdir(tmp_path / "below")

    assert shown_path(str(tmp_path / "file")) == str(tmp_path / "file")


def test_a_file_on_another_drive_is_shown_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    def relpath(*_: str) -> str:
        raise ValueError("path is on mount 'D:', start on mount 'C:'")

    monkeypatch.setattr(os.path, "relpath", relpath)

    assert shown_path("D:\\pacts\\a.json") == "D:\\pacts\\a.json"


# -- parameters ------------------------------------------------------------------------------------------------------


def test_what_a_function_takes() -> None:
    def takes(first: int, /, second: int, *rest: int, third: int, **more: int) -> None: ...

    parameters = Parameters(takes)

    assert [each.name for each in parameters.positional] == ["first", "second"]
    assert list(parameters.named) == ["second", "third"]
    assert [each.name for each in parameters.positional_only] == ["first"]
    assert (parameters.takes_any_position, parameters.takes_any_name) == (True, True)


def test_a_function_without_a_signature() -> None:
    with pytest.raises(
        DeclarationError, match=r"Cannot use <class 'int'>.*: its signature cannot be read .*\. Wrap it in a function\."
    ):
        Parameters(int)


@pytest.mark.parametrize(
    "given", [function, wrapped, functools.partial(function)], ids=["function", "wrapped", "partial"]
)
def test_annotations_that_are_text_are_resolved_one_by_one(given: Callable[..., object]) -> None:
    parameters = Parameters(given)
    order, price, _ = parameters.positional

    assert parameters.annotation(order, needed=True) is int
    assert parameters.annotation(price) is price.empty
    with pytest.raises(
        DeclarationError,
        match=r"Cannot resolve the annotation 'Decimal' of parameter 'price' of .*Import it at run time",
    ):
        parameters.annotation(price, needed=True)


def test_an_annotation_may_name_what_is_local() -> None:
    class Local: ...

    def takes(local: "Local") -> "Local":
        return Local()

    parameters = Parameters(takes)

    assert parameters.annotation(parameters.positional[0]) is Local


def test_an_annotation_that_is_not_yet_assigned() -> None:
    def takes(later: "Later") -> "Later":
        return Later()

    parameters = Parameters(takes)

    assert parameters.annotation(parameters.positional[0]) is None

    class Later: ...


def test_names_that_only_type_checkers_know_do_not_matter() -> None:
    """Also without quotation marks, on a Python that evaluates annotations late (3.14)."""
    code = "def takes(order: Unknown, id: int) -> None: ..."
    if sys.version_info < (3, 14):
        code = f"from __future__ import annotations\n{code}"
    code += """
from msgpact.signatures import Parameters
parameters = Parameters(takes)
print(parameters.annotation(parameters.named["id"]), parameters.annotation(parameters.named["order"]))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout == "<class 'int'> <class 'inspect._empty'>\n"
