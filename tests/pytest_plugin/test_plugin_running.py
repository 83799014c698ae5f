"""Which tests run, with which cases, and what becomes of a test that never used its own."""

import pytest
from suites import Suite, said


@pytest.fixture
def suite(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> Suite:
    return Suite(pytester, monkeypatch)


def ids(result: pytest.RunResult) -> list[str]:
    """The tests that passed, by what stands in their brackets."""
    return [line.partition("[")[2].rpartition("]")[0] for line in result.outlines if line.startswith("PASSED")]


def test_one_test_per_expected_message(suite: Suite) -> None:
    assert ids(suite.run("-rp")) == ["a", "b (given x)", "c"]


@pytest.mark.parametrize(
    ("selection", "selected"),
    [
        pytest.param("", ["a", "b (given x)", "c"], id="all"),
        pytest.param("'c'", ["c"], id="a description"),
        pytest.param("handlers.on_b", ["b (given x)"], id="a handler"),
        pytest.param("'c', handlers.on_a, 'a'", ["c", "a"], id="several, each once"),
    ],
)
def test_selection(suite: Suite, selection: str, selected: list[str]) -> None:
    suite.tests(f"@shop.parametrize({selection})\ndef test(case): case.deliver()")

    assert ids(suite.run("-rp")) == selected


def test_what_deliver_returns_can_be_asserted(suite: Suite) -> None:
    suite.tests("@shop.parametrize('c')\ndef test(case): assert case.deliver() == {'id': 3}")

    suite.run().assert_outcomes(passed=1)


@pytest.mark.parametrize(
    "test",
    [
        pytest.param("class TestIt:\n    @shop.parametrize()\n    def test(self, case): case.deliver()", id="a method"),
        pytest.param("@pytest.fixture\ndef repo(): return []\n\n@shop.parametrize()\ndef test(repo, case): case.deliver()", id="a fixture"),
        pytest.param("@pytest.fixture\ndef delivered(case): return case.deliver()\n\n@shop.parametrize()\ndef test(case, delivered): assert delivered['id']", id="delivered by a fixture"),
        pytest.param("@pytest.fixture(autouse=True)\ndef around(): yield\n\n@shop.parametrize()\ndef test(case): case.deliver()", id="a fixture for all"),
    ],
)  # fmt: skip
def test_tests_are_written_as_always(suite: Suite, test: str) -> None:
    suite.tests(test)

    suite.run().assert_outcomes(passed=3)
    assert suite.held() == ["a", "b", "c"]


@pytest.mark.parametrize("marks", ["{other}\n{ours}", "{ours}\n{other}"], ids=["above", "below"])
def test_other_parameters_multiply(suite: Suite, marks: str) -> None:
    decorators = marks.format(ours="@shop.parametrize()", other="@pytest.mark.parametrize('n', [1, 2])")
    suite.tests(f"{decorators}\ndef test(case, n): case.deliver()")

    suite.run().assert_outcomes(passed=6)
    assert suite.held() == ["a", "b", "c"]


def test_two_consumers_on_one_test(suite: Suite) -> None:
    suite.tests(
        "other = msgpact.Consumer('other', provider='orders')\n"
        "other.expects('a', contents={})(print)\n\n"
        "@other.parametrize()\n@shop.parametrize()\ndef test(case): case.deliver()"
    )

    assert ids(suite.run("-rp")) == ["a #0", "b (given x)", "c", "a #3"]
    assert suite.held("other-orders") == ["a"]


def test_messages_whose_descriptions_are_odd(suite: Suite) -> None:
    suite.handlers("for name in ('[x]::y', 'é', 'a/b'): shop.expects(name, contents={})(print)")

    suite.run().assert_outcomes(passed=3)
    assert suite.held() == ["[x]::y", "a/b", "é"]


# -- tests that never use their case ---------------------------------------------------------------------------------

UNUSED = "Cannot count 'c' as delivered: the test ended without it. Call case.deliver()"


@pytest.mark.parametrize(
    "test",
    [
        pytest.param("def test(case): pass", id="nothing"),
        pytest.param("async def test(case): pass", id="nothing in a coroutine"),
        pytest.param("def test(case):\n    with pytest.raises(TypeError): case.deliver(handler=lambda message: 1 + 'a')", id="a failure that is expected"),
        pytest.param("def test(case):\n    case.adeliver().close()", id="a coroutine that is never awaited"),
    ],
)  # fmt: skip
def test_a_case_that_is_never_delivered_fails_its_test(suite: Suite, test: str) -> None:
    suite.tests(f"@shop.parametrize('c')\n{test}")

    result = suite.run()

    result.assert_outcomes(failed=1)
    assert UNUSED in said(result)


@pytest.mark.filterwarnings("ignore::RuntimeWarning", "ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_coroutine_that_is_never_awaited_fails_its_test(suite: Suite) -> None:
    suite.tests("@shop.parametrize('c')\nasync def test(case): case.adeliver()")

    assert UNUSED in said(suite.run("-W", "ignore"))


def test_a_case_that_an_earlier_test_delivered_does_not_count(suite: Suite) -> None:
    suite.tests(
        "@pytest.mark.parametrize('n', [1, 2])\n@shop.parametrize('c')\ndef test(case, n):\n    if n == 1: case.deliver()"
    )

    suite.run().assert_outcomes(passed=1, failed=1)
    assert suite.held() is None


# -- what cannot be collected ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("test", "message"),
    [
        pytest.param("@shop.parametrize('zzz')\ndef test(case): ...", "Cannot select 'zzz': consumer 'shop' expects no such message. It expects: 'a', 'b', 'c'.", id="no such message"),
        pytest.param("@shop.parametrize(print)\ndef test(case): ...", "Cannot select <built-in>:0 print: consumer 'shop' expects nothing of it.", id="no handler"),
        pytest.param("@shop.parametrize()\ndef test(): ...", "Cannot parametrize 'test': it has no parameter 'case'.", id="no case"),
        pytest.param("@msgpact.Consumer('x', provider='y').parametrize()\ndef test(case): ...", "Cannot record 'x': it expects no message", id="nothing expected"),
        pytest.param("@msgpact.Consumer('x', modules=['no_such']).parametrize()\ndef test(case): ...", "Cannot import 'no_such' (one of the modules of consumer 'x')", id="no module"),
        pytest.param("@msgpact.Consumer('x', modules=['exits']).parametrize()\ndef test(case): ...", "Cannot import 'exits' (one of the modules of consumer 'x'): it raised SystemExit: 0", id="a module that exits"),
    ],
)  # fmt: skip
def test_what_cannot_be_collected_says_why_and_nothing_else(suite: Suite, test: str, message: str) -> None:
    suite.write(exits="raise SystemExit(0)")
    suite.tests(test)

    result = suite.run()

    assert result.ret == pytest.ExitCode.INTERRUPTED
    assert message in said(result)
    assert "During handling" not in said(result)
    assert "pytest_plugin.py" not in said(result)


def test_a_module_that_raises_shows_its_own_traceback(suite: Suite) -> None:
    suite.handlers("def broken():\n    1 / 0\n\nbroken()")
    suite.write(test_contract="from contract import *\n\n@shop.parametrize()\ndef test(case): ...")

    result = suite.run()

    result.stdout.fnmatch_lines(
        [
            "Cannot import 'handlers' (one of the modules of consumer 'shop'): it raised ZeroDivisionError: *",
            '  File "*handlers.py", line 5, in <module>',
        ]
    )
    assert "pytest_plugin.py" not in said(result)


@pytest.mark.parametrize(
    ("option", "message"),
    [
        ("--msgpact-seed=abc", "Cannot use seed = 'abc'"),
        ("--msgpact-timeout=-1", "Cannot use timeout = '-1'"),
    ],
)
@pytest.mark.parametrize("plugins", [(), ("xdist",)], ids=["alone", "under xdist"])
def test_a_wrong_option_is_a_sentence(suite: Suite, plugins: tuple[str, ...], option: str, message: str) -> None:
    result = suite.run(option, *(["-n1"] if plugins else []), plugins=plugins)

    assert result.ret in (pytest.ExitCode.INTERRUPTED, pytest.ExitCode.USAGE_ERROR)
    assert message in said(result)
    assert "INTERNALERROR" not in said(result)


# -- values ----------------------------------------------------------------------------------------------------------


def test_the_seed_repeats_the_values_in_any_order(suite: Suite) -> None:
    suite.tests(
        "@shop.parametrize()\ndef test(case):\n    with open('seen', 'a') as file: print(case.deliver()['id'], file=file)"
    )
    first = suite.run()
    seed = next(line.split()[1] for line in first.outlines if line.startswith("seed "))
    suite.run(f"--msgpact-seed={seed}", "test_contract.py::test[c]", "test_contract.py::test[a]")

    seen = (suite.folder / "seen").read_text().split()
    assert seen[3:] == [seen[2], seen[0]]
    assert int(seen[0]) > 1


def test_the_timeout_is_an_option(suite: Suite) -> None:
    suite.handlers(
        "import time\n\n@shop.expects('a', contents={})\ndef on_a(message):\n    while True: time.sleep(0.001)"
    )

    result = suite.run("--msgpact-timeout=0.2")

    result.assert_outcomes(failed=1)
    assert "it did not end within 0.2 s" in said(result)
    assert "while True: time.sleep(0.001)" in said(result)
