"""XML read and written: encodings, what is refused, what handlers are given."""

import re
import subprocess
import sys
from xml.etree import ElementTree

import pytest

from msgpact.serializers import xml

LEVELS = ["x" * 1000, *(f"&e{each};" * 10 for each in range(9))]
BOMB = (
    f"<!DOCTYPE a [{''.join(f'<!ENTITY e{n} {chr(34)}{each}{chr(34)}>' for n, each in enumerate(LEVELS))}]><a>&e9;</a>"
)


def text(element: ElementTree.Element) -> str:
    return ElementTree.tostring(element, encoding="unicode")


@pytest.mark.parametrize(
    ("contents", "root"),
    [
        (b"<a>x</a>", "<a>x</a>"),
        (b"\xef\xbb\xbf<a>x</a>", "<a>x</a>"),
        ("<a>é</a>", "<a>é</a>"),
        ("<a>é</a>".encode(), "<a>é</a>"),
        ('<?xml version="1.0" encoding="iso-8859-1"?><a>é</a>'.encode("latin-1"), "<a>é</a>"),
        ('<?xml version="1.0" encoding="utf-16"?><a>é</a>'.encode("utf-16"), "<a>é</a>"),
        ('<?xml version="1.0" encoding="utf-16"?><a>é</a>', "<a>é</a>"),
        (b"<!DOCTYPE a SYSTEM 'http://127.0.0.1:1/a.dtd'><a/>", "<a />"),
    ],
)
def test_reading(contents: bytes | str, root: str) -> None:
    assert text(xml.load(contents)) == root


@pytest.mark.parametrize(
    ("contents", "why"),
    [
        (b"", "it is not XML (no element found, line 1, column 1)"),
        (b"<a>", "it is not XML (no element found, line 1, column 4)"),
        (b"<a></b>", "it is not XML (mismatched tag, line 1, column 6)"),
        (b"{}", "it is not XML (not well-formed (invalid token), line 1, column 1)"),
        (b"<a>\xff</a>", "it is not XML (not well-formed (invalid token), line 1, column 4)"),
        (b"<n:a/>", "it is not XML (unbound prefix, line 1, column 1)"),
        (b"<a>&b;</a>", "it is not XML (undefined entity, line 1, column 4)"),
        (
            b"<?xml version='1.0' encoding='klingon'?><a/>",
            "it is not XML (unknown encoding: klingon, line 1, column 1)",
        ),
        (b"<a/><b/>", "it is not XML (junk after document element, line 1, column 5)"),
        ("<a>\ud800</a>", "it is not XML ("),
        (b"<!DOCTYPE a [<!ENTITY x 'y'>]><a>&x;</a>", "it declares the entity 'x', and entities are not expanded"),
        (b"<!DOCTYPE a [<!ENTITY x SYSTEM 'file:///etc/passwd'>]><a>&x;</a>", "it declares the entity 'x', and"),
        (b"<!DOCTYPE a [<!ENTITY % x SYSTEM 'file:///etc/passwd'>%x;]><a/>", "it declares the entity 'x', and"),
        (b"<!DOCTYPE a SYSTEM 'x'><a b='1&foo;'/>", "it refers to the entity 'foo', which is declared elsewhere"),
        ("<!DOCTYPE a SYSTEM 'x'><a b='1&foo;'/>".encode("utf-16"), "it refers to the entity 'foo', which is declared"),
        (BOMB, "it declares the entity 'e0', and entities are not expanded"),
        (BOMB.encode("utf-16"), "it declares the entity 'e0', and entities are not expanded"),
    ],
)
def test_what_is_refused(contents: bytes | str, why: str) -> None:
    with pytest.raises(ValueError, match=re.escape(why)):
        xml.load(contents)


LIMIT = "import resource; resource.setrlimit(resource.RLIMIT_AS, (2**31, 2**31))"  # memory, where it can be limited


def test_depth_needs_no_stack() -> None:
    """In a process of its own: what it tests for is a crash."""
    program = (
        f"{LIMIT if sys.platform == 'linux' else ''}\n"
        "from msgpact.serializers import xml\n"
        "deep = b'<a>' * 200_000 + b'</a>' * 200_000\n"
        "xml.load(deep)\n"
        "try:\n    xml.build(deep, str)\n"
        "except ValueError as error:\n    print(error)\n"
    )
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False, timeout=300)

    assert (run.returncode, run.stdout, run.stderr) == (0, "it is nested too deep\n", "")


@pytest.mark.parametrize(
    ("value", "contents"),
    [
        (b"<a/>", b"<a/>"),
        ("<a>é</a>", "<a>é</a>".encode()),
        (ElementTree.Element("a", {"b": "é"}), '<a b="é" />'.encode()),
        ('<?xml version="1.0" encoding="latin-1"?><a>é€</a>', b'<?xml version="1.0" encoding="latin-1"?><a>\xe9&#8364;</a>'),
    ],
)  # fmt: skip
def test_writing(value: object, contents: bytes) -> None:
    assert xml.dump(value) == contents


def test_what_is_not_written() -> None:
    with pytest.raises(TypeError, match=r"a dict is not XML: give text, bytes or an xml.etree.ElementTree.Element"):
        xml.dump({"a": 1})
    with pytest.raises(ValueError, match="it declares an encoding that is not known: 'klingon'"):
        xml.dump("<?xml version='1.0' encoding='klingon'?><a/>")


def test_what_handlers_are_given() -> None:
    built = xml.build(b"<a>x</a>", ElementTree.Element)

    assert isinstance(built, ElementTree.Element)
    assert xml.build(b"<a/>", str | None) == "<a />"
    assert text(built) == "<a>x</a>"
    assert xml.build("<?xml version='1.0' encoding='latin-1'?><a>é</a>".encode("latin-1"), str) == "<a>é</a>"
    with pytest.raises(
        TypeError, match=r"XML is delivered as xml.etree.ElementTree.Element, str or bytes, not as <class 'int'>"
    ):
        xml.build(b"<a/>", int)
