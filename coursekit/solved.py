"""What a learner has solved, in a small file of the cache, and questions to look back: the course's memory."""

import functools
import json
import os
import random
import re
from pathlib import Path

from coursekit.files import ROOT, cache_folder, to_read, to_write, writing

NAME = "solved.json"
QUESTION = re.compile(r"<details><summary>(.+?)</summary>(.+?)</details>", re.S)
EXERCISE = re.compile(r"^check\(exercises\.(\w+), ", re.M)


def keep(lesson: str, exercise: str) -> None:
    """Note that `exercise` of `lesson`, such as "02", is solved; never under COURSEKIT_TEST.

    A file that cannot be written is no error: the lesson matters more.
    """
    if os.environ.get("COURSEKIT_TEST"):
        return
    solved = read()
    if exercise in solved.get(lesson, []):
        return
    solved[lesson] = [*solved.get(lesson, []), exercise]
    try:
        with writing(to_write(cache_folder() / NAME)) as partial:
            partial.write_text(json.dumps(solved, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    except OSError:
        return


def read() -> dict[str, list[str]]:
    """Lesson -> names of its solved exercises; nothing is solved where the file is missing or damaged."""
    try:
        solved = json.loads(to_read(cache_folder() / NAME).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    if not isinstance(solved, dict):
        return {}
    return {lesson: [name for name in names if isinstance(name, str)]
            for lesson, names in solved.items() if isinstance(names, list)}


def show_progress(lessons: Path = ROOT / "nbs") -> int:
    """Print for each lesson in `lessons` how many of its exercises are solved, and which are open; the exit status."""
    solved, n_solved, n_all = read(), 0, 0
    for number, name, text in _lessons(lessons):
        exercises = EXERCISE.findall(text)
        done = [exercise for exercise in exercises if exercise in solved.get(number, [])]
        still = [exercise for exercise in exercises if exercise not in done]
        print(f"{name:32} {len(done)} of {len(exercises)}" + (f"   open: {', '.join(still)}" if done and still else ""))
        n_solved, n_all = n_solved + len(done), n_all + len(exercises)
    print(f"{n_solved} of {n_all} exercises solved. To begin anew, delete {cache_folder() / NAME}.")
    return 0


def review(lessons: Path = ROOT / "nbs", n: int = 10, chance: random.Random | None = None) -> int:
    """Ask `n` questions of the lessons that were begun, spread over them, and show each answer after Enter.

    Where nothing is solved yet, the questions are of all lessons. The exit status is 130 if it was interrupted.
    """
    chance, solved = chance or random.Random(), read()
    asked = {name: QUESTION.findall(text.split("**Questions.**", 1)[1]) for number, name, text in _lessons(lessons)
             if "**Questions.**" in text and (number in solved or not solved)}
    chosen = _spread(asked, n, chance)
    try:
        for i, (name, question, answer) in enumerate(chosen, 1):
            input(f"{i} of {len(chosen)}, lesson {name}\n  {question.strip()}\n  (Enter shows the answer) ")
            print(f"  {answer.strip()}\n")
    except (KeyboardInterrupt, EOFError):
        print()
        return 130
    return 0


def _spread(asked, n, chance):
    "At most `n` (lesson, question, answer): one of each lesson in turn, in order of the lessons."
    piles = {name: chance.sample(questions, len(questions)) for name, questions in asked.items()}
    chosen = []
    while len(chosen) < n and any(piles.values()):
        names = [name for name, pile in piles.items() if pile]
        for name in chance.sample(names, min(len(names), n - len(chosen))):
            chosen.append((name, *piles[name].pop()))
    return sorted(chosen)


@functools.cache
def _lessons(folder):
    "(number, file name, text of all its cells) of each lesson."
    found = []
    for path in sorted(folder.glob("*.ipynb")):
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
        found.append((path.stem.split("_")[0], path.stem, "\n".join("".join(cell["source"]) for cell in cells)))
    return found
