"""Coroutine tests: without a mark, and beside the plugins that run others."""

import pytest
from suites import Suite, said


@pytest.fixture
def suite(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> Suite:
    return Suite(pytester, monkeypatch)


ASYNC = """
import asyncio
loops = []

@shop.parametrize()
{mark}
async def test_handles(case):
    await asyncio.sleep(0)
    loops.append(asyncio.get_running_loop())
    await case.adeliver()
"""

RUNS = [
    pytest.param((), [], "", id="no other plugin"),
    pytest.param(("asyncio",), [], "", id="asyncio strict"),
    pytest.param(("asyncio",), [], "@pytest.mark.asyncio", id="asyncio strict, marked"),
    pytest.param(("asyncio",), ["-o", "asyncio_mode=auto"], "", id="asyncio auto"),
    pytest.param(("anyio",), [], "", id="anyio"),
    pytest.param(("anyio",), [], "@pytest.mark.anyio", id="anyio, marked"),
    pytest.param(("asyncio", "anyio"), [], "", id="both"),
    pytest.param(("asyncio", "anyio"), [], "@pytest.mark.anyio", id="both, marked for anyio"),
]


@pytest.fixture(autouse=True)
def asyncio_only(suite: Suite) -> None:
    suite.write(conftest="import pytest\n\n@pytest.fixture\ndef anyio_backend(): return 'asyncio'\n")


@pytest.mark.parametrize(("plugins", "options", "mark"), RUNS)
def test_coroutine_tests_run(suite: Suite, plugins: tuple[str, ...], options: list[str], mark: str) -> None:
    suite.tests(ASYNC.format(mark=mark))

    suite.run(*options, plugins=plugins).assert_outcomes(passed=3)

    assert suite.held() == ["a", "b", "c"]


@pytest.mark.parametrize(("plugins", "options", "mark"), RUNS)
def test_coroutine_tests_that_fail(suite: Suite, plugins: tuple[str, ...], options: list[str], mark: str) -> None:
    suite.tests(f"@shop.parametrize('c')\n{mark}\nasync def test(case):\n    await case.adeliver()\n    assert 1 == 2")

    result = suite.run(*options, plugins=plugins)

    result.assert_outcomes(failed=1)
    assert "assert 1 == 2" in said(result)
    assert "pytest_plugin.py" not in said(result)


@pytest.mark.parametrize(
    "test", ["def test(self, case): case.deliver()", "async def test(self, case): await case.adeliver()"]
)
def test_methods(suite: Suite, test: str) -> None:
    suite.tests(f"class TestIt:\n    @shop.parametrize()\n    {test}")

    suite.run().assert_outcomes(passed=3)


def test_all_coroutines_run_on_one_loop(suite: Suite) -> None:
    suite.handlers(
        "import asyncio\nloops = set()\n\n"
        "@shop.expects('a', contents={})\n@shop.expects('b', contents={})\n"
        "async def handler(message): loops.add(asyncio.get_running_loop())\n"
    )
    suite.tests(
        "@shop.parametrize()\ndef test_plain(case): case.deliver()\n\n"
        "@shop.parametrize()\nasync def test_coroutine(case): await case.adeliver()\n\n"
        "def test_last(): assert len(handlers.loops) == 1"
    )

    suite.run().assert_outcomes(passed=5)


def test_plain_tests_of_coroutine_handlers_beside_coroutine_tests_of_others(suite: Suite) -> None:
    suite.tests(
        "import asyncio\n\n@shop.parametrize()\ndef test(case): case.deliver()\n\n"
        "@pytest.mark.asyncio\nasync def test_other(): await asyncio.sleep(0)\n\n"
        "@shop.parametrize()\ndef test_again(case): case.deliver()"
    )

    suite.run(plugins=("asyncio",)).assert_outcomes(passed=7)


def test_coroutine_fixtures_of_pytest_asyncio(suite: Suite) -> None:
    suite.tests(
        "import asyncio, pytest_asyncio\n\n"
        "@pytest_asyncio.fixture\nasync def loop_of_the_fixture():\n    yield asyncio.get_running_loop()\n\n"
        "@shop.parametrize()\n@pytest.mark.asyncio\nasync def test(case, loop_of_the_fixture):\n"
        "    assert asyncio.get_running_loop() is loop_of_the_fixture\n    await case.adeliver()"
    )

    suite.run(plugins=("asyncio",)).assert_outcomes(passed=3)


def test_the_wrong_driver_names_the_other(suite: Suite) -> None:
    suite.tests("@shop.parametrize('c')\nasync def test(case): case.deliver()")

    result = suite.run()

    result.assert_outcomes(failed=1)
    assert (
        "Cannot deliver 'c' here: an event loop is already running. Write `await case.adeliver(...)` instead."
        in said(result)
    )


def test_coroutine_tests_that_are_not_ours_are_left_alone(suite: Suite) -> None:
    suite.tests("import asyncio\n\n@pytest.mark.asyncio\nasync def test(): await asyncio.sleep(0)")

    suite.run(plugins=("asyncio",)).assert_outcomes(passed=1)
