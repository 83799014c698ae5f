"""The house as ARCHITECTURE.md draws it: imports run down, without circles; inside functions only what must be lazy."""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

pytestmark = pytest.mark.once

PACKAGE = Path(__file__).parents[2] / "src" / "msgpact"

GROUND = (
    "annotations", "calls", "config", "deadlines", "errors", "http_model", "extras", "model", "modules", "results", "signatures", "times",
)  # fmt: skip
FORMS = (
    "derive", "examples", "generate", "generated", "match", "pactfile", "records", "serializers", "stated", "template", "template_xml",
    "type_rules",
)  # fmt: skip
SIDES = (
    "attempt", "captured", "capturing", "emissions", "sequences",
    "check", "checking", "compatibility", "consumer", "consuming", "declarations", "delivery", "example_messages", "expectation", "findings", "guard", "http", "live", "pairs", "planning", "producing", "provider", "receivers", "recorder",
    "relaxing", "retries", "routing", "stubs", "verification", "verifier",
)  # fmt: skip
LAYERS: dict[str, int] = {
    **dict.fromkeys(GROUND, 0),
    "rules": 1,
    **dict.fromkeys(FORMS, 2),
    **dict.fromkeys(SIDES, 3),
    **dict.fromkeys(("adapters", "registries", "reporters"), 4),
    **dict.fromkeys(("__init__", "__main__", "pytest_plugin", "cli"), 6),
}
EDGES = {name for name, layer in LAYERS.items() if layer == 4}

LAZY = {
    "asyncio": "35 ms that production code, which only declares, does not need",
    "base64": "header values that are no text are rare",
    "ctypes": "only where there is no SIGALRM, for tasks that never end, and for the embedded Kafka",
    "filelock": "60 ms; only writing needs it",
    "filetype": "only the contentType rule needs it",
    "importlib.metadata": "looked up only on a miss",
    "pydantic": "190 ms; plain JSON does without it",
    "pydantic_core": "as pydantic",
    "regex": "50 ms; only patterns that could run away need it",
    "rstr": "only the Regex generator needs it",
    "tomllib": "only reading settings needs it",
    "urllib.parse": "forms, and queries of HTTP, are rare",
    "xml": "contents that are XML are rare",
    "zoneinfo": "only patterns with zone names need it",
}
"""What may be imported inside a function, and why. `msgpact` itself may be, in the pytest plugin and the CLI's table."""


def files() -> list[Path]:
    return sorted(PACKAGE.rglob("*.py"))


def name_of(file: Path) -> str:
    return ".".join(file.relative_to(PACKAGE).with_suffix("").parts)


def part_of(module: str) -> str:
    """The row of LAYERS that a module of the package belongs to."""
    return module.removeprefix("msgpact").removeprefix(".").partition(".")[0] or "__init__"


def imports(tree: ast.AST, *, inside_functions: bool) -> Iterator[str]:
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            if inside_functions:
                yield from all_imports(node)
        elif isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING":
            continue
        elif isinstance(node, ast.Import | ast.ImportFrom):
            if not inside_functions:
                yield from imported(node)
        else:
            yield from imports(node, inside_functions=inside_functions)


def all_imports(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            yield from imported(node)


def imported(node: ast.Import | ast.ImportFrom) -> Iterator[str]:
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
        return
    assert node.level == 0, "relative imports hide where a name comes from"
    module = node.module or ""
    for alias in node.names:
        below = PACKAGE.parent.joinpath(*module.split("."), alias.name)
        is_module = module.startswith("msgpact") and (below.is_dir() or below.with_suffix(".py").is_file())
        yield f"{module}.{alias.name}" if is_module else module


@pytest.mark.parametrize("file", files(), ids=name_of)
def test_imports_run_down(file: Path) -> None:
    here = part_of(name_of(file))
    for module in imports(ast.parse(file.read_text(encoding="utf-8")), inside_functions=False):
        if not module.startswith("msgpact"):
            continue
        there = part_of(module)

        assert LAYERS[there] <= LAYERS[here], f"{here} imports {module}, which lies above it"
        assert not (here in EDGES and there in EDGES and here != there), f"{here} imports its sibling {module}"


def test_every_file_has_a_layer() -> None:
    assert {part_of(name_of(file)) for file in files()} <= LAYERS.keys()


def test_there_is_no_circle() -> None:
    edges: dict[str, set[str]] = {}
    for file in files():
        found = imports(ast.parse(file.read_text(encoding="utf-8")), inside_functions=False)
        edges[name_of(file)] = {module.removeprefix("msgpact.") for module in found if module.startswith("msgpact.")}
    done: set[str] = set()

    def visit(name: str, way: tuple[str, ...]) -> None:
        assert name not in way, f"a circle: {' -> '.join((*way[way.index(name) :], name))}"
        if name not in done:
            for following in edges.get(name, edges.get(f"{name}.__init__", set())):
                visit(following, (*way, name))
            done.add(name)

    for name in edges:
        visit(name, ())


@pytest.mark.parametrize("file", files(), ids=name_of)
def test_inside_functions_only_what_must_be_lazy(file: Path) -> None:
    for module in imports(ast.parse(file.read_text(encoding="utf-8")), inside_functions=True):
        if module.startswith("msgpact"):
            assert LAYERS[part_of(name_of(file))] == 6, f"{file.name} imports {module} inside a function"
            continue

        assert module in LAZY or module.partition(".")[0] in LAZY, f"{file.name} imports {module} inside a function"


def test_the_list_of_lazy_imports_names_nothing_that_is_gone() -> None:
    found = {
        module
        for file in files()
        for module in imports(ast.parse(file.read_text(encoding="utf-8")), inside_functions=True)
    }
    known = {module for module in LAZY for each in found if each == module or each.startswith(f"{module}.")}

    assert known == LAZY.keys(), sys.version
