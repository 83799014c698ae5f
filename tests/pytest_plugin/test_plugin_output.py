"""What a failing test shows: our text and nothing else, or the user's own traceback in full."""

import pytest
from suites import Suite, said


@pytest.fixture
def suite(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> Suite:
    return Suite(pytester, monkeypatch)


OURS = ["src/msgpact", "msgpact/calls.py", "msgpact/delivery.py", "msgpact/recorder.py", "msgpact.calls"]


def shown(suite: Suite, *options: str) -> str:
    """What stands below the failing test's name."""
    result = suite.run("--tb=auto", *options)
    result.assert_outcomes(failed=1)
    return said(result).partition("___\n")[2].partition("=== msgpact ===")[0]


@pytest.mark.parametrize(
    ("call", "text"),
    [
        pytest.param("case.deliver(nobody=1)", "Cannot deliver 'c' with nobody=...: handlers.py:10 on_c takes no such parameter.", id="wrong use"),
        pytest.param("pass", "Cannot count 'c' as delivered: the test ended without it.", id="never delivered"),
    ],
)  # fmt: skip
def test_our_own_errors_are_their_text(suite: Suite, call: str, text: str) -> None:
    suite.tests(f"@shop.parametrize('c')\ndef test(case): {call}")

    found = shown(suite)

    assert found.startswith(text)
    assert "def test" not in found


def test_a_timeout_shows_where_the_handler_stood(suite: Suite) -> None:
    suite.handlers(
        "import time\n\n@shop.expects('a', contents={})\ndef on_a(message):\n    while True: time.sleep(0.001)"
    )

    found = shown(suite, "--msgpact-timeout=0.1")

    assert found.startswith("Cannot finish the handler handlers.py:4 on_a: it did not end within 0.1 s.")
    assert "while True: time.sleep(0.001)" in found
    assert [each for each in OURS if each in found] == []


INNER = "def inner():\n    wanted = {'id': 1}\n    raise LookupError('no such order')\n\n"


@pytest.mark.parametrize("kind", ["def", "async def"])
@pytest.mark.parametrize("test", ["def test(case):\n    case.deliver()", "async def test(case):\n    await case.adeliver()"], ids=["sync", "async"])  # fmt: skip
@pytest.mark.parametrize("options", [[], ["--msgpact-timeout=60"]], ids=["", "with a timeout"])
def test_a_handlers_own_exception_shows_the_users_frames_only(
    suite: Suite, kind: str, test: str, options: list[str]
) -> None:
    suite.handlers(f"{INNER}@shop.expects('a', contents={{}})\n{kind} on_a(message):\n    inner()")
    suite.tests(f"@shop.parametrize()\n{test}")

    found = shown(suite, *options)

    assert "test_contract.py:6: " in found
    assert "handlers.py:8: in on_a" in found
    assert "handlers.py:4: LookupError" in found or "handlers.py:4: in inner" in found
    assert "raise LookupError('no such order')" in found
    assert [each for each in OURS if each in found] == []


@pytest.mark.parametrize(
    ("said_of", "name"),
    [
        pytest.param("decode=broken", "decode", id="decode"),
        pytest.param("via=broken", "via", id="via"),
    ],
)
def test_an_exception_of_another_function_of_the_users(suite: Suite, said_of: str, name: str) -> None:
    suite.handlers(
        f"def broken(value):\n    return 1 / 0\n\n@shop.expects('a', contents={{}}, {said_of})\ndef on_a(message): ..."
    )

    found = shown(suite)

    assert "return 1 / 0" in found
    assert [each for each in OURS if each in found] == []


@pytest.mark.parametrize(
    "yields", ["return 1 / 0", "1 / 0\n    yield", "yield\n    1 / 0"], ids=["plain", "up", "down"]
)
def test_an_exception_of_a_factory(suite: Suite, yields: str) -> None:
    suite.handlers(
        f"def repo():\n    {yields}\n\nshop.provide('repo', repo)\n\n"
        "@shop.expects('a', contents={})\ndef on_a(message, *, repo): ..."
    )

    found = shown(suite)

    assert "1 / 0" in found
    assert [each for each in OURS if each in found] == []


def test_an_error_of_ours_that_the_users_code_raised_shows_its_traceback(suite: Suite) -> None:
    suite.handlers("@shop.expects('a', contents={})\ndef on_a(message): msgpact.load('no-such-pact.json')")

    found = shown(suite)

    assert "def on_a(message): msgpact.load('no-such-pact.json')" in found
    assert "Cannot read the pact 'no-such-pact.json'" in found


def test_a_failed_assertion_of_the_test_is_shown_as_always(suite: Suite) -> None:
    suite.tests("@shop.parametrize('c')\ndef test(case):\n    assert case.deliver() == {'id': 4}")

    assert "assert {'id': 3} == {'id': 4}" in shown(suite)


@pytest.mark.parametrize("option", ["--tb=short", "--tb=line", "--tb=native", "--tb=no"])
def test_other_styles_of_tracebacks_work(suite: Suite, option: str) -> None:
    suite.tests("@shop.parametrize('c')\ndef test(case): case.deliver(nobody=1)")

    suite.run(option).assert_outcomes(failed=1)


def test_notes_of_examples_are_shown(suite: Suite) -> None:
    suite.handlers("@shop.expects('a', example={'x': None})\ndef on_a(message): ...")

    assert "note: a: x: the example holds null" in said(suite.run())


def test_junit_holds_the_text(suite: Suite) -> None:
    suite.tests("@shop.parametrize('c')\ndef test(case): case.deliver(nobody=1)")

    suite.run("--junitxml=report.xml")

    assert "on_c takes no such parameter." in (suite.folder / "report.xml").read_text()


@pytest.mark.parametrize(
    "mistake",
    ["match.integer('1')", "shop.parametrize(5)", "shop.expects('a')", "generate.regex('(', example='a')"],
)
def test_a_mistake_at_import_is_shown_where_it_was_made(suite: Suite, mistake: str) -> None:
    suite.write(test_contract=f"from contract import *\n\n{mistake}\n")

    found = said(suite.run())

    assert f"test_contract.py:3: in <module>\n    {mistake}\nE   " in found
    assert "DeclarationError: Cannot " in found
    assert found.count("in <module>") == found.count(": in ")
