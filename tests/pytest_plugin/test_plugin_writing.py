"""What a test run writes: everything green, or nothing of a pair."""

import pytest
from suites import Suite, said


@pytest.fixture
def suite(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> Suite:
    return Suite(pytester, monkeypatch)


GREEN = "pact pacts/shop-orders.json: 3 messages"


def test_a_green_run_writes_the_pact(suite: Suite) -> None:
    result = suite.run()

    result.assert_outcomes(passed=3)
    assert GREEN in said(result)
    assert suite.held() == ["a", "b", "c"]


def test_a_second_run_changes_nothing(suite: Suite) -> None:
    suite.run("--msgpact-seed=1")
    before = suite.file().read_bytes()

    assert f"{GREEN}, unchanged" in said(suite.run("--msgpact-seed=2"))
    assert suite.file().read_bytes() == before


RED = {
    "failed": "def test(case):\n    case.deliver()\n    assert case.description != 'b'",
    "errored in a set-up": "def test(case, errors_before): case.deliver()",
    "errored in a tear-down": "def test(case, errors_after): case.deliver()",
    "skipped": "def test(case):\n    if case.description == 'b': pytest.skip('not today')\n    case.deliver()",
    "skipped by a mark": "@pytest.mark.skip(reason='not today')\ndef test(case): case.deliver()",
    "expected to fail": "@pytest.mark.xfail(strict=False)\ndef test(case):\n    case.deliver()\n    assert case.description != 'b'",
    "never delivered": "def test(case):\n    if case.description != 'b': case.deliver()",
    "exited": "def test(case):\n    case.deliver()\n    if case.description == 'b': raise SystemExit(0)",
}
FIXTURES = """
@pytest.fixture
def errors_before(case):
    assert case.description != "b"

@pytest.fixture
def errors_after(case):
    yield
    assert case.description != "b"
"""


@pytest.mark.parametrize("test", RED.values(), ids=RED)
def test_a_red_run_writes_nothing_and_says_so(suite: Suite, test: str) -> None:
    suite.tests(f"{FIXTURES}\n@shop.parametrize()\n{test}")

    assert "pact shop-orders: not written: " in said(suite.run())
    assert suite.held() is None


def test_a_red_run_leaves_what_was_there(suite: Suite) -> None:
    suite.run()
    before = suite.file().read_bytes()
    suite.tests("@shop.parametrize()\ndef test(case): assert False")

    suite.run()

    assert suite.file().read_bytes() == before


def test_one_of_two_tests_for_a_message_makes_it_red(suite: Suite) -> None:
    suite.tests(
        "@shop.parametrize()\ndef test_one(case): case.deliver()\n\n@shop.parametrize('b')\ndef test_two(case): assert False"
    )

    assert "not written: 'b (given x)' did not pass" in said(suite.run())
    assert suite.held() is None


def test_a_pair_that_is_red_does_not_keep_others_from_being_written(suite: Suite) -> None:
    suite.handlers(
        "@shop.expects('a', contents={})\ndef on_a(message): ...\n\n"
        "@shop.expects('b', contents={}, provider='payments')\ndef on_b(message): 1 / 0\n"
    )

    suite.run()

    assert suite.held() == ["a"]
    assert suite.held("shop-payments") is None


# -- runs that are narrowed ------------------------------------------------------------------------------------------

FEWER = "@shop.expects('a', contents={})\ndef on_a(message): ...\n\n@shop.expects('new', contents={})\ndef on_new(message): ...\n"


@pytest.mark.parametrize(
    ("options", "held"),
    [
        pytest.param([], ["a", "new"], id="full"),
        pytest.param(["-k", "new"], ["a", "b", "c", "new"], id="-k"),
        pytest.param(["test_contract.py::test_handles[new]"], ["a", "b", "c", "new"], id="by its id"),
        pytest.param(["--deselect", "test_contract.py::test_handles[a]"], ["a", "b", "c", "new"], id="--deselect"),
    ],
)
def test_only_a_full_run_removes_what_is_no_longer_declared(suite: Suite, options: list[str], held: list[str]) -> None:
    suite.run()
    suite.handlers(FEWER)

    suite.run(*options)

    assert suite.held() == held


def test_what_was_removed_is_said(suite: Suite) -> None:
    suite.run()
    suite.handlers(FEWER)

    suite.run().stdout.fnmatch_lines(["pact pacts/shop-orders.json: 2 messages", "    removed: b*", "    removed: c*"])


def test_a_run_of_what_failed_last_merges(suite: Suite, monkeypatch: pytest.MonkeyPatch) -> None:
    suite.tests(
        "import os\n@shop.parametrize()\ndef test(case):\n    case.deliver()\n    assert case.description != os.environ.get('RED')"
    )
    suite.run()
    monkeypatch.setenv("RED", "b")
    suite.run().assert_outcomes(failed=1, passed=2)
    monkeypatch.delenv("RED")
    suite.file().unlink()

    suite.run("--lf").assert_outcomes(passed=1)

    assert suite.held() == ["b"]


def test_a_run_that_stops_at_the_first_failure_merges_what_was_green(suite: Suite) -> None:
    suite.run()
    suite.handlers(FEWER)
    suite.write(test_a_first="def test(): assert False")

    suite.run("-x")

    assert suite.held() == ["a", "b", "c"]


def test_selected_descriptions_and_handlers_are_a_narrowed_run(suite: Suite) -> None:
    suite.tests("@shop.parametrize('a', handlers.on_c)\ndef test(case): case.deliver()")

    suite.run().assert_outcomes(passed=2)

    assert suite.held() == ["a", "c"]


def test_messages_of_one_provider_leave_the_others_pact(suite: Suite) -> None:
    suite.handlers(
        "@shop.expects('a', contents={})\ndef on_a(message): ...\n\n"
        "@shop.expects('b', contents={}, provider='payments')\ndef on_b(message): ...\n"
    )
    suite.run()

    suite.tests("@shop.parametrize('a')\ndef test(case): case.deliver()")
    suite.run()

    assert suite.held("shop-payments") == ["b"]


def test_a_provider_of_which_nothing_is_expected_any_more(suite: Suite) -> None:
    suite.handlers(
        "@shop.expects('a', contents={})\ndef on_a(message): ...\n\n@shop.expects('b', contents={}, provider='payments')\ndef on_b(message): ..."
    )
    suite.run()
    suite.handlers("@shop.expects('a', contents={})\ndef on_a(message): ...")

    suite.run().stdout.fnmatch_lines(["pact pacts/shop-payments.json: deleted: nothing is expected of this provider*"])

    assert suite.held("shop-payments") is None


def test_a_file_that_cannot_be_collected_narrows_the_run(suite: Suite) -> None:
    suite.run()
    suite.handlers(FEWER)
    suite.write(test_broken="import no_such_module")

    suite.run("--continue-on-collection-errors")

    assert suite.held() == ["a", "b", "c", "new"]


@pytest.mark.parametrize("options", [[], ["--collect-only"]], ids=["a file that cannot be collected", "--collect-only"])
def test_nothing_ran_and_nothing_is_written(suite: Suite, options: list[str]) -> None:
    suite.write(test_broken="import no_such_module")

    suite.run(*options)

    assert suite.held() is None


# -- what others wrote -----------------------------------------------------------------------------------------------


def test_another_suite_of_the_same_consumer_stays(suite: Suite) -> None:
    suite.write(
        other_handlers="import msgpact\nagain = msgpact.Consumer('shop', provider='orders')\n\n@again.expects('other', contents={})\ndef on_other(message): ...",
        test_other="from other_handlers import again\n\n@again.parametrize()\ndef test(case): case.deliver()",
    )
    suite.run("test_other.py")
    suite.run("test_contract.py")

    assert suite.held() == ["a", "b", "c", "other"]


def test_two_suites_of_one_consumer_in_one_run(suite: Suite) -> None:
    suite.write(
        other_handlers="import msgpact\nagain = msgpact.Consumer('shop', provider='orders')\n\n@again.expects('other', contents={})\ndef on_other(message): ...",
        test_other="from other_handlers import again\n\n@again.parametrize()\ndef test(case): case.deliver()",
    )
    suite.run()

    suite.run("-k", "[a] or other").assert_outcomes(passed=2, deselected=2)

    assert suite.held() == ["a", "b", "c", "other"]


def test_leftovers_of_a_module_that_is_gone_are_listed(suite: Suite) -> None:
    suite.write(gone="from contract import *\n\n@shop.expects('left', contents={})\ndef on_left(message): ...")
    suite.tests("import gone\n@shop.parametrize()\ndef test(case): case.deliver()")
    suite.run()
    (suite.folder / "gone.py").unlink()
    suite.tests("@shop.parametrize()\ndef test(case): case.deliver()")

    suite.run().stdout.fnmatch_lines(
        ["    leftover of a module that is not found from here: left (gone:on_left); *--prune removes it"]
    )

    assert suite.held() == ["a", "b", "c", "left"]


# -- the end of the run ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "statement", ["raise KeyboardInterrupt", "pytest.exit('enough')", "pytest.exit('enough', returncode=0)"]
)
def test_an_interrupted_run_writes_nothing(suite: Suite, statement: str) -> None:
    suite.tests(
        f"@shop.parametrize()\ndef test(case):\n    case.deliver()\n    if case.description == 'c': {statement}"
    )

    result = suite.run_apart()

    assert "no pact was written: the run was interrupted" in said(result)
    assert suite.held() is None


