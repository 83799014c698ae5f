"""The pytest plugin: expands `parametrize`, runs coroutine tests, writes the pacts of a green run.

With pytest-xdist the workers run the cases and send what they found out with their reports; the main process writes.

PYTEST_DONT_REWRITE: its assertions are for the type checker.
"""

import contextlib
import contextvars
import inspect
import traceback
from collections import Counter
from collections.abc import Callable, Generator, Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, ClassVar

import pytest

if TYPE_CHECKING:
    from msgpact.calls import EventLoop
    from msgpact.config import Config
    from msgpact.findings import Findings, Witness
    from msgpact.results import Problem, WrittenPact

# The rest of msgpact is imported where it is needed: a test run that uses none of it should not pay for it, and coverage
# that starts after the plugins must still see it being imported.
CASES = "__msgpact_cases__"


def pytest_addoption(parser: pytest.Parser) -> None:
    """The options of the plugin."""
    group = parser.getgroup("msgpact", "message contracts")
    group.addoption("--msgpact-pacts", metavar="FOLDER", help="where pacts are written (default: the setting, pacts)")
    group.addoption("--msgpact-seed", metavar="NUMBER", help="the seed of generated values; a run prints its own")
    group.addoption(
        "--msgpact-timeout", metavar="SECONDS", help="the most that one handler, producer or state may take"
    )
    group.addoption(
        "--msgpact-via", metavar="URL", help="a broker that a provider's messages go through before they are checked"
    )


def pytest_configure(config: pytest.Config) -> None:
    """Start a run."""
    config.pluginmanager.register(_Run(config), "msgpact-run")


# -- the two sides ---------------------------------------------------------------------------------------------------


class _Consuming:
    """What a run does with a consumer's cases."""

    done: ClassVar = "delivered"
    call: ClassVar = "deliver"
    case: ClassVar = "ConsumerCase"

    @staticmethod
    def cases(run: "_Run", source: Any, selection: Any) -> Sequence[Any]:
        from msgpact.recorder import consumer_cases

        return consumer_cases(source, selection, seed=run.seed, loop=run.loop, timeout=run.settings.timeout)

    @staticmethod
    def title(case: Any) -> str:
        return str(case.expectation)

    @staticmethod
    def begin(case: Any) -> None:
        case.delivered = False

    @staticmethod
    def is_done(case: Any) -> bool:
        return bool(case.delivered)

    @staticmethod
    def note(run: "_Run", case: Any, report: Any) -> None:
        is_green = report.when == "call" and report.passed and case.delivered
        report.msgpact = run.witness.tell(case, is_green=is_green)
        if is_green:
            report.msgpact_notes = [f"{case.expectation}: {each}" for each in case.expectation.notes]


class _Providing:
    """What a run does with a provider's cases."""

    done: ClassVar = "verified"
    call: ClassVar = "verify"
    case: ClassVar = "ProviderCase"

    @staticmethod
    def cases(run: "_Run", source: Any, arguments: Any) -> Sequence[Any]:
        from msgpact.model import Contract
        from msgpact.planning import plan
        from msgpact.reporters.console import explain
        from msgpact.verifier import provider_cases

        pacts, selection = arguments
        root = run.config.rootpath
        paths = [each if isinstance(each, Contract) else root / each for each in pacts]
        planned = plan(source, paths, selection, registry=run.registry)
        run.notes.update(dict.fromkeys(f"no pact asks for {each} of {source.name}" for each in planned.unused))
        return provider_cases(planned, explain, loop=run.loop, timeout=run.settings.timeout, via=run.via)

    @staticmethod
    def title(case: Any) -> str:
        return str(case)

    @staticmethod
    def begin(case: Any) -> None:
        case.result = None

    @staticmethod
    def is_done(case: Any) -> bool:
        return case.result is not None and not case.result.failed

    @staticmethod
    def note(run: "_Run", case: Any, report: Any) -> None:
        """What did not pass and fails nothing is not shown as passed: pending as xfailed, HTTP as skipped."""
        from msgpact.reporters.console import explain
        from msgpact.results import Outcome

        report.msgpact_notes = list(run.notes)
        result = case.result
        if report.when != "call" or not report.passed or result is None or result.failed:
            return
        report.msgpact_notes += [f"{case}: not compared: {each}" for each in result.not_compared]
        if result.outcome is Outcome.NOT_VERIFIED:
            file, line, _ = report.location
            report.outcome, report.longrepr = "skipped", (file, line, result.text)
            report.msgpact_notes.append(f"{case}: {result.text}; the verification is not complete")
        elif result.outcome is not Outcome.PASSED:
            report.outcome, report.wasxfail = "skipped", f"pending: {explain(result)}"
            report.msgpact_notes.append(f"{case} is pending and failed; that does not fail the run")


Side = type[_Consuming] | type[_Providing]


def _side_of(source_or_case: object) -> Side:
    from msgpact.consumer import Consumer
    from msgpact.recorder import ConsumerCase

    return _Consuming if isinstance(source_or_case, Consumer | ConsumerCase) else _Providing


