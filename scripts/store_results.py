"""Where trainings at full scale leave their figures, and the commit that made them."""

import json
import subprocess

from run_lessons import ROOT, write

RESULTS = ROOT / "results"


def store(figures, path):
    """Write `figures`, a dict, to `path` as JSON, with the `commit` that made them."""
    path.parent.mkdir(exist_ok=True)
    write(json.dumps(figures | {"commit": commit()}, indent=1), path)


def commit(root=ROOT):
    """The commit checked out in `root`, with -dirty if a file that git knows has changed; None if it is no checkout.

    What has changed in results/ does not count: a script may store its figures many times.
    """
    found = _git(root, "rev-parse", "--show-toplevel", "HEAD")
    if found is None or not root.samefile(found.splitlines()[0]):
        return None
    changed = _git(root, "status", "--porcelain", "--untracked-files=no", "--", ".", ":!results")
    return found.splitlines()[1] + ("-dirty" if changed else "")


def _git(root, *arguments):
    "What git prints, or None if it fails or is not there."
    try:
        run = subprocess.run(["git", "-C", str(root), *arguments], capture_output=True, text=True, check=False)
    except OSError:
        return None
    return run.stdout.strip() if run.returncode == 0 else None
