"""A user's function as it is declared: where it stands, and what it takes."""

import functools
import importlib
import inspect
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ForwardRef

from msgpact.errors import DeclarationError

if sys.version_info >= (3, 14):
    import annotationlib

__all__ = ["Parameters", "Place", "is_again", "is_generator", "is_ours", "shown_path"]


@dataclass(frozen=True, slots=True)
class Place:
    """Where something is declared: a file, a line in it and the qualified name of the function."""

    file: str
    line: int
    name: str
    module: str = ""

    @classmethod
    def of(cls, function: Callable[..., object]) -> "Place":
        """The place of a function's definition, seen through decorators and partials."""
        inner = _defined(function)
        name = getattr(inner, "__qualname__", type(inner).__qualname__)
        module = getattr(inner, "__module__", None) or ""
        call = getattr(type(inner), "__call__", None)  # noqa: B004  (an object's own, not whether it has one)
        code = getattr(inner, "__code__", None) or getattr(call, "__code__", None)
        if code is not None:
            return cls(code.co_filename, code.co_firstlineno, name, module)
        try:  # a class
            return cls(inspect.getsourcefile(inner) or "<built-in>", inspect.getsourcelines(inner)[1], name, module)
        except (OSError, TypeError):
            return cls("<built-in>", 0, name, module)

    def __str__(self) -> str:
        return f"{shown_path(self.file)}:{self.line} {self.name}"

    def is_same(self, other: "Place") -> bool:
        """Whether two places are one, whatever their modules are called and by whichever path they were reached."""
        return (self.line, self.name) == (other.line, other.name) and (
            self.file == other.file or os.path.realpath(self.file) == os.path.realpath(other.file)
        )


def is_again(there: Callable[..., object], here: Callable[..., object]) -> bool:
    """Whether *here* is the definition of *there*, run once more: reloaded, or imported under another name too.

    Two closures of one factory, or the methods of two instances, are two functions.
    """
    if not Place.of(there).is_same(Place.of(here)):
        return False
    one, other = _defined(there), _defined(here)
    if getattr(one, "__globals__", None) is not getattr(other, "__globals__", None):
        return True
    return not any(map(_holds_values, (there, here, one, other)))


def _holds_values(function: Any) -> bool:
    is_bound = getattr(function, "__self__", None) is not None
    has_cells = getattr(function, "__closure__", None) is not None and not hasattr(function, "__wrapped__")
    return is_bound or has_cells or isinstance(function, functools.partial)


def _defined(function: Callable[..., object]) -> Any:
    """The function itself, seen through decorators and partials."""
    inner: Any = inspect.unwrap(function)
    while isinstance(inner, functools.partial):
        inner = inspect.unwrap(inner.func)
    return inner


def is_generator(function: Callable[..., object]) -> bool:
    """Whether calling it gives a generator, sync or async, and runs nothing yet."""
    inner = _defined(function)
    call = getattr(type(inner), "__call__", None)  # noqa: B004  (an object's own, not whether it has one)
    return any(inspect.isgeneratorfunction(each) or inspect.isasyncgenfunction(each) for each in (inner, call))


def shown_path(file: str, folder: str = os.curdir) -> str:
    """A file as a person writes it: from the current folder, or another, where it lies below it."""
    try:
        relative = os.path.relpath(file, folder)
    except ValueError:  # another drive on Windows
        return file
    return file if relative.split(os.sep)[0] == os.pardir else relative


def is_ours(file: str) -> bool:
    """Whether a frame of that file is msgpact's, or the import system's."""
    return file.startswith((_PACKAGE, "<frozen importlib")) or file == importlib.__file__


_PACKAGE = os.path.dirname(__file__) + os.sep


class Parameters:
    """What a user's function takes, read once from its signature.

    Annotations are resolved one by one and only when asked for: a type that is imported only for type checkers does not
    matter unless it is the one we need.
    """

    def __init__(self, function: Callable[..., object]) -> None:
        self.function = function
        try:
            signature = _signature(function)
        except (TypeError, ValueError) as error:
            raise DeclarationError(
                f"Cannot use {function!r}: its signature cannot be read ({error}). Wrap it in a function."
            ) from None
        parameters = signature.parameters.values()
        self.positional = [p for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
        self.named = {p.name: p for p in parameters if p.kind in (p.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY)}
        self.positional_only = [p for p in parameters if p.kind is p.POSITIONAL_ONLY]
        self.takes_any_name = any(p.kind is p.VAR_KEYWORD for p in parameters)
        self.takes_any_position = any(p.kind is p.VAR_POSITIONAL for p in parameters)
        self._annotations: dict[str, object] = {}

    def annotation(self, parameter: inspect.Parameter, *, needed: bool = False) -> object:
        """The parameter's annotation as an object; `Parameter.empty` where it has none or it cannot be resolved.

        Raises:
            DeclarationError: it is *needed* and names something that cannot be found.
        """
        if parameter.name not in self._annotations:
            try:
                self._annotations[parameter.name] = self._resolve(parameter)
            except DeclarationError:
                if needed:
                    raise
                return inspect.Parameter.empty
        return self._annotations[parameter.name]

    def _resolve(self, parameter: inspect.Parameter) -> object:
        annotation = parameter.annotation
        if isinstance(annotation, ForwardRef):  # Python 3.14: a name that could not be found
            annotation = annotation.__forward_arg__
        if not isinstance(annotation, str):
            return annotation
        function = _defined(self.function)
        function = getattr(function, "__func__", function)
        if not hasattr(function, "__globals__"):  # an object that can be called
            function = getattr(type(function), "__call__", function)  # noqa: B004  (an object's own)
        scope = getattr(function, "__globals__", {})
        cells = getattr(function, "__closure__", None) or ()
        local = {}
        if cells:
            local = {name: _cell(each) for name, each in zip(function.__code__.co_freevars, cells, strict=True)}
        try:
            return eval(annotation, scope, local)  # noqa: S307  (what typing.get_type_hints does, one name at a time)
        except Exception as error:
            raise DeclarationError(
                f"Cannot resolve the annotation {annotation!r} of parameter {parameter.name!r} of "
                f"{Place.of(self.function)}: {error}. Import it at run time, not only for type checking."
            ) from None


def _signature(function: Callable[..., object]) -> inspect.Signature:
    if sys.version_info >= (3, 14):
        # Annotations are evaluated when they are read: names that only type checkers know must not matter.
        return inspect.signature(function, annotation_format=annotationlib.Format.FORWARDREF)
    return inspect.signature(function)


def _cell(cell: Any) -> object:
    try:
        return cell.cell_contents
    except ValueError:  # not yet assigned
        return None
