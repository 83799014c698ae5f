"""`@provider.parametrize`: a pytest item for each interaction, red for whatever was not verified."""

import asyncio  # noqa: F401  (a run inside forgets what it was the first to import)
import json
import re
from collections.abc import Callable
from pathlib import Path

import hypothesis  # noqa: F401  (as above)
import pydantic  # noqa: F401  (as above)
import pytest
from pacts import Raw, message, pact_file

SETTINGS = """
[pytest]
filterwarnings = error
asyncio_default_fixture_loop_scope = function
"""

CONTRACT = """\
import asyncio
import msgpact

orders = msgpact.Provider("orders")

@orders.produces("honoured")
def honoured(): return {"id": 42}

@orders.produces("honoured later")
async def honoured_later():
    await asyncio.sleep(0)
    return {"id": 42}

@orders.produces("broken")
def broken(): return {"id": "42"}

@orders.produces("nothing")
def nothing(): return None

@orders.produces("raising")
def raising():
    def look_up():
        raise LookupError("no such order")
    look_up()

@orders.produces("exiting")
def exiting(): raise SystemExit(0)

@orders.produces("hanging")
async def hanging(): await asyncio.sleep(600)

@orders.produces("fixed")
def fixed(number): return {"id": number}

@orders.state("it raises")
def it_raises(): raise LookupError("no such table")
"""

TESTS = """
import pytest
from orders_contract import orders

@orders.parametrize(pacts="pacts/")
def test_honours(case):
    case.verify()
"""

Project = Callable[..., pytest.Pytester]


