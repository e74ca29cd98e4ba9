"""Text that a spreadsheet program would run as a formula when it opens a CSV file. Pure.

CSV has no types, so the only defence is a leading apostrophe (OWASP "CSV Injection"). It is put on and taken off by the
same rule, so that a file we wrote reads back exactly.
"""

import re

_STARTERS = r"=+\-@\t\r\n＝＋－＠"
_RISKY = re.compile(f"'*[{_STARTERS}]")
_DEFUSED = re.compile(f"'+[{_STARTERS}]")


def defuse(text: str) -> str:
    """The text with an apostrophe before it when it could start a formula."""
    return "'" + text if _RISKY.match(text) else text


def restore(text: str) -> str:
    """The text that `defuse` was given."""
    return text[1:] if text.startswith("'") and _DEFUSED.match(text) else text
