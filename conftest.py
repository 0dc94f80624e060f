"""What pytest needs to test the lessons: mends of nbval's known faults, and the pass on own data.

1. After the first failed cell of a notebook the rest of it is skipped; other notebooks go on.
2. A cell tagged raises-exception must raise, and what it raises must be of the stored kind.
3. A large output may take a minute to arrive, not 5 seconds; a cell is given 600 seconds, not 2000.
4. HTML is not compared (tables of pandas, images): only text is.
5. A kernel that dies is noticed within seconds.

With `-n auto` (pytest-xdist) lessons run side by side, a kernel a core and a thread a kernel, the longest first.

Each mend has a test in tests/test_nbval_mends.py.
"""

import os
import time
from queue import Empty

import psutil
import pytest
from nbval.kernel import RunningKernel
from nbval.plugin import IPyNbCell

FAILED = pytest.StashKey[str]()
SHOWN = pytest.StashKey[str]()
NBVAL_TIMEOUT, OUR_TIMEOUT = 2000, 600
THREADS = "OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"
MEMORY_OF_A_LESSON = 3e9  # bytes; the most that the README's table holds, and a little


def pytest_addoption(parser):
    parser.addoption("--own-data", action="store_true",
                     help="only lessons with data in the folder COURSEKIT_DATA, which they must report")


def pytest_configure(config):
    if config.option.nbval_cell_timeout == NBVAL_TIMEOUT:
        config.option.nbval_cell_timeout = OUR_TIMEOUT
    workers = getattr(config.option, "numprocesses", None)
    if workers and not hasattr(config, "workerinput"):  # before the workers begin, which inherit it
        for name in THREADS:
            os.environ.setdefault(name, str(max(1, cores() // workers)))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers(config):
    "How many lessons run side by side: one a core, as many as fit in memory, one where a GPU trains."
    from coursekit.device import get_device

    if get_device().type != "cpu":
        return 1
    return max(1, min(cores(), int(psutil.virtual_memory().available // MEMORY_OF_A_LESSON)))


def cores():
    "The cores that this process may use."
    return len(psutil.Process().cpu_affinity()) if hasattr(psutil.Process, "cpu_affinity") else os.cpu_count()


def longest_first(items, readme):
    "The cells in order, those of the longest lesson first; what the README's table does not hold comes before it."
    if not readme.is_file():
        return items
    from scripts.shards import read_seconds

    seconds = read_seconds(readme.read_text(encoding="utf-8"))
    return sorted(items, key=lambda item: -seconds.get(item.path.stem, float("inf")))


def pytest_itemcollected(item):
    if isinstance(item, IPyNbCell):
        item.output_timeout = 60
        if "text/html" not in item.parent.skip_compare:
            item.parent.skip_compare += ("text/html",)


def pytest_collection_modifyitems(config, items):
    "With --own-data keep the lessons that use a data set of COURSEKIT_DATA; side by side, the longest first."
    if config.option.own_data:
        kept = [item for item in items if isinstance(item, IPyNbCell) and own_sets(item.parent.nb)]
        config.hook.pytest_deselected(items=[item for item in items if item not in kept])
        items[:] = kept
    if hasattr(config, "workerinput") and items and all(isinstance(item, IPyNbCell) for item in items):
        items[:] = longest_first(items, config.rootpath / "README.md")


def pytest_sessionfinish(session, exitstatus):
    if session.config.option.own_data and exitstatus == pytest.ExitCode.NO_TESTS_COLLECTED:
        session.exitstatus = pytest.ExitCode.OK


def pytest_terminal_summary(terminalreporter, config):
    if config.option.own_data and not {"passed", "failed", "error"} & set(terminalreporter.stats):
        terminalreporter.write_line("No lesson uses a data set that lies in the folder COURSEKIT_DATA.")
    rates = [value for reports in terminalreporter.stats.values() for report in reports
             if getattr(report, "when", None) == "call" for name, value in report.user_properties if name == "rates"]
    if rates:
        refused, mutants, accepted, rewrites = map(sum, zip(*rates, strict=True))
        terminalreporter.write_line(f"Exercises: {refused} of {mutants} slips refused ({refused / mutants:.1%}), "
                                    f"{accepted} of {rewrites} rewrites accepted ({accepted / rewrites:.1%}).")


def own_sets(notebook):
    "What the notebook must say of each of its data sets that lies in the folder COURSEKIT_DATA."
    if not os.environ.get("COURSEKIT_DATA"):
        raise pytest.UsageError("--own-data needs COURSEKIT_DATA, the path of a folder of data sets.")
    from coursekit.data.fetch import locate

    origins = [locate(name)[1] for name in notebook.metadata.get("coursekit", {}).get("data", [])]
    return [str(origin) for origin in origins if origin.source == "COURSEKIT_DATA"]


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item):
    if isinstance(item, IPyNbCell) and FAILED in item.parent.stash:
        pytest.skip(f"{item.parent.stash[FAILED]} of this notebook failed")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item):
    if not isinstance(item, IPyNbCell):
        return (yield)
    if not isinstance(item.parent.kernel, WatchedKernel):
        item.parent.kernel = WatchedKernel(item.parent.kernel)
    result = yield
    if item.options["check_exception"]:
        must_raise(item)
    if item.config.option.own_data:
        must_report_own_data(item)
    return result


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item):
    report = yield
    if isinstance(item, IPyNbCell) and report.failed:
        item.parent.stash.setdefault(FAILED, item.name)
    return report


def must_raise(item):
    "Fail a raises-exception cell that raised nothing, or something else than the stored error."
    raised = [output.ename for output in item.test_outputs if output.output_type == "error"]
    stored = [output.ename for output in item.cell.outputs if output.output_type == "error"]
    if not raised:
        item.raise_cell_error("The cell is tagged raises-exception, but it raised nothing.")
    if stored and raised != stored:
        item.raise_cell_error(f"The cell is expected to raise {stored[0]}, but it raised {raised[0]}.")


def must_report_own_data(item):
    "Fail a lesson that has not said, up to its results, that it uses the data in COURSEKIT_DATA."
    texts = [output.get("text") or output.get("data", {}).get("text/plain", "") for output in item.test_outputs]
    shown = item.parent.stash[SHOWN] = item.parent.stash.get(SHOWN, "") + "\n".join(texts)
    missing = [line for line in own_sets(item.parent.nb) if line not in shown]
    if "results.show()" in item.cell.source and missing:
        item.raise_cell_error(f"Expected the lesson to print {missing[0]!r}, found no such line in its outputs.")


class WatchedKernel(RunningKernel):
    """The kernel that nbval started, with a wait that ends when the kernel has died."""

    def __init__(self, started):
        self.km, self.kc = started.km, started.kc

    def await_reply(self, msg_id, timeout=None):
        """Wait for the reply in short turns; raises RuntimeError for a dead kernel, Empty after `timeout`."""
        deadline = time.monotonic() + (timeout or OUR_TIMEOUT)
        while True:
            try:
                return super().await_reply(msg_id, timeout=min(2, timeout or 2))
            except Empty:
                if not self.is_alive():
                    raise RuntimeError("The kernel died in this cell; most often the machine ran out of "
                                       "memory.") from None
                if time.monotonic() >= deadline:
                    raise