def test_a_folder_that_cannot_be_written_fails_the_run(suite: Suite) -> None:
    (suite.folder / "pacts").write_text("a file")

    result = suite.run()

    assert result.ret == pytest.ExitCode.TESTS_FAILED
    assert "Cannot write the pact 'pacts/shop-orders.json': " in said(result).replace(f"{suite.folder}/", "")


def test_two_contents_for_one_message_fail_the_run(suite: Suite) -> None:
    suite.write(
        test_other="import msgpact\nagain = msgpact.Consumer('shop', provider='orders')\n@again.expects('a', contents={'other': 1})\ndef on_a(message): ...\n\n@again.parametrize()\ndef test(case): case.deliver()"
    )

    result = suite.run()

    assert result.ret == pytest.ExitCode.TESTS_FAILED
    assert "Cannot write 'a' twice into" in said(result)


@pytest.mark.parametrize(
    ("options", "settings"),
    [
        pytest.param(["--msgpact-pacts=elsewhere"], "", id="option"),
        pytest.param([], "[tool.msgpact]\npacts = 'elsewhere'", id="setting"),
    ],
)
def test_where_pacts_are_written(suite: Suite, options: list[str], settings: str) -> None:
    with (suite.folder / "pyproject.toml").open("a") as file:
        file.write(settings)

    suite.run(*options)

    assert (suite.folder / "elsewhere/shop-orders.json").exists()
    assert suite.held() is None


def test_the_version_that_pacts_are_written_in_is_a_setting(suite: Suite) -> None:
    with (suite.folder / "pyproject.toml").open("a") as file:
        file.write("[tool.msgpact]\nspec-version = '3.0.0'")

    suite.run()

    assert "messages" in suite.document()


def test_a_run_without_contracts_says_nothing(suite: Suite) -> None:
    suite.write(test_plain="def test(): pass")

    assert "msgpact" not in said(suite.run("test_plain.py"))
