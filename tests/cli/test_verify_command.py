"""`msgpact verify`: what it prints, and the reports that it writes."""

import json
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
from command_line import Done, Run
from pacts import message, pact_file

import msgpact
from msgpact import match
from msgpact.registries.memory import MemoryRegistry
from msgpact.serializers.avro import Avro
from msgpact.serializers.framing import Confluent


@pytest.fixture(autouse=True)
def _pacts(project: Path) -> None:
    pact_file(project / "pacts", message("honoured"), message("broken"))
    pact_file(project / "pacts", message("in stock"), provider="stock")


def test_results_go_to_stdout_as_they_come(run: Run) -> None:
    done = run("verify", "shop_contract:shop", "--description", "honoured")

    lines = done.out.splitlines()
    assert lines[0] == "✓ fulfilment: honoured"
    assert lines[-1] == "orders: 1 verified"
    assert done.err == ""


def test_a_failure_shows_both_places(run: Run, project: Path) -> None:
    done = run("verify", "shop_contract:shop", "--description", "broken")

    assert (
        "✗ fulfilment: broken\n    expected by  fulfilment\n    produced by  orders: shop_contract.py:17 broken\n"
        in done.out
    )
    assert '    $.id\n      expected  exactly 42\n      got       "42" (a string)\n' in done.out


def test_several_providers(run: Run) -> None:
    done = run(
        "verify",
        "shop_contract:other",
        "shop_contract:shop",
        "--pacts",
        "pacts/fulfilment-stock.json",
        "--pacts",
        "pacts/fulfilment-orders.json",
    )

    assert [line for line in done.out.splitlines() if line.startswith(("✓", "✗", "orders", "stock"))] == [
        "✓ fulfilment: in stock",
        "stock: 1 verified",
        "✓ fulfilment: honoured",
        "✗ fulfilment: broken",
        "orders: 1 verified, 1 failed",
    ]


# -- reports ---------------------------------------------------------------------------------------------------------


def test_reports_go_to_files_beside_the_console(run: Run, project: Path) -> None:
    done = run("verify", "shop_contract:shop", "--report", "junit=reports/junit.xml", "--report", "json=report.json")

    assert ET.parse(project / "reports" / "junit.xml").getroot()[0].get("failures") == "1"
    assert json.loads((project / "report.json").read_text())["exitCode"] == done.code == 1
    assert "orders: 1 verified, 1 failed" in done.out


@pytest.mark.parametrize(("name", "start"), [("json", "{\n"), ("junit", "<?xml"), ("github", "::error ")])
def test_a_report_without_a_file_goes_to_stdout_instead_of_the_console(run: Run, name: str, start: str) -> None:
    done = run("verify", "shop_contract:shop", "--report", name)

    assert done.out.startswith(start)
    assert "✓" not in done.out


def test_both_go_to_stdout_where_both_are_named(run: Run) -> None:
    done = run("verify", "shop_contract:shop", "--report", "github", "--report", "console")

    assert "✓ fulfilment: honoured\n" in done.out
    assert "\n::error " in done.out


def test_the_console_report_can_go_to_a_file_too(run: Run, project: Path) -> None:
    done = run("verify", "shop_contract:shop", "--report", "console=report.txt", "--report", "console")

    assert (project / "report.txt").read_text(encoding="utf-8") == done.out


def test_a_report_of_each_provider(run: Run, project: Path) -> None:
    run("verify", "shop_contract:shop", "shop_contract:other", "--report", "json={provider}.json")

    assert [json.loads((project / f"{name}.json").read_text())["provider"] for name in ("orders", "stock")] == [
        "orders",
        "stock",
    ]


@pytest.mark.parametrize(
    ("providers", "report", "message"),
    [
        (
            ["shop_contract:shop", "shop_contract:other"],
            "json=report.json",
            (
                "Cannot write the reports of 2 providers to 'report.json': each would replace the other. "
                "Write {provider} in it: json=report-{provider}.\n"
            ),
        ),
        (["shop_contract:shop"], "json=", "Cannot write the report 'json=': it names no file. Write json=FILE.\n"),
        (["shop_contract:shop"], "jsn", "Cannot report as 'jsn': there is no such reporter. Did you mean 'json'?\n"),
    ],
)
def test_a_report_that_cannot_be_is_refused_before_anything_is_called(
    run: Run, providers: list[str], report: str, message: str
) -> None:
    assert run("verify", *providers, "--report", report) == Done(2, "", message)


