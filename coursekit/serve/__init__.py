"""An exported classifier as a web app: a page for people, JSON for programs, and limits for everybody.

Nothing of what a user sends is kept, on disk or elsewhere.
"""
