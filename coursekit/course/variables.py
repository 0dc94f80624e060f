"""The environment variables of the course's commands: the user's own, without what would lead packages astray."""

import os

UNWANTED = ("PYTHONPATH", "PYTHONHOME", "PYTHONSAFEPATH", "PIP_TARGET", "PIP_PREFIX", "PIP_ROOT",
            "PIP_REQUIRE_VIRTUALENV")
OURS = {"PIP_USER": "0", "PIP_DISABLE_PIP_VERSION_CHECK": "1", "JUPYTER_PLATFORM_DIRS": "1",
        "PYDEVD_DISABLE_FILE_VALIDATION": "1"}


def clean():
    """The user's variables, but none that sends packages, or Python itself, elsewhere."""
    return {name: value for name, value in os.environ.items() if name not in UNWANTED} | OURS


def settings_in(folder):
    """The variables with which Jupyter, IPython and matplotlib keep their settings in `folder`, not at home."""
    return {"IPYTHONDIR": str(folder / "ipython"), "JUPYTER_CONFIG_DIR": str(folder / "jupyter-config"),
            "JUPYTER_DATA_DIR": str(folder / "jupyter-data"), "MPLCONFIGDIR": str(folder / "matplotlib")}
