"""The face of the package: what `import msgpact` gives is listed, sorted, documented and little."""

import ast
import importlib
import inspect
import subprocess
import sys
from pathlib import Path

import pytest

import msgpact

PACKAGE = Path(msgpact.__file__).parent
MODULES = sorted(
    ".".join(("msgpact", *file.relative_to(PACKAGE).with_suffix("").parts)).removesuffix(".__init__")
    for file in PACKAGE.rglob("*.py")
    if file.name != "__main__.py"
)


def test_the_list_is_sorted_and_short() -> None:
    assert sorted(msgpact.__all__) == msgpact.__all__
    assert len(msgpact.__all__) <= 35


def test_every_name_that_is_handed_on_is_listed() -> None:
    tree = ast.parse((PACKAGE / "__init__.py").read_text(encoding="utf-8"))
    from_ours = [
        node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and str(node.module).startswith("msgpact")
    ]
    handed_on = {alias.asname or alias.name for node in from_ours for alias in node.names}

    assert handed_on == set(msgpact.__all__)


def test_the_face_holds_no_logic() -> None:
    tree = ast.parse((PACKAGE / "__init__.py").read_text(encoding="utf-8"))

    plain = ast.Expr | ast.Import | ast.ImportFrom | ast.Assign | ast.If
    functions = [node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]
    assert all(isinstance(node, plain) for node in tree.body)
    assert functions == ["__getattr__"]


def test_what_a_run_needs_is_imported_when_it_is_asked_for() -> None:
    program = (
        "import sys, msgpact\n"
        "runs = ('msgpact.recorder', 'msgpact.provider', 'msgpact.verifier', 'msgpact.pactfile.files')\n"
        "assert not sys.modules.keys() & runs, sys.modules.keys() & runs\n"
        "assert all(hasattr(msgpact, name) for name in msgpact.__all__)\n"
        "assert sys.modules.keys() >= set(runs)\n"
        "assert not hasattr(msgpact, 'recrod')\n"
    )

    subprocess.run([sys.executable, "-c", program], check=True)


def test_what_contents_with_a_schema_need_is_imported_with_them() -> None:
    program = (
        "import sys, msgpact\n"
        "needed = ('msgpact.pactfile.bound', 'msgpact.serializers.framing', 'msgpact.serializers.avro', 'fastavro',\n"
        "          'google.protobuf', 'jsonschema', 'confluent_kafka', 'boto3', 'pydantic', 'asyncio')\n"
        "assert not sys.modules.keys() & {*needed}, sys.modules.keys() & {*needed}\n"
    )

    subprocess.run([sys.executable, "-c", program], check=True)


@pytest.mark.parametrize("name", msgpact.__all__)
def test_every_public_name_says_what_it_is(name: str) -> None:
    value = getattr(msgpact, name)

    assert inspect.getdoc(value)


@pytest.mark.parametrize("module", MODULES)
def test_every_module_says_what_it_is_for_and_lists_what_it_has(module: str) -> None:
    found = importlib.import_module(module)
    listed = getattr(found, "__all__", [])

    assert found.__doc__, f"{module} has no docstring"
    assert all(hasattr(found, name) for name in listed)
    assert len(set(listed)) == len(listed)


@pytest.mark.parametrize("module", ["msgpact.match", "msgpact.generate"])
def test_every_function_of_a_vocabulary_is_listed(module: str) -> None:
    found = importlib.import_module(module)
    functions = {
        name
        for name, value in vars(found).items()
        if inspect.isfunction(value) and value.__module__ == module and not name.startswith("_")
    }

    assert functions <= set(found.__all__)
