import sys
import traceback
from collections.abc import Iterator
from pathlib import Path

import pytest

from msgpact import Consumer, modules
from msgpact.errors import DeclarationError, ModuleNotLoadable, UserCodeError

CONTRACT = """
import msgpact
shop = msgpact.Consumer("shop", provider="orders")
deep = type("Deep", (), {"shop": shop})
number = 3
"""


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A project in the current folder, which is not on the path yet."""
    for name, text in {
        "contract.py": CONTRACT,
        "package/__init__.py": "",
        "package/inner.py": "here = True",
        "raises.py": "1 / 0",
        "refuses.py": "raise ValueError('not so')",
        "wants_more.py": "import no_such_library",
        "broken.py": "def",
        "declares.py": "from msgpact import match\nmatch.integer('1')",
        "needs/__init__.py": "import no_such_library",
        "needs/inner.py": "",
        "exits/__init__.py": "raise SystemExit(3)",
        "fails/__init__.py": "raise RuntimeError('not now')",
        "fails/inner.py": "",
    }.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [each for each in sys.path if each])
    before = set(sys.modules)
    yield tmp_path
    for name in set(sys.modules) - before:
        del sys.modules[name]


# -- modules ---------------------------------------------------------------------------------------------------------


def test_modules_of_the_current_folder_can_be_imported() -> None:
    assert modules.load("package.inner").here


def test_a_module_that_was_written_just_now_is_found(project: Path) -> None:
    modules.load("contract")
    (project / "later.py").write_text("here = True")

    assert modules.load("later").here


def test_the_current_folder_comes_last(project: Path) -> None:
    (project / "json.py").write_text("raise AssertionError")

    modules.load("contract")

    assert sys.path[-1] == str(project)
    assert sys.path.count(str(project)) == 1


@pytest.mark.parametrize(
    ("name", "why"),
    [
        pytest.param("no_such", "there is no module 'no_such'", id="module"),
        pytest.param("package.no_such", "there is no module 'package.no_such'", id="module in a package"),
        pytest.param("no_such.inner", "there is no module 'no_such'", id="package"),
        pytest.param("contract.inner", "there is no module 'contract.inner'", id="no package"),
        pytest.param("", "Empty module name", id="empty"),
        pytest.param(".inner", "the 'package' argument is required", id="relative"),
    ],
)
def test_a_module_that_is_not_there(name: str, why: str) -> None:
    with pytest.raises(ModuleNotLoadable, match=f"^Cannot import '{name}': {why}.* Run from the folder that holds it"):
        modules.load(name)


@pytest.mark.parametrize(
    ("name", "error"),
    [("raises", ZeroDivisionError), ("wants_more", ModuleNotFoundError), ("refuses", ValueError), ("broken", SyntaxError), ("exits", SystemExit)],
    ids=str,
)  # fmt: skip
def test_what_a_module_raises_itself_is_the_cause(name: str, error: type[BaseException]) -> None:
    with pytest.raises(UserCodeError, match=f"^Cannot import '{name}': it raised {error.__name__}") as caught:
        modules.load(name)

    assert isinstance(caught.value.__cause__, error)


def test_a_traceback_begins_in_the_module() -> None:
    with pytest.raises(UserCodeError) as caught:
        modules.load("raises")

    (frame,) = traceback.extract_tb(caught.value.__cause__.__traceback__)  # type: ignore[union-attr]  # it has a cause
    assert Path(frame.filename).name == "raises.py"


def test_what_no_frame_of_the_user_raised_has_no_traceback() -> None:
    with pytest.raises(UserCodeError) as caught:
        modules.load("broken")

    assert caught.value.__cause__ is not None
    assert caught.value.__cause__.__traceback__ is None


def test_a_declaration_that_cannot_be_says_where_it_stands() -> None:
    with pytest.raises(
        DeclarationError, match=r"^Cannot use '1' as the example of match.integer: .* \(At declares.py:2.\)$"
    ):
        modules.load("declares")


# -- objects ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("spec", ["contract:shop", "contract:deep.shop"])
def test_an_object_by_its_name(spec: str) -> None:
    assert isinstance(modules.load_object(spec, Consumer), Consumer)


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        pytest.param("contract", "Cannot load 'contract': it is not of the form MODULE:NAME", id="no name"),
        pytest.param("contract:", "Cannot load 'contract:': it is not of the form MODULE:NAME", id="empty name"),
        pytest.param(":shop", "Cannot load ':shop': it is not of the form MODULE:NAME", id="no module"),
        pytest.param("contract:shp", r"has no 'shp'\. Did you mean 'contract:shop'\?", id="typo"),
        pytest.param("contract:other", r"has no 'other'\. It holds: contract:shop\.", id="another name"),
        pytest.param("package:shop", r"has no 'shop'\. It holds no Consumer\.", id="nothing of that kind"),
        pytest.param("contract:deep.shp", "has no 'shp'", id="below"),
        pytest.param(
            "contract:number", "Cannot use 'contract:number': it is of type int, not a msgpact.Consumer", id="kind"
        ),
    ],
)
def test_an_object_that_is_not_there(spec: str, message: str) -> None:
    with pytest.raises(ModuleNotLoadable, match=message):
        modules.load_object(spec, Consumer)


# -- whether a module is gone ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "there"),
    [
        ("json", True),
        ("package.inner", True),
        ("raises", True),
        ("fails.inner", True),
        ("exits.inner", True),
        ("needs.inner", True),
        ("package.no_such", False),
        ("no_such", False),
        ("no_such.inner", False),
        ("contract.inner", False),
        ("", False),
    ],
)
def test_whether_a_module_can_still_be_found(project: Path, name: str, there: bool) -> None:
    sys.path.append(str(project))

    assert modules.exists(name) is there
