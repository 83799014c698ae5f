"""The pytest plugin: expands `parametrize`, runs coroutine tests, writes the pacts of a green run.

With pytest-xdist the workers run the cases and send what they found out with their reports; the main process writes.
"""

import inspect
import json
from collections.abc import Generator, Sequence
from pathlib import Path
from typing import Any

import pytest

# The rest of msgpact is imported where it is needed: a test run that uses none of it should not pay for it, and coverage
# that starts after the plugins must still see it being imported.
CASES = "__msgpact_cases__"
Item = pytest.Item


def pytest_addoption(parser: pytest.Parser) -> None:
    """The options of the plugin."""
    group = parser.getgroup("msgpact", "message contracts")
    group.addoption("--msgpact-pacts", metavar="FOLDER", help="where pacts are written (default: the setting, pacts)")
    group.addoption("--msgpact-seed", metavar="NUMBER", help="the seed of generated values; a run prints its own")
    group.addoption(
        "--msgpact-timeout", metavar="SECONDS", help="the most that one handler, producer or state may take"
    )


def pytest_configure(config: pytest.Config) -> None:
    """Start a run."""
    config.pluginmanager.register(_Plugin(config), "msgpact-run")


class _Plugin:
    """One test run."""

    def __init__(self, config: pytest.Config) -> None:
        self.config = config
        self.pairs: dict[tuple[str, str], dict[str, Any]] = {}
        self.crashed: list[str] = []
        self.lines: list[tuple[str, dict[str, bool]]] = []
        self.notes: dict[str, None] = {}
        self._settings: Any = None
        self._loop: Any = None
        self.worker = hasattr(config, "workerinput")

    @property
    def settings(self) -> Any:
        """The run's settings; the seed is always set, and the same in every worker."""
        if self._settings is None:
            from dataclasses import replace

            from msgpact import config
            from msgpact.recorder import new_seed

            option = self.config.getoption
            found = config.load(
                self.config.rootpath,
                pacts=option("--msgpact-pacts"),
                seed=option("--msgpact-seed"),
                timeout=option("--msgpact-timeout"),
            )
            if found.seed is None:
                given = getattr(self.config, "workerinput", {}).get("msgpact_seed")
                found = replace(found, seed=given if given is not None else new_seed())
            self._settings = found
        return self._settings

    @property
    def loop(self) -> Any:
        if self._loop is None:
            from msgpact.calls import EventLoop

            self._loop = EventLoop()
        return self._loop

    # -- xdist -----------------------------------------------------------------------------------------------------

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node: Any) -> None:
        """Called by pytest-xdist before a worker starts."""
        node.workerinput["msgpact_seed"] = self.settings.seed

    # -- collection ------------------------------------------------------------------------------------------------

    def pytest_generate_tests(self, metafunc: pytest.Metafunc) -> None:
        sources = getattr(metafunc.function, CASES, None)
        if sources is None:
            return
        if "case" not in metafunc.fixturenames:
            pytest.fail(
                f"Cannot parametrize {metafunc.function.__name__!r}: it has no parameter 'case'. "
                "Write def test(case: msgpact.ConsumerCase).",
                pytrace=False,
            )
        cases = [case for source, arguments in sources for case in self._cases(source, arguments)]
        names = [_name(case) for case in cases]
        metafunc.parametrize("case", cases, ids=[_unique(name, index, names) for index, name in enumerate(names)])

    def _cases(self, source: Any, arguments: Any) -> list[Any]:
        from msgpact.consumer import Consumer
        from msgpact.errors import MsgpactError
        from msgpact.model import Contract
        from msgpact.planning import plan
        from msgpact.recorder import consumer_cases
        from msgpact.reporters.console import explain
        from msgpact.verifier import provider_cases

        said: dict[str, Any] = {"loop": self.loop, "timeout": self.settings.timeout}
        try:
            if isinstance(source, Consumer):
                return list(consumer_cases(source, arguments, seed=self.settings.seed, **said))
            pacts, selection = arguments
            root = self.config.rootpath
            run = plan(source, [each if isinstance(each, Contract) else root / each for each in pacts], selection)
            self.notes.update(dict.fromkeys(f"no pact asks for {each} of {source.name}" for each in run.unused))
            broken = next((each.error for each in run.problems if each.error is not None), None)
            if broken is not None:
                raise broken
            return list(provider_cases(run, explain, **said))
        except MsgpactError as error:
            pytest.fail(str(error), pytrace=False)

    # -- running ---------------------------------------------------------------------------------------------------

    @pytest.hookimpl(wrapper=True)
    def pytest_pyfunc_call(self, pyfuncitem: pytest.Function) -> Generator[None, object, object]:
        """Run coroutine tests of ours that no other plugin takes; fail a test that never used its case."""
        case = _case_of(pyfuncitem)
        if case is None:
            return (yield)
        test = pyfuncitem.obj
        if inspect.iscoroutinefunction(test) and "anyio_backend" not in pyfuncitem.fixturenames:
            taken = {name: pyfuncitem.funcargs[name] for name in pyfuncitem._fixtureinfo.argnames}
            pyfuncitem.obj = lambda **_: self._run(test, taken)
            try:
                yield
            finally:
                pyfuncitem.obj = test
        else:
            yield
        if not _used(case):
            verb = "verified" if hasattr(case, "verify") else "delivered"
            call = "case.verify()" if verb == "verified" else "case.deliver()"
            pytest.fail(
                f"Cannot count {case.description!r} as {verb}: the test ended without it. "
                f"Call {call}, or in an async test `await {call.replace('.', '.a')}`.",
                pytrace=False,
            )
        return True

    def _run(self, test: Any, taken: dict[str, Any]) -> None:
        __tracebackhide__ = True
        self.loop.runner.run(test(**taken))

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(self, item: Item, call: pytest.CallInfo[None]) -> Generator[None, Any, Any]:
        report = yield
        case = _case_of(item)
        if case is None:
            return report
        if call.excinfo is not None:
            from msgpact.errors import MsgpactError

            if isinstance(call.excinfo.value, MsgpactError) and report.outcome == "failed":
                report.longrepr = str(call.excinfo.value)
        if hasattr(case, "verify"):
            result = case.result
            if call.when == "call" and report.outcome == "passed" and result is not None and _pending_failure(result):
                from msgpact.reporters.console import explain

                report.outcome, report.wasxfail = "skipped", f"pending: {explain(result)}"
        else:
            report.msgpact = self._found_out(case, report)
        return report

    def _found_out(self, case: Any, report: Any) -> dict[str, Any]:
        """What the main process needs to know of a consumer's case, as plain JSON."""
        from msgpact.pactfile import v4
        from msgpact.pairs import pairs_of

        expectation = case.expectation
        pair = pairs_of(case.consumer)[expectation.provider]
        found: dict[str, Any] = {
            "consumer": pair.consumer,
            "provider": pair.provider,
            "registered": pair.registered,
            "modules": sorted(pair.modules),
            "name": str(expectation),
        }
        if report.when == "call" and report.outcome == "passed" and case.delivered:
            # Floats, big integers and non-ASCII text travel as they are written.
            found["interaction"] = json.dumps(v4.write(case.interaction))
            found["notes"] = list(expectation.notes)
        return found

    # -- what was found out ----------------------------------------------------------------------------------------

    def pytest_runtest_logreport(self, report: Any) -> None:
        if self.worker:
            return
        found = getattr(report, "msgpact", None)
        if found is None:
            if report.when not in ("setup", "call", "teardown") and report.outcome == "failed":
                self.crashed.append(report.nodeid)  # a worker went down with it
            return
        pair = self.pairs.setdefault((found["consumer"], found["provider"]), {"green": {}, "items": {}})
        pair["registered"], pair["modules"] = found["registered"], found["modules"]
        state = pair["items"].setdefault(report.nodeid, {"name": found["name"], "red": False})
        if report.outcome == "rerun":
            state["red"] = False
        elif report.outcome != "passed":
            state["red"] = True
        if "interaction" in found:
            pair["green"][found["name"]] = found["interaction"]
            self.notes.update(dict.fromkeys(f"{found['name']}: {each}" for each in found["notes"]))

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int | pytest.ExitCode) -> None:
        if self._loop is not None:
            self._loop.close()
        if self.worker or not self.pairs:
            return
        if exitstatus in (pytest.ExitCode.INTERRUPTED, pytest.ExitCode.INTERNAL_ERROR, pytest.ExitCode.USAGE_ERROR):
            self.lines.append(("no pact was written: the run was interrupted", {"red": True}))
            return
        self._write(session)

    def _write(self, session: pytest.Session) -> None:
        from msgpact.pairs import commit

        pairs = [self._pair(*key) for key in self.pairs]
        folder = Path(self.config.rootpath, self.settings.pacts)
        written, problems = commit(pairs, folder, self.settings.spec_version)
        for each in written:
            if each.path is None:
                self.lines.append((f"pact {each.consumer}-{each.provider} {each.text}", {"red": True}))
                continue
            what = each.text or f"{each.recorded} message{'' if each.recorded == 1 else 's'}"
            unchanged = "" if each.changed else ", unchanged"
            self.lines.append((f"pact {_relative(each.path, self.config)}: {what}{unchanged}", {"green": True}))
            self.lines.extend((f"    removed: {name}", {}) for name in each.removed)
            self.lines.extend(
                (f"    leftover of a module that is gone: {name}; msgpact record --prune removes it", {})
                for name in each.leftovers
            )
        for problem in problems:
            self.lines.append((problem.text, {"red": True}))
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def _pair(self, consumer: str, provider: str) -> Any:
        from msgpact.pactfile import v4
        from msgpact.pairs import Pair

        raw = self.pairs[consumer, provider]
        pair = Pair(consumer, provider, raw["registered"], frozenset(raw["modules"]))
        for name, interaction in raw["green"].items():
            pair.green[name] = v4.read(json.loads(interaction), 0)
        pair.red = [each["name"] for each in raw["items"].values() if each["red"]]
        tests = {nodeid.partition("[")[0] for nodeid in raw["items"]}
        for nodeid in self.crashed:
            if nodeid.partition("[")[0] in tests or not pair.full:
                pair.red.append(nodeid)
        return pair

    # -- what is said ----------------------------------------------------------------------------------------------

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        if not self.lines and not self.notes:
            return
        terminalreporter.section("msgpact")
        for line, markup in self.lines:
            terminalreporter.write_line(line, **markup)
        for note in self.notes:
            terminalreporter.write_line(f"note: {note}")
        if self.pairs:
            terminalreporter.write_line(f"seed {self.settings.seed}")


def _case_of(item: Item) -> Any:
    """The case that a test of ours runs for."""
    if not isinstance(item, pytest.Function) or not hasattr(item.function, CASES):
        return None
    spec = getattr(item, "callspec", None)
    return spec.params.get("case") if spec is not None else None


def _used(case: Any) -> bool:
    return case.result is not None if hasattr(case, "verify") else case.delivered


def _pending_failure(result: Any) -> bool:
    return result.pending and not result.failed and result.outcome.value not in ("passed", "not verified")


def _name(case: Any) -> str:
    return str(case.expectation) if hasattr(case, "deliver") else f"{case.contract.consumer}: {case.interaction}"


def _unique(name: str, index: int, names: Sequence[str]) -> str:
    """pytest's ids are ASCII and unique; a name that stands twice gets its number."""
    return f"{name} #{index}" if names.count(name) > 1 else name


def _relative(path: str, config: pytest.Config) -> str:
    try:
        return str(Path(path).relative_to(config.rootpath))
    except ValueError:
        return path