def _case_of(item: pytest.Item) -> Any:
    """The case that a test of ours runs for."""
    if not isinstance(item, pytest.Function) or not hasattr(item.function, CASES):
        return None
    spec = getattr(item, "callspec", None)
    return spec.params.get("case") if spec is not None else None


# -- one run ---------------------------------------------------------------------------------------------------------


class _Run:
    """One test run. The witness is where tests run, the findings are in the main process."""

    def __init__(self, config: pytest.Config) -> None:
        self.config = config
        self.is_worker = hasattr(config, "workerinput")
        self.is_interrupted = False
        self.written: list[WrittenPact] = []
        self.problems: list[Problem] = []
        self.notes: dict[str, None] = {}

    # Each is made when the first of our tests turns up.

    @cached_property
    def settings(self) -> "Config":
        """The run's settings; the seed is always set, and the same in every worker."""
        from msgpact import config
        from msgpact.errors import UsageError
        from msgpact.recorder import new_seed

        option = self.config.getoption
        try:
            found = config.load(
                self.config.rootpath,
                pacts=option("--msgpact-pacts"),
                seed=option("--msgpact-seed"),
                timeout=option("--msgpact-timeout"),
                via=option("--msgpact-via"),
            )
        except UsageError as error:
            raise pytest.UsageError(str(error)) from None
        given = getattr(self.config, "workerinput", {}).get("msgpact_seed")
        return found if found.seed is not None else replace(found, seed=new_seed() if given is None else given)

    @cached_property
    def registry(self) -> Any:
        """The schema registry that the settings name, if they do."""
        from msgpact.errors import UsageError

        if self.settings.registry is None:
            return None
        from msgpact.registries.addresses import registry_from

        try:
            return registry_from(self.settings.registry)
        except UsageError as error:
            raise pytest.UsageError(str(error)) from None

    @cached_property
    def via(self) -> Any:
        """By what way messages go before they are checked, if the settings name a broker."""
        from msgpact.errors import UsageError

        if self.settings.via is None:
            return None
        from msgpact.adapters.links import through

        try:
            return self.to_be_closed.enter_context(through(self.settings.via))
        except UsageError as error:
            raise pytest.UsageError(str(error)) from None

    @cached_property
    def to_be_closed(self) -> contextlib.ExitStack:
        """What is let go of when the run ends."""
        return contextlib.ExitStack()

    @property
    def seed(self) -> int:
        assert self.settings.seed is not None
        return self.settings.seed

    @cached_property
    def loop(self) -> "EventLoop":
        from msgpact.calls import EventLoop

        return EventLoop()

    @cached_property
    def witness(self) -> "Witness":
        from msgpact.findings import Witness

        return Witness()

    @cached_property
    def findings(self) -> "Findings":
        from msgpact.findings import Findings

        return Findings()

    @property
    def has_findings(self) -> bool:
        return "findings" in vars(self) and bool(self.findings)

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node: Any) -> None:
        """Called by pytest-xdist before a worker starts."""
        node.workerinput["msgpact_seed"] = self.seed

    # -- collection ------------------------------------------------------------------------------------------------

    def pytest_generate_tests(self, metafunc: pytest.Metafunc) -> None:
        sources = getattr(metafunc.function, CASES, None)
        if sources is None:
            return
        if "case" not in metafunc.fixturenames:
            pytest.fail(
                f"Cannot parametrize {metafunc.function.__name__!r}: it has no parameter 'case'. "
                f"Write def test(case: msgpact.{_side_of(sources[0][0]).case}).",
                pytrace=False,
            )
        cases = [case for source, arguments in sources for case in self._cases(source, arguments)]
        for source, _ in sources:
            if _side_of(source) is _Consuming:
                self.witness.collected(source, metafunc.definition.nodeid)
        titles = [_side_of(case).title(case) for case in cases]
        metafunc.parametrize("case", cases, ids=_unique(titles))

    def _cases(self, source: Any, arguments: Any) -> Sequence[Any]:
        from msgpact.errors import MsgpactError

        try:
            return _side_of(source).cases(self, source, arguments)
        except (MsgpactError, pytest.UsageError) as error:
            shown = [str(error)]
            if error.__cause__ is not None:  # raised by a module while it was imported
                shown += ["", *traceback.format_exception(error.__cause__)]
            text = "\n".join(each.rstrip("\n") for each in shown)
        pytest.fail(text, pytrace=False)

    # -- running ---------------------------------------------------------------------------------------------------

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        case = _case_of(item)
        if case is not None:  # the same case may have been given to other tests before
            _side_of(case).begin(case)

    @pytest.hookimpl(wrapper=True)
    def pytest_pyfunc_call(self, pyfuncitem: pytest.Function) -> Generator[None, object, object]:
        """Run coroutine tests of ours that no other plugin takes; fail a test that never used its case."""
        case = _case_of(pyfuncitem)
        if case is None:
            return (yield)
        test = pyfuncitem.obj
        if inspect.iscoroutinefunction(test) and "anyio_backend" not in pyfuncitem.fixturenames:
            pyfuncitem.obj = self._plain(test)
        try:
            yield
        finally:
            pyfuncitem.obj = test
        side = _side_of(case)
        if not side.is_done(case):
            pytest.fail(
                f"Cannot count {case.description!r} as {side.done}: the test ended without it. "
                f"Call case.{side.call}(), or in an async test `await case.a{side.call}()`, and let what it raises fail "
                "the test.",
                pytrace=False,
            )
        return True

    def _plain(self, test: Any) -> Callable[..., None]:
        """A coroutine test as a plain one, on the run's loop."""

        def run(**taken: object) -> None:
            # What fixtures have set is seen, what one test sets is not seen by the next.
            self.loop.runner.run(test(**taken), context=contextvars.copy_context())

        return run

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(self, item: pytest.Item, call: pytest.CallInfo[None]) -> Generator[None, Any, Any]:
        case = _case_of(item)
        if case is None:
            return (yield)
        error = None if call.excinfo is None else call.excinfo.value
        side = _side_of(case)
        # The report of a verification holds the traceback of what is behind it, the error of a delivery does not.
        says_all = error is not None and _says_all(error) and (side is _Providing or error.__cause__ is None)
        if error is not None and not self.config.getoption("fulltrace"):
            _hide_our_frames(error)
        report = yield
        if says_all and report.failed:
            report.longrepr = str(error)
        side.note(self, case, report)
        return report

    # -- what was found out ----------------------------------------------------------------------------------------

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.failed:
            self.findings.narrow()

    def pytest_keyboard_interrupt(self) -> None:
        self.is_interrupted = True

    def pytest_runtest_logreport(self, report: Any) -> None:
        if self.is_worker:
            return
        self.notes.update(dict.fromkeys(getattr(report, "msgpact_notes", ())))
        if hasattr(report, "msgpact"):
            self.findings.learn(report.nodeid, report.outcome, report.msgpact)
        elif report.failed and report.when not in ("setup", "call", "teardown"):  # a worker went down with it
            self.findings.crashed(report.nodeid)

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int | pytest.ExitCode) -> None:
        if "loop" in vars(self):
            self.loop.close()
        if "to_be_closed" in vars(self):
            self.to_be_closed.close()
        if exitstatus in (pytest.ExitCode.INTERRUPTED, pytest.ExitCode.INTERNAL_ERROR, pytest.ExitCode.USAGE_ERROR):
            self.is_interrupted = True
        if not self.has_findings or self.is_interrupted:
            return
        folder = Path(self.config.rootpath, self.settings.pacts)
        self.written, self.problems = self.findings.commit(folder, self.settings.spec_version)
        if self.problems:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    # -- what is said ----------------------------------------------------------------------------------------------

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        if not self.has_findings and not self.notes:
            return
        from msgpact.reporters.console import record_summary
        from msgpact.results import RecordReport

        def style(text: str, colour: str) -> str:
            return str(terminalreporter._tw.markup(text, **{colour: True}))

        def lines(**said: Any) -> list[str]:
            return record_summary(RecordReport("", 0, **said), style).splitlines()

        terminalreporter.section("msgpact")
        if self.has_findings and self.is_interrupted:
            terminalreporter.write_line(style("no pact was written: the run was interrupted", "red"))
        for each in self.written:
            first, *more = lines(written=(each,))
            for line in (f"pact {first}", *more):
                terminalreporter.write_line(line)
        for problem in self.problems:
            for line in lines(problems=(problem,)):
                terminalreporter.write_line(line)
        for note in self.notes:
            terminalreporter.write_line(f"note: {note}")
        if self.has_findings:
            terminalreporter.write_line(f"seed {self.seed}")


