"""Optional libraries: what is missing is said with the line that installs it; what is broken is not hidden."""

from pathlib import Path

import pytest

from msgpact.errors import MissingExtra, UsageError
from msgpact.extras import require


def test_an_installed_library() -> None:
    assert require("json", extra="x", feature="X").__name__ == "json"


@pytest.mark.parametrize("module", ["no_such_library", "no_such_library.below"])
def test_a_missing_library(module: str) -> None:
    with pytest.raises(MissingExtra) as caught:
        require(module, extra="kafka", feature="Kafka records")

    assert (
        str(caught.value)
        == f"Cannot use Kafka records: {module!r} is not installed. Run: pip install 'msgpact[kafka]'."
    )
    assert isinstance(caught.value, UsageError | ImportError)
    assert caught.value.__cause__ is None


@pytest.mark.parametrize(
    ("code", "error"),
    [
        ("import no_such_dependency", ModuleNotFoundError),
        ("from json import no_such_name", ImportError),
        ("1 / 0", ZeroDivisionError),
    ],
)
def test_a_broken_library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: str, error: type[Exception]) -> None:
    (tmp_path / "broken_library.py").write_text(code)
    monkeypatch.syspath_prepend(tmp_path)

    with pytest.raises(error) as caught:
        require("broken_library", extra="kafka", feature="Kafka records")
    assert not isinstance(caught.value, MissingExtra)