@pytest.fixture
def project(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> Project:
    """A provider's project with these interactions in its pact, and these tests."""

    def project(*interactions: Raw, tests: str = TESTS) -> pytest.Pytester:
        pytester.makefile(".ini", pytest=SETTINGS)
        pytester.makepyfile(orders_contract=CONTRACT, test_contract=tests)
        if interactions:
            pact_file(pytester.path / "pacts", *interactions)
        return pytester

    monkeypatch.setattr("sys.dont_write_bytecode", True)
    pytester.syspathinsert()
    return project


def place_of(producer: str) -> str:
    """Where a producer of the contract stands: at its decorator, as Python counts."""
    line = CONTRACT.splitlines().index(f'@orders.produces("{producer}")') + 1
    return f"orders_contract.py:{line} {producer}"


def failure_of(result: pytest.RunResult) -> list[str]:
    """The lines under the one failure's or error's title."""
    lines = result.outlines
    start = next(number for number, line in enumerate(lines) if line.startswith("____"))
    end = next(number for number, line in enumerate(lines) if number > start and line.startswith("===="))
    return lines[start + 1 : end]


# -- items -----------------------------------------------------------------------------------------------------------


def test_there_is_an_item_for_each_interaction(project: Project) -> None:
    result = project(message("honoured"), message("broken", given=["it raises"])).runpytest("--collect-only", "-q")

    result.stdout.fnmatch_lines(
        [
            "test_contract.py::test_honours[[]fulfilment: honoured]",
            "test_contract.py::test_honours[[]fulfilment: broken (given it raises)]",
        ]
    )


def test_a_sequence_is_an_item(project: Project) -> None:
    pytester = project(message("honoured"))
    pact = pytester.path / "pacts" / "fulfilment-orders.json"
    raw = json.loads(pact.read_text())
    raw["metadata"]["msgpact"] = {"sequences": [{"description": "all of it", "emits": [{"description": "honoured"}]}]}
    pact.write_text(json.dumps(raw))

    result = pytester.runpytest("-v")

    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(
        [
            "*test_honours[[]fulfilment: all of it] FAILED*",
            "Cannot verify 'all of it': no action is registered for it. *",
        ]
    )


TESTS_OF_ALL_KINDS = [
    pytest.param(TESTS, id="sync"),
    pytest.param("{head}async def test(case):\n    await case.averify()", id="async without a mark"),
    pytest.param(
        "{head}@pytest.mark.asyncio\nasync def test(case):\n    await case.averify()", id="with asyncio's mark"
    ),
    pytest.param(
        "{head}@pytest.mark.anyio\nasync def test(case):\n    await case.averify()\n\n@pytest.fixture\ndef anyio_backend(): return 'asyncio'",
        id="with anyio's mark",
    ),
]
HEAD = 'import pytest\nfrom orders_contract import orders\n\n@orders.parametrize(pacts="pacts/")\n'


@pytest.mark.parametrize("tests", TESTS_OF_ALL_KINDS)
def test_tests_of_all_kinds(project: Project, tests: str) -> None:
    pytester = project(message("honoured"), message("honoured later"), message("broken"), tests=tests.format(head=HEAD))

    pytester.runpytest().assert_outcomes(passed=2, failed=1)


def test_items_run_in_parallel(project: Project) -> None:
    pytester = project(*(message("honoured", key=str(i), given=[]) for i in range(6)), message("broken"))

    pytester.runpytest_subprocess("-n", "2").assert_outcomes(passed=6, failed=1)


def test_fixtures_are_handed_on(project: Project) -> None:
    tests = HEAD + "def test(case, number):\n    case.verify(number=number)\n\n@pytest.fixture\ndef number(): return 42"

    project(message("fixed"), tests=tests).runpytest().assert_outcomes(passed=1)


@pytest.mark.parametrize(
    ("options", "passed"),
    [("description='honoured*'", 2), ("description=['honoured']", 1), ("consumer='fulfilment', state='none'", 1)],
)
def test_filters(project: Project, options: str, passed: int) -> None:
    pytester = project(
        message("honoured"),
        message("honoured later"),
        message("honoured", given=["none"]),
        message("broken"),
        tests=TESTS.replace('"pacts/"', f'"pacts/", {options}').replace(
            "import pytest", "import pytest, orders_contract"
        )
        + "\norders.state('none')(lambda: None)\n",
    )
    passed += 1 if "honoured" in options else 0

    pytester.runpytest().assert_outcomes(passed=passed)


@pytest.mark.parametrize(
    "pacts",
    [
        '"pacts/fulfilment-orders.json"',
        '["pacts"]',
        "__import__('pathlib').Path('pacts')",
        "msgpact.load('pacts/fulfilment-orders.json')",
    ],
)
def test_pacts_are_named_in_many_ways(project: Project, pacts: str) -> None:
    tests = TESTS.replace('"pacts/"', pacts).replace("import pytest", "import pytest, msgpact")

    project(message("honoured"), tests=tests).runpytest().assert_outcomes(passed=1)


def test_pacts_are_meant_from_the_root_of_the_run(project: Project) -> None:
    pytester = project(message("honoured"))
    (pytester.path / "below").mkdir()
    (pytester.path / "test_contract.py").rename(pytester.path / "below" / "test_contract.py")

    pytester.runpytest("below").assert_outcomes(passed=1)


# -- what a failure shows --------------------------------------------------------------------------------------------


def test_a_failing_item_shows_the_report_and_no_stack(project: Project) -> None:
    result = project(message("broken")).runpytest()

    result.assert_outcomes(failed=1)
    assert failure_of(result) == [
        "broken",
        "expected by  fulfilment",
        f"produced by  orders: {place_of('broken')}",
        f"pact         {Path('pacts', 'fulfilment-orders.json')}",
        "",
        "$.id",
        "  expected  exactly 42",
        '  got       "42" (a string)',
    ]


def test_a_users_exception_is_shown_with_the_users_frames_only(project: Project) -> None:
    result = project(message("raising")).runpytest("--tb=long", "--showlocals")

    result.assert_outcomes(failed=1)
    shown = failure_of(result)
    files = [line.partition(":")[0] for line in shown if re.match(r"\w+\.py:\d+: ", line)]
    assert files == ["test_contract.py", "orders_contract.py", "orders_contract.py"]
    assert "case       = ProviderCase('fulfilment', 'raising')" in shown
    assert "E       LookupError: no such order" in shown
    assert any(
        f"E       The producer {place_of('raising')} raised LookupError: no such order" in line for line in shown
    )


@pytest.mark.parametrize("option", ["--tb=native", "--tb=short", "--tb=line", "--tb=auto", "--full-trace"])
def test_a_report_is_shown_however_tracebacks_are(project: Project, option: str) -> None:
    result = project(message("broken")).runpytest(option)

    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*$.id*", "*expected  exactly 42"])


@pytest.mark.parametrize(
    ("interaction", "text"),
    [
        pytest.param(message("unheard of"), "Cannot verify 'unheard of': nobody produces it.*", id="nobody produces it"),
        pytest.param(message("nothing"), f"The producer {place_of('nothing')} returned None: *", id="a producer that returns None"),
        pytest.param(message("honoured", given=["x"]), "Cannot verify 'honoured': no function sets up the state 'x'.*", id="a state without a function"),
        pytest.param(message("honoured", given=["it raises"]), "*LookupError: no such table", id="a state that raises"),
        pytest.param(message("exiting"), f"Cannot finish the producer {place_of('exiting')}: it raised SystemExit: 0.*", id="a producer that exits"),
        pytest.param(message("hanging"), f"Cannot finish the producer {place_of('hanging')}: it did not end within 0.05 s.*", id="a timeout"),
    ],
)  # fmt: skip
def test_every_failure_has_its_own_words(project: Project, interaction: Raw, text: str) -> None:
    result = project(interaction).runpytest("--msgpact-timeout=0.05")

    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines([text])


@pytest.mark.parametrize(
    ("outcome", "counts"), [("skip", {"skipped": 1}), ("fail", {"failed": 1}), ("xfail", {"xfailed": 1})]
)
def test_what_pytest_itself_raises_in_a_state_is_an_outcome(
    project: Project, outcome: str, counts: dict[str, int]
) -> None:
    tests = TESTS + f"\norders.state('s')(lambda: pytest.{outcome}('no database'))\n"
    result = project(message("honoured", given=["s"]), tests=tests).runpytest("-rsx")

    result.assert_outcomes(**counts)
    result.stdout.fnmatch_lines(["*no database*"])


def test_a_pending_failure_is_an_expected_failure(project: Project) -> None:
    result = project(message("broken", pending=True), message("honoured", pending=True)).runpytest("-rx")

    result.assert_outcomes(xfailed=1, passed=1)
    result.stdout.fnmatch_lines(["*pending: broken*", "  expected  exactly 42"])


# -- no silent green -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("tests", "text"),
    [
        pytest.param(HEAD + "def test(case): pass", "Cannot count 'honoured' as verified: the test ended without it. *", id="a case that is never verified"),
        pytest.param(HEAD + "def test(): pass", "Cannot parametrize 'test': it has no parameter 'case'.*", id="a test that takes no case"),
        pytest.param(TESTS.replace("pacts/", "elsewhere/"), "*Cannot read the pact '*elsewhere': there is no such file or folder.*", id="a folder that is not there"),
        pytest.param(TESTS.replace("pacts/", "."), "*Cannot verify by '*': the folder holds no pact*", id="a folder without pacts"),
        pytest.param(TESTS.replace('"pacts/"', '"pacts/", description="unheard of"'), "*nothing is selected by description 'unheard of'.*", id="a filter that selects nothing"),
        pytest.param(TESTS.replace("import orders", "import orders as o, msgpact\norders = msgpact.Provider('order')"), "*no pact is with a provider of that name. Did you mean 'orders'?*", id="another provider's name"),
    ],
)  # fmt: skip
def test_what_verifies_nothing_is_red(project: Project, tests: str, text: str) -> None:
    result = project(message("honoured"), tests=tests).runpytest()

    assert result.ret in (pytest.ExitCode.TESTS_FAILED, pytest.ExitCode.INTERRUPTED)
    result.stdout.fnmatch_lines([text])


