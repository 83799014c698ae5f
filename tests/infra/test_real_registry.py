"""A real schema registry for tests is had, skipped or demanded as the environment says."""

import os
from pathlib import Path

import pytest
from registry_servers import Server

pytestmark = pytest.mark.once

TESTS = Path(__file__).parents[1]
TEST = """
    def test_it(apicurio):
        assert apicurio.url
"""


@pytest.fixture
def run(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    """A test run that needs a real registry, on a machine without Java and Maven."""
    monkeypatch.setenv("PATH", str(pytester.path))
    monkeypatch.setenv("PYTHONPATH", str(TESTS), prepend=os.pathsep)
    monkeypatch.delenv("MSGPACT_REAL_REGISTRY", raising=False)
    monkeypatch.delenv("MSGPACT_NO_SKIP", raising=False)
    pytester.makepyfile(TEST)
    return pytester


def options() -> list[str]:
    return ["-p", "registry_servers", "-rs", "-o", "asyncio_default_fixture_loop_scope=function"]


def test_without_java_it_is_skipped_and_says_so(run: pytest.Pytester) -> None:
    result = run.runpytest_subprocess(*options())

    result.assert_outcomes(skipped=1)
    result.stdout.fnmatch_lines(["*Cannot start a schema registry: there is no Java here.*"])


def test_where_nothing_may_be_skipped_it_fails(run: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MSGPACT_NO_SKIP", "1")

    result = run.runpytest_subprocess(*options())

    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*RegistryNotStarted: Cannot start a schema registry: there is no Java here."])


def test_a_running_registry_is_used(
    run: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, embedded_registry: Server
) -> None:
    monkeypatch.setenv("MSGPACT_REAL_REGISTRY", embedded_registry.url)

    run.runpytest_subprocess(*options()).assert_outcomes(passed=1)
