"""Every string a person may read, found in Python and in templates without any tool beside Babel and Django."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from babel.messages.extract import extract_from_file
from django.template.base import Lexer, Token, TokenType
from django.utils.translation.template import constant_re

ROOT = Path(__file__).resolve().parents[2]
ROOMS = ("portal", "dealers", "pricing", "fulfilment", "erp_bridge")

KEYWORDS = {
    "_": None,
    "N_": None,
    "t": None,
    "gettext": None,
    "gettext_lazy": None,
    "gettext_noop": None,
    "ngettext": (1, 2),
    "ngettext_lazy": (1, 2),
    "npgettext": ((1, "c"), 2, 3),
    "npgettext_lazy": ((1, "c"), 2, 3),
    "pgettext": ((1, "c"), 2),
    "pgettext_lazy": ((1, "c"), 2),
}


@dataclass(frozen=True)
class Message:
    """A string to be translated. `plural` and `context` are empty where there are none."""

    text: str
    plural: str
    context: str
    place: str


def messages(root: Path = ROOT) -> Iterator[Message]:
    """All messages of the product, in the order of files and lines."""
    for room in ROOMS:
        for path in sorted((root / room).rglob("*.py")):
            if "migrations" not in path.parts:
                yield from python_messages(path, root)
    for path in sorted((root / "templates").rglob("*.*")):
        if path.suffix in (".html", ".txt", ".svg"):
            yield from template_messages(path.read_text(encoding="utf-8"), str(path.relative_to(root)))


def python_messages(path: Path, root: Path) -> Iterator[Message]:
    """The messages of one Python file."""
    for line, found, _comments, context in extract_from_file("python", path, keywords=KEYWORDS):
        text, plural = found if isinstance(found, tuple) else (found, "")
        if text:
            yield Message(text, plural or "", context or "", f"{path.relative_to(root)}:{line}")


def template_messages(source: str, place: str) -> Iterator[Message]:
    """The messages of one template: `translate`, `blocktranslate` and `_("…")` anywhere in a tag or variable."""
    tokens = Lexer(source).tokenize()
    while tokens:
        token = tokens.pop(0)
        where = f"{place}:{token.lineno}"
        if token.token_type == TokenType.VAR:
            yield from _constants(token.contents, where)
        elif token.token_type == TokenType.BLOCK:
            tag = token.split_contents()[0]
            if tag in ("blocktranslate", "blocktrans"):
                yield _block(token, tokens, where)
            elif tag in ("translate", "trans"):
                yield from _inline(token, where)
            yield from _constants(token.contents, where)


def _inline(token: Token, where: str) -> Iterator[Message]:
    bits = token.split_contents()
    text = bits[1].partition("|")[0]
    if text[:1] in "\"'":
        context = bits[bits.index("context") + 1][1:-1] if "context" in bits else ""
        yield Message(_doubled(text), "", context, where)


def _constants(contents: str, where: str) -> Iterator[Message]:
    for match in constant_re.finditer(contents):
        yield Message(_doubled(match.group(1)), "", "", where)


def _doubled(literal: str) -> str:
    """A quoted constant of a template as Django looks it up: percent signs doubled."""
    return literal[1:-1].replace("%", "%%")


def _block(token: Token, tokens: list[Token], where: str) -> Message:
    bits = token.split_contents()
    context = bits[bits.index("context") + 1][1:-1] if "context" in bits else ""
    parts: list[list[str]] = [[]]
    while tokens:
        inner = tokens.pop(0)
        if inner.token_type == TokenType.BLOCK:
            name = inner.contents.strip()
            if name.startswith("end"):
                break
            parts.append([])
        elif inner.token_type == TokenType.VAR:
            parts[-1].append(f"%({inner.contents})s")
        elif inner.token_type == TokenType.TEXT:
            parts[-1].append(inner.contents.replace("%", "%%"))
    texts = ["".join(part) for part in parts]
    if "trimmed" in bits:
        texts = [re.sub(r"\s*\n\s*", " ", text.strip()) for text in texts]
    return Message(texts[0], texts[1] if len(texts) > 1 else "", context, where)
