"""Other implementations of Pact are had, skipped or demanded as the environment says."""

import os
from pathlib import Path

import pytest

pytestmark = pytest.mark.once

TESTS = Path(__file__).parents[1]
TEST = """
    import pytest
    from other_tools import EACH, tool

    @pytest.mark.parametrize("name", EACH)
    def test_it(name):
        assert tool(name).name == name
"""


@pytest.fixture
def run(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    """A test run that needs each of them, on a machine without Java, Maven and Node."""
    monkeypatch.setenv("PATH", str(pytester.path))
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(map(str, (TESTS, TESTS / "interop"))), prepend=os.pathsep)
    monkeypatch.delenv("MSGPACT_NO_SKIP", raising=False)
    pytester.makeini("[pytest]\nmarkers = interop\nasyncio_default_fixture_loop_scope = function")
    pytester.makepyfile(TEST)
    return pytester


def test_without_java_and_node_two_are_skipped_and_say_so(run: pytest.Pytester) -> None:
    result = run.runpytest_subprocess("-rs")

    result.assert_outcomes(passed=1, skipped=2)
    result.stdout.fnmatch_lines_random(
        ["*Cannot run pact-jvm: there is no java here.*", "*Cannot run pact-js: there is no node here.*"]
    )


def test_where_nothing_may_be_skipped_they_fail(run: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MSGPACT_NO_SKIP", "1")

    result = run.runpytest_subprocess()

    result.assert_outcomes(passed=1, failed=2)
    result.stdout.fnmatch_lines(["*ToolMissing: Cannot run pact-jvm: there is no java here."])
