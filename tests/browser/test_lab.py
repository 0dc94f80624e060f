"""`make lab` in headless Chromium: the table of lessons opens, and lesson 00 runs there by its Run button."""

import re

from playwright.sync_api import expect

from coursekit.course import lab as command


def test_lab_opens_at_the_table_of_lessons(lab, page):
    [default_url] = [said.split("=")[1] for said in command.arguments(lab.folder) if "default_url" in said]
    page.goto(f"{lab.address}{default_url}?token=test")
    preview = page.locator(".jp-MarkdownViewer")
    expect(preview.get_by_role("heading", name="Lessons")).to_be_visible(timeout=60_000)
    preview.get_by_role("link", name="00_start_here").first.click()
    expect(page.locator(".jp-NotebookPanel")).to_be_visible(timeout=60_000)


def test_lesson_runs_by_its_run_button(open_lesson):
    lesson = open_lesson("00_start_here.ipynb")
    lesson.panel.locator(".jp-Cell").first.click()
    prompts = lesson.panel.locator(".jp-CodeCell .jp-InputArea-prompt")
    last = prompts.nth(prompts.count() - 1)  # Lab appends an empty cell after it
    run = lesson.panel.locator("[data-command='notebook:run-cell-and-select-next'], [data-jp-item-name=run]").first
    for _ in range(lesson.panel.locator(".jp-Cell").count()):
        run.click()
    expect(last).to_have_text(re.compile(r"\[\d+\]:"), timeout=120_000)
    lesson.wait()
    cells = lesson.save()
    errors = [output for cell in cells for output in cell["outputs"] if output["output_type"] == "error"
              and "raises-exception" not in cell["metadata"].get("tags", [])]
    assert not errors
    assert [cell["execution_count"] for cell in cells] == list(range(1, len(cells) + 1))
