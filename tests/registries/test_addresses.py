"""Which registry an address means."""

from pathlib import Path

import pytest

from msgpact.errors import UsageError
from msgpact.registries.addresses import registry_from


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "a b").mkdir()
    (tmp_path / "a b" / "registry.json").write_text('{"schemas": []}', encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    return tmp_path


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("http://localhost:8081", "ConfluentRegistry('http://localhost:8081')"),
        ("https://me:secret@example.org/api", "ConfluentRegistry('https://example.org/api')"),
        ("http://localhost:8080/apis/ccompat/v7", "ApicurioRegistry('http://localhost:8080')"),
        ("glue:eu-central-1", "GlueRegistry('default-registry')"),
        ("glue:eu-central-1/shop", "GlueRegistry('shop')"),
        ("glue:", "GlueRegistry('default-registry')"),
        ("a b", "FilesRegistry('a b')"),
        ("./a b", "FilesRegistry('a b')"),
        ("file:a%20b", "FilesRegistry('a b')"),
    ],
)
def test_an_address(folder: Path, address: str, shown: str) -> None:
    assert repr(registry_from(address)) == shown


def test_a_url_of_a_folder(folder: Path) -> None:
    assert repr(registry_from((folder / "a b").as_uri())) == f"FilesRegistry({(folder / 'a b').as_posix()!r})"


@pytest.mark.parametrize("address", ["nowhere", "ftp://example.org", ""])
def test_no_address(folder: Path, address: str) -> None:
    with pytest.raises(
        UsageError, match=rf"^Cannot find the schema registry '{address}': it is no folder\. Give the URL"
    ):
        registry_from(address)
