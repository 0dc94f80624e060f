"""An exported classifier as a web app: a page for people, JSON for programs, and limits for everybody.

Nothing of what a user sends is kept, on disk or elsewhere.
"""

from coursekit.serve.app import create_app
from coursekit.serve.limits import Limits
from coursekit.serve.local import LocalServer
from coursekit.serve.remote import Remote

__all__ = ["Limits", "LocalServer", "Remote", "create_app"]
