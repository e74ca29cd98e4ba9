#!/usr/bin/env python
"""The portal's command line. Without configuration it starts the embedded servers first."""

import os
import sys

NEEDS_NO_SERVER = frozenset(
    {"check", "collectstatic", "compilemessages", "help", "makemessages", "messages", "version"}
)


def main(arguments: list[str]) -> int:
    """Run one management command; trouble with the environment is a sentence and exit status 2, not a traceback."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
    from portal.operations.problems import EmbeddedServerError, EnvironmentProblem

    try:
        from django.conf import settings

        if settings.ENVIRONMENT.embedded and not NEEDS_NO_SERVER.intersection(arguments[1:2] or ["help"]):
            from portal.operations import embedded

            embedded.ensure_running(settings.VAR)
        from django.core.management import execute_from_command_line

        execute_from_command_line(arguments)
    except (EnvironmentProblem, EmbeddedServerError) as why:
        sys.stderr.write(f"{why}\n")
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv))
