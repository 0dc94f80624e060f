"""Each mend in conftest.py, on tiny notebooks: a change in nbval or pytest shows here."""

import os
import time
from pathlib import Path

import pytest
from tiny_lesson import code, error, number, save, shown, stream, tiny_lesson

pytest_plugins = ["pytester"]
CONFTEST = Path(__file__).parent.parent / "conftest.py"


@pytest.fixture
def run_cells(pytester, monkeypatch):
    """Run notebooks, each a list of cells, under nbval with the mends; gives pytest's result."""
    pytester.makeconftest(CONFTEST.read_text(encoding="utf-8"))
    monkeypatch.delenv("COURSEKIT_DATA", raising=False)

    def run(*notebooks, flags=(), about=None):
        for i, cells in enumerate(notebooks):
            lesson = tiny_lesson(number(cells))
            lesson["metadata"]["coursekit"].update(about or {})
            save(lesson, pytester.path, f"{i:02}_tiny")
        return pytester.runpytest_subprocess("--nbval-lax", "--nbval-current-env", "-rs", *flags)

    return run


def test_the_rest_of_a_notebook_is_skipped_after_its_first_failure(run_cells):
    result = run_cells([code("1 / 0"), code("1"), code("2")], [code("3"), code("4")])
    result.assert_outcomes(failed=1, skipped=2, passed=2)
    result.stdout.fnmatch_lines(["*Cell 0 of this notebook failed*"])


def test_a_cell_that_should_raise_must_raise_what_is_stored(run_cells):
    tagged = dict(tags=["raises-exception"])
    stored = error("ZeroDivisionError")
    result = run_cells([code("1 / 0", stored, **tagged), code("1")], [code("1", **tagged)],
                       [code("int('a')", stored, **tagged)])
    result.assert_outcomes(passed=2, failed=2)
    result.stdout.fnmatch_lines(["*raised nothing*",
                                 "*to raise ZeroDivisionError, but it raised ValueError*"])


def test_html_is_not_compared_and_text_is(run_cells):
    def same(data):
        stored = shown("text/html", "<b>old</b>")
        stored["data"]["text/plain"] = data
        return code("from IPython.display import display\n"
                    "display({'text/html': '<b>new</b>', 'text/plain': 'text'}, raw=True)",
                    stored, tags=["nbval-check-output"])

    run_cells([same("text")], [same("another text")]).assert_outcomes(passed=1, failed=1)


def test_a_late_output_and_a_slow_cell_have_their_time(run_cells, pytester):
    pytester.makepyfile(look="""
        def pytest_runtest_call(item):
            print("waits", item.output_timeout, item.config.option.nbval_cell_timeout)
    """)
    pytester.syspathinsert()
    run_cells([code("1")], flags=["-p", "look", "-s"]).stdout.fnmatch_lines(["*waits 60 600*"])
    result = run_cells([code("1")], flags=["-p", "look", "-s", "--nbval-cell-timeout=7"])
    result.stdout.fnmatch_lines(["*waits 60 7.0*"])


def test_a_cell_that_takes_too_long_is_stopped(run_cells):
    result = run_cells([code("import time; time.sleep(60)"), code("1")], flags=["--nbval-cell-timeout=2"])
    result.assert_outcomes(failed=1, skipped=1)
    result.stdout.fnmatch_lines(["*Timeout of 2 seconds exceeded*"])


def test_a_dead_kernel_is_noticed(run_cells):
    start = time.monotonic()
    result = run_cells([code("import os; os._exit(9)"), code("1")])
    result.assert_outcomes(failed=1, skipped=1)
    result.stdout.fnmatch_lines(["*kernel died*"])
    assert time.monotonic() - start < 30


def test_own_data_are_asked_for_and_must_be_reported(run_cells, pytester, monkeypatch):
    pytester.makepyfile(**{"coursekit/data/fetch": """
        class Origin(str):
            source = "COURSEKIT_DATA"

        class Default(str):
            source = "git"

        def locate(name):
            return None, Origin("my own set") if name == "mine" else Default("theirs")
    """, "coursekit/__init__": "", "coursekit/data/__init__": ""})
    assert run_cells([code("1")], flags=["--own-data"]).ret == pytest.ExitCode.USAGE_ERROR
    monkeypatch.setenv("COURSEKIT_DATA", os.fspath(pytester.path))
    monkeypatch.setenv("PYTHONPATH", os.fspath(pytester.path))
    results = "class results:\n    show = print\nresults.show()"
    told, silent = [code("print('Data: my own set.')"), code(results)], [code("1"), code(results)]
    result = run_cells(told, silent, flags=["--own-data"], about={"data": ["mine"]})
    result.assert_outcomes(passed=3, failed=1)
    result.stdout.fnmatch_lines(["*Expected the lesson to print 'my own set'*"])
    result = run_cells(told, silent, flags=["--own-data"], about={"data": ["other"]})
    result.assert_outcomes(deselected=4)
    assert result.ret == pytest.ExitCode.OK
    result.stdout.fnmatch_lines(["*No lesson uses a data set*"])


def test_stored_output_of_a_check_cell_is_compared(run_cells):
    tagged = dict(tags=["nbval-check-output"])
    result = run_cells([code("print(1)", stream("1\n"), **tagged), code("print(2)", stream("3\n"), **tagged)])
    result.assert_outcomes(passed=1, failed=1)