def test_a_report_that_cannot_be_written_does_not_keep_others_from_it(run: Run, project: Path) -> None:
    done = run("verify", "shop_contract:shop", "--report", "json=pacts", "--report", "json=report.json")

    assert done.code == 2
    assert done.err.startswith("Cannot write the report 'pacts': ")
    assert (project / "report.json").exists()


# -- modules and names -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        (
            "shop_contract:shp",
            "Cannot load 'shop_contract:shp': the module 'shop_contract' has no 'shp'. Did you mean 'shop_contract:shop'?",
        ),
        ("shop_contract:something", "Cannot use 'shop_contract:something': it is of type int, not a msgpact.Provider."),
        ("shop_contrakt:shop", "Cannot import 'shop_contrakt': there is no module 'shop_contrakt'."),
        ("shop_contract", "Cannot load 'shop_contract': it is not of the form MODULE:NAME."),
    ],
)
def test_a_name_that_cannot_be_loaded(run: Run, spec: str, message: str) -> None:
    done = run("verify", "shop_contract:shop", spec)

    assert (done.code, done.out) == (2, "")
    assert done.err.startswith(message)


def test_a_module_that_raises_is_shown_with_its_traceback(run: Run, project: Path) -> None:
    (project / "raising_contract.py").write_text("def build():\n    raise ValueError('no database')\n\nbuild()\n")

    done = run("verify", "raising_contract:shop")

    file = project / "raising_contract.py"
    without_marks = "".join(line for line in done.err.splitlines(keepends=True) if line.strip(" ~^\n"))
    assert (done.code, done.out) == (3, "")
    assert without_marks == (
        "Cannot import 'raising_contract': it raised ValueError: no database. Mend the module.\n"
        "Traceback (most recent call last):\n"
        f'  File "{file}", line 4, in <module>\n    build()\n'
        f"  File \"{file}\", line 2, in build\n    raise ValueError('no database')\n"
        "ValueError: no database\n"
    )


def test_the_modules_that_a_provider_names_are_imported(run: Run, project: Path) -> None:
    (project / "lazy_contract.py").write_text(
        "import msgpact\nshop = msgpact.Provider('orders', modules=['lazy_producers'])\n"
    )
    (project / "lazy_producers.py").write_text(
        "from lazy_contract import shop\n@shop.produces('honoured')\ndef honoured():\n    return {'id': 42}\n"
    )

    assert run("verify", "lazy_contract:shop", "--description", "honoured").code == 0


# -- frames ----------------------------------------------------------------------------------------------------------

FRAMED = """
import msgpact

shop = msgpact.Provider("orders", content_type="avro/binary;record=Order")

@shop.produces("framed")
def framed():
    return bytes.fromhex("000000004d") + bytes([14])  # Confluent's frame of the schema 77, and a long of 7

"""


@pytest.fixture
def framed(project: Path) -> Path:
    schema = {"type": "record", "name": "Order", "fields": [{"name": "id", "type": "long"}]}
    serializer = Avro(schema, framing=Confluent(MemoryRegistry(), "orders-value"))
    consumer = msgpact.Consumer("framing", provider="orders", serializer=serializer)
    consumer.expects("framed", contents={"id": match.integer()})(lambda order: None)
    assert msgpact.record(consumer, pacts=project / "framed").ok
    (project / "framing_contract.py").write_text(FRAMED)
    (project / "schemas").mkdir()
    (project / "schemas" / "order.avsc").write_text(json.dumps(schema))
    (project / "schemas" / "registry.json").write_text('{"schemas": [{"file": "order.avsc", "ids": [77]}]}')
    return project


def test_frames_are_looked_up_in_the_registry_that_is_named(run: Run, framed: Path) -> None:
    command = ("verify", "framing_contract:shop", "--pacts", "framed")

    named = run(*command, "--registry", "schemas")
    nowhere = run(*command)
    unreachable = run(*command, "--registry", "http://127.0.0.1:9")

    assert (named.code, named.out.splitlines()[-1]) == (0, "orders: 1 verified")
    assert nowhere.code == 2
    assert "Cannot look up the schema id 77: no schema registry is named." in nowhere.out
    assert unreachable.code == 4
    assert "Cannot reach the schema registry" in unreachable.out


def test_a_registry_that_is_none_is_refused(run: Run, framed: Path) -> None:
    done = run("verify", "framing_contract:shop", "--pacts", "framed", "--registry", "nowhere")

    assert done.code == 2
    assert "Cannot find the schema registry 'nowhere'" in done.err