def test_a_coroutine_that_is_never_awaited_is_red(project: Project) -> None:
    tests = HEAD + "def test(case):\n    case.averify().close()"
    result = project(message("honoured"), tests=tests).runpytest()

    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["Cannot count 'honoured' as verified: *"])


def test_the_plain_name_in_a_coroutine_test_names_the_other(project: Project) -> None:
    result = project(message("honoured"), tests=HEAD + "async def test(case):\n    case.verify()").runpytest()

    result.assert_outcomes(failed=1)
    assert failure_of(result) == [
        "Cannot verify 'honoured' here: an event loop is already running. Write `await case.averify(...)` instead."
    ]


def test_a_pact_that_cannot_be_read_is_red_beside_one_that_can(project: Project) -> None:
    pytester = project(message("honoured"))
    (pytester.path / "pacts" / "x.json").write_text(json.dumps({"consumer": {}})[:-1])

    result = pytester.runpytest()

    assert result.ret == pytest.ExitCode.INTERRUPTED
    result.stdout.fnmatch_lines(["*Cannot read the pact '*x.json': it is cut off or is not JSON *"])


def test_producers_that_no_pact_asks_for_are_noted(project: Project) -> None:
    result = project(message("honoured")).runpytest()

    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines([f"note: no pact asks for broken ({place_of('broken')}) of orders"])