# -- errors ----------------------------------------------------------------------------------------------------------


def _package(tb: TracebackType) -> str:
    return str(tb.tb_frame.f_globals.get("__name__")).partition(".")[0]


def _says_all(error: BaseException) -> bool:
    """Whether the exception is msgpact's own, raised with none of the user's code in between: then its text says all."""
    from msgpact.errors import MsgpactError

    if not isinstance(error, MsgpactError):
        return False
    packages: list[str] = []
    tb = error.__traceback__
    while tb is not None:
        # What lies above the test is pytest's, and this file's.
        packages = [] if _package(tb) in ("_pytest", "pluggy") or _is_here(tb) else [*packages, _package(tb)]
        tb = tb.tb_next
    return "msgpact" in packages and set(packages[packages.index("msgpact") :]) <= {"msgpact", "asyncio"}


def _is_here(tb: TracebackType) -> bool:
    return tb.tb_frame.f_globals is globals()


def _hide_our_frames(error: BaseException | None) -> None:
    """Take msgpact's frames out of the traceback of an exception and of those behind it: users look for their own."""
    seen = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        tb = error.__traceback__
        while tb is not None:
            while tb.tb_next is not None and _package(tb.tb_next) == "msgpact":
                tb.tb_next = tb.tb_next.tb_next
            tb = tb.tb_next
        error = error.__cause__ or error.__context__


def _unique(titles: Sequence[str]) -> list[str]:
    """pytest's ids are unique; a title that stands twice gets its number."""
    counted = Counter(titles)
    return [f"{title} #{index}" if counted[title] > 1 else title for index, title in enumerate(titles)]
