"""Under pytest-xdist the workers run and the main process writes."""

import pytest
from suites import Suite, said


@pytest.fixture
def suite(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> Suite:
    return Suite(pytester, monkeypatch)


XDIST = ("xdist",)

MANY = """
for n in range(20):
    shop.expects(f"message {n}", contents={"n": match.integer(generate.random_int(1, 10**9)), "half": n / 2, "ü": "é"})(print)
"""


def test_the_same_bytes_as_alone(suite: Suite) -> None:
    suite.handlers(MANY)
    suite.run().assert_outcomes(passed=20)
    alone = suite.file().read_bytes()
    suite.file().unlink()

    result = suite.run("-n2", plugins=XDIST)

    result.assert_outcomes(passed=20)
    assert "pact pacts/shop-orders.json: 20 messages" in said(result)
    assert suite.file().read_bytes() == alone


def test_a_full_run_removes_what_is_no_longer_declared(suite: Suite) -> None:
    suite.run()
    suite.handlers("@shop.expects('new', contents={})\ndef on_new(message): ...")

    suite.run("-n2", plugins=XDIST)

    assert suite.held() == ["new"]


def test_a_narrowed_run_merges(suite: Suite) -> None:
    suite.run()
    suite.handlers("for name in ('new', 'newer'): shop.expects(name, contents={})(print)")

    suite.run("-n2", "-k", "newer", plugins=XDIST)

    assert suite.held() == ["a", "b", "c", "newer"]


def test_one_red_case_in_one_worker_writes_nothing(suite: Suite) -> None:
    suite.tests("@shop.parametrize()\ndef test(case):\n    case.deliver()\n    assert case.description != 'b'")

    result = suite.run("-n2", plugins=XDIST)

    result.assert_outcomes(passed=2, failed=1)
    assert "not written: 'b (given x)' did not pass" in said(result)
    assert suite.held() is None


def test_a_worker_that_crashes_writes_nothing(suite: Suite) -> None:
    suite.tests(
        "import os\n\n@shop.parametrize()\ndef test(case):\n    case.deliver()\n    if case.description == 'b': os._exit(9)"
    )

    result = suite.run_apart("-n2", plugins=XDIST)

    assert "crashed while running 'test_contract.py::test[b (given x)]'" in said(result)
    assert "pact shop-orders: not written: 'test_contract.py::test[b (given x)]' did not pass" in said(result)
    assert suite.held() is None


def test_a_second_test_that_crashes_makes_a_full_run_red(suite: Suite) -> None:
    suite.tests(
        "import os\n\n@shop.parametrize()\ndef test(case): case.deliver()\n\n"
        "@shop.parametrize('a')\ndef test_crash(case): os._exit(9)"
    )

    result = suite.run_apart("-n2", plugins=XDIST)

    assert "pact shop-orders: not written: 'test_contract.py::test_crash[a]' did not pass" in said(result)
    assert suite.held() is None


def test_a_crash_elsewhere_does_not_make_it_red(suite: Suite) -> None:
    suite.write(test_other="import os\n\ndef test(): os._exit(9)")

    result = suite.run_apart("-n2", "--dist=loadfile", plugins=XDIST)

    assert "crashed while running 'test_other.py::test'" in said(result)
    assert suite.held() == ["a", "b", "c"]


def test_an_interrupted_worker_writes_nothing(suite: Suite) -> None:
    suite.tests(
        "@shop.parametrize()\ndef test(case):\n    case.deliver()\n    if case.description == 'b': raise KeyboardInterrupt"
    )

    suite.run_apart("-n2", plugins=XDIST)

    assert suite.held() is None


def test_every_worker_draws_from_the_same_seed(suite: Suite) -> None:
    suite.handlers(MANY)
    suite.tests(
        "@shop.parametrize()\ndef test(case): print(case.description, case.message.contents, file=open('seen', 'a')); case.deliver()"
    )
    suite.run("-n2", "--msgpact-seed=5", plugins=XDIST)
    apart = sorted((suite.folder / "seen").read_text().splitlines())
    (suite.folder / "seen").unlink()

    suite.run("--msgpact-seed=5")

    assert apart == sorted((suite.folder / "seen").read_text().splitlines())


def test_the_seed_of_the_run_is_printed_once(suite: Suite) -> None:
    result = suite.run("-n2", "--msgpact-seed=5", plugins=XDIST)

    assert [line for line in result.outlines if line.startswith("seed")] == ["seed 5"]


def test_notes_come_from_the_workers(suite: Suite) -> None:
    suite.handlers("@shop.expects('a', example={'x': None})\ndef on_a(message): ...")

    assert "note: a: x: the example holds null" in said(suite.run("-n1", plugins=XDIST))
