"""JupyterLab, opened at the table of lessons."""

import os
import tempfile
from pathlib import Path

from coursekit.course.environment import HOME, PYTHON, ROOT, clean, run, settings_in


def start(folder=ROOT, flags=()):
    """Run JupyterLab on `folder`, with `flags` of the user's for it, until it ends; its exit status."""
    command = [str(PYTHON), *arguments(folder), *flags]
    variables = settings(Path.home())
    if os.name == "nt":
        return run(*command, **variables)
    os.chdir(ROOT)
    os.execve(command[0], command, clean() | variables)  # takes our place, so that it gets every signal


def arguments(folder):
    """What Python is told in order to start JupyterLab on `folder`."""
    folder = Path(folder).absolute()
    # The preferred folder, which a user's own settings may hold, must lie in the root.
    said = ["-m", "jupyterlab", f"--ServerApp.root_dir={folder}", f"--ServerApp.preferred_dir={folder}",
            "--LabApp.default_url=/lab/tree/README.md", f"--LabApp.app_settings_dir={ROOT / 'scripts/jupyterlab'}"]
    as_root = hasattr(os, "getuid") and os.getuid() == 0
    return [*said, "--allow-root"] if as_root else said


def settings(home):
    """No variables, or those that keep settings in .venv, with a word about it, where `home` cannot be written."""
    try:
        with tempfile.TemporaryFile(dir=home):
            return {}
    except OSError as error:
        print(f"{home} cannot be written ({error.strerror}): Jupyter keeps its settings in {HOME}.", flush=True)
        return settings_in(HOME)
