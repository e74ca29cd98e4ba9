"""What may go wrong when the portal is started, each told in one plain sentence."""

from __future__ import annotations


class OperationsProblem(Exception):
    """A problem the person at the keyboard can mend; ``str()`` is one sentence that says how."""


class EmbeddedServerError(OperationsProblem):
    """An embedded server cannot be started, reached or stopped."""


class EnvironmentProblem(OperationsProblem):
    """An environment variable is missing or malformed."""


class DemoProblem(OperationsProblem):
    """The demo cannot start or one of its processes ended."""
