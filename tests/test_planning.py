"""What a verification is about: which interactions are chosen, and whatever would verify nothing is a problem."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pacts import HTTP, message, pact, pact_file

from msgpact import Provider
from msgpact.planning import plan
from msgpact.provider import Selection
from msgpact.results import Outcome

EVERYTHING = pact(
    message("an order was placed", given=["an order exists"]),
    message("an order was [re]placed?", given=["an order exists", "a customer exists"]),
    message("a payment failed"),
)
BILLING = pact(message("an order was placed"), consumer="billing")


def planned(**selection: Any) -> list[str]:
    run = plan(Provider("orders"), [EVERYTHING, BILLING], Selection.of(**selection))
    assert run.problems == []
    return [f"{each.contract.consumer}: {each.interaction.description}" for each in run.planned]


PLACED = "fulfilment: an order was placed"
REPLACED = "fulfilment: an order was [re]placed?"
PAYMENT = "fulfilment: a payment failed"
BILLED = "billing: an order was placed"


@pytest.mark.parametrize(
    ("selection", "chosen"),
    [
        ({}, [PLACED, REPLACED, PAYMENT, BILLED]),
        ({"description": "an order was placed"}, [PLACED, BILLED]),
        ({"description": "an order*"}, [PLACED, REPLACED, BILLED]),
        ({"description": "*[re]placed?"}, [REPLACED]),
        ({"description": ["a payment*", "*[re]*"]}, [REPLACED, PAYMENT]),
        ({"state": "an order exists"}, [PLACED, REPLACED]),
        ({"state": "a *"}, [REPLACED]),
        ({"consumer": "billing"}, [BILLED]),
        ({"consumer": "*", "state": "an order exists", "description": "an order was placed"}, [PLACED]),
    ],
    ids=str,
)
def test_filters(selection: dict[str, Any], chosen: list[str]) -> None:
    assert planned(**selection) == chosen


# -- no silent green -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("pacts", "selection", "problem"),
    [
        pytest.param([], {}, "there is no pact. Name a pact file or a folder that holds some.", id="no pact"),
        pytest.param(
            [pact(message(), provider="order")],
            {},
            "no pact is with a provider of that name. Did you mean 'order'?",
            id="a name that is close",
        ),
        pytest.param(
            [pact(message(), provider="x"), pact(message(), provider="y")],
            {},
            "no pact is with a provider of that name. There are: 'x', 'y'.",
            id="other names",
        ),
        pytest.param(
            [pact()],
            {},
            "the pact of 'fulfilment' holds no interaction. Record some, or remove it.",
            id="zero interactions",
        ),
        pytest.param([pact(), BILLING], {}, "the pact of 'fulfilment' holds no interaction.", id="zero in one of two"),
        pytest.param(
            [EVERYTHING],
            {"description": "an order was plced"},
            "nothing is selected by description 'an order was plced'. Did you mean 'an order was placed'?",
            id="a description that is close",
        ),
        pytest.param([BILLING], {"state": "x"}, "nothing is selected by state 'x'. There are: none.", id="a state"),
        pytest.param(
            [pact(*(message(f"message {i}") for i in range(100, 115)))],
            {"description": "*zzz*"},
            "nothing is selected by description '*zzz*'. There are: 'message 100', 'message 101', 'message 102', 'message 103', 'message 104', 'message 105', "
            "'message 106', 'message 107', 'message 108', 'message 109' and 5 more.",
            id="of many names some are shown",
        ),
        pytest.param(
            [EVERYTHING],
            {"description": ["a payment*", "a paymnt*"]},
            "nothing is selected by description 'a paymnt*'.",
            id="one filter of two",
        ),
        pytest.param(
            [EVERYTHING, BILLING],
            {"state": "an order exists", "consumer": "billing"},
            "no interaction fits state 'an order exists', consumer 'billing' together. Leave one of them out.",
            id="filters that exclude one another",
        ),
        pytest.param(
            [pact(HTTP)],
            {},
            "the pacts hold HTTP interactions only, which are not verified here. Use an HTTP verifier.",
            id="HTTP only",
        ),
    ],
)
def test_what_would_verify_nothing_is_a_problem(pacts: list[Any], selection: dict[str, Any], problem: str) -> None:
    run = plan(Provider("orders"), pacts, Selection.of(**selection))

    assert [each.outcome for each in run.problems] == [Outcome.MISUSED]
    assert run.problems[0].text.startswith(f"Cannot verify provider 'orders': {problem}")


def write_nothing(_: Path) -> None: ...


def write_a_truncated_pact(folder: Path) -> None:
    file = pact_file(folder, message())
    file.write_bytes(file.read_bytes()[:-20])


@pytest.mark.parametrize(
    ("prepare", "path", "problem"),
    [
        (
            write_nothing,
            "missing",
            r"Cannot read the pact '.*missing': there is no such file or folder\. Check the path\.",
        ),
        (write_nothing, ".", r"Cannot verify by '.*': the folder holds no pact \(\*\.json\)\."),
        (
            write_a_truncated_pact,
            ".",
            r"Cannot read the pact '.*fulfilment-orders\.json': it is cut off or is not JSON",
        ),
        (
            write_a_truncated_pact,
            "fulfilment-orders.json",
            r"Cannot read the pact '.*fulfilment-orders\.json': it is cut off",
        ),
    ],
)
def test_a_source_that_cannot_be_read_is_a_problem_beside_what_can(
    tmp_path: Path, prepare: Callable[[Path], None], path: str, problem: str
) -> None:
    prepare(tmp_path)

    run = plan(Provider("orders"), [tmp_path / path, BILLING])

    assert [each.outcome for each in run.problems] == [Outcome.MISUSED]
    assert re.match(problem, run.problems[0].text)
    assert len(run.planned) == 1


def test_a_file_that_is_named_twice_is_read_once(tmp_path: Path) -> None:
    file = pact_file(tmp_path, message())

    assert len(plan(Provider("orders"), [tmp_path, file, str(tmp_path)]).planned) == 1


def test_pacts_with_others_in_the_same_folder_are_left_out(tmp_path: Path) -> None:
    pact_file(tmp_path, message())
    pact_file(tmp_path, message(), message("another"), provider="payments")

    run = plan(Provider("orders"), [tmp_path])

    assert (len(run.planned), run.problems) == (1, [])


@pytest.mark.parametrize(
    ("code", "outcome", "text"),
    [
        (
            "raise ValueError('no')",
            Outcome.RAISED,
            "Cannot import 'the_producers' (one of the modules of provider 'orders'): it raised ValueError: no. Mend the module.",
        ),
        (
            "raise SystemExit(0)",
            Outcome.RAISED,
            "Cannot import 'the_producers' (one of the modules of provider 'orders'): it raised SystemExit: 0. Mend the module.",
        ),
        (
            "import nowhere",
            Outcome.RAISED,
            "Cannot import 'the_producers' (one of the modules of provider 'orders'): it raised ModuleNotFoundError",
        ),
        (None, Outcome.MISUSED, "Cannot import 'the_producers' (one of the modules of provider 'orders')"),
    ],
)
def test_a_module_that_cannot_be_imported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: str | None, outcome: Outcome, text: str
) -> None:
    monkeypatch.syspath_prepend(tmp_path)
    if code is not None:
        (tmp_path / "the_producers.py").write_text(code)

    run = plan(Provider("orders", modules=["the_producers"]), [EVERYTHING])

    (problem,) = run.problems
    assert (problem.outcome, problem.text[: len(text)], run.planned) == (outcome, text, [])


# -- producers that no pact asks for ---------------------------------------------------------------------------------


def test_producers_that_no_pact_asks_for_are_noted_whatever_is_selected() -> None:
    orders = Provider("orders")
    for description in ("an order was placed", "a payment failed", "an order was lost"):
        orders.produces(description)(lambda: {"id": 42})

    run = plan(orders, [EVERYTHING], Selection.of(description="an order was placed"))

    (unused,) = run.unused
    assert unused.startswith("an order was lost (")


# -- pacts of other providers ----------------------------------------------------------------------------------------


def test_a_pact_that_is_named_and_is_another_providers_is_a_mistake(tmp_path: Path) -> None:
    ours = pact_file(tmp_path, message(), provider="orders")
    theirs = pact_file(tmp_path, message(), provider="ordres")

    run = plan(Provider("orders"), [ours, str(theirs), pact(message(), provider="stock")])

    assert [each.text for each in run.problems] == [
        f"Cannot verify provider 'orders': the pact {shown} is with the provider {name}. Leave it out, or mend the name."
        for shown, name in (("of 'fulfilment'", "'stock'"), (repr(str(theirs)), "'ordres'"))
    ]
    assert len(run.planned) == 1


def test_a_folder_may_hold_pacts_of_other_providers(tmp_path: Path) -> None:
    pact_file(tmp_path, message(), provider="orders")
    pact_file(tmp_path, message(), provider="stock")

    assert plan(Provider("orders"), [tmp_path]).problems == []
