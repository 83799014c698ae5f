"""Where a consumer's handler stands: looked up in its source, without importing it."""

import os
import sys
import textwrap
from pathlib import Path

import pytest

from msgpact.reporters.places import handler_place

SOURCE = textwrap.dedent(
    """
    raise RuntimeError("never imported")

    class Handlers:
        @decorated
        @twice
        async def on_order(self): ...

    def make():
        if True:
            pass
        def inner(): ...
    """
)


@pytest.fixture(autouse=True)
def _service(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = tmp_path / "fulfilment_service"
    package.mkdir()
    (package / "__init__.py").write_text(SOURCE)
    (package / "handlers.py").write_text(SOURCE)
    (package / "broken.py").write_text("def f(:")
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend("")


FILE = os.path.join("fulfilment_service", "handlers.py")


@pytest.mark.parametrize(
    ("origin", "place"),
    [
        ("fulfilment_service.handlers:make", f"{FILE}:9 make"),
        ("fulfilment_service.handlers:Handlers", f"{FILE}:4 Handlers"),
        ("fulfilment_service.handlers:Handlers.on_order", f"{FILE}:5 Handlers.on_order"),
        ("fulfilment_service.handlers:make.<locals>.inner", f"{FILE}:12 make.<locals>.inner"),
        ("fulfilment_service:make", f"{os.path.join('fulfilment_service', '__init__.py')}:9 make"),
        ("fulfilment_service.handlers:gone", "fulfilment_service.handlers:gone"),
        ("fulfilment_service.handlers:<lambda>", "fulfilment_service.handlers:<lambda>"),
        ("fulfilment_service.broken:f", "fulfilment_service.broken:f"),
        ("fulfilment_service.gone:f", "fulfilment_service.gone:f"),
        ("../../etc/passwd:f", "../../etc/passwd:f"),
        ("fulfilment_service.handlers", "fulfilment_service.handlers"),
        ("", ""),
        ("m" * 300 + ":f", "m" * 300 + ":f"),
        ("a." * 3000 + "b:f", "a." * 3000 + "b:f"),
    ],
)
def test_place(origin: str, place: str) -> None:
    assert handler_place(origin) == place
    assert "fulfilment_service" not in sys.modules
