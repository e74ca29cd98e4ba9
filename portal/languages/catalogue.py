"""The Chinese catalogue: reading, compiling, and what it lacks. Needs Babel only, so set-up can run it before Django."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

CATALOGUE = Path(__file__).resolve().parents[1] / "locale" / "zh_Hans" / "LC_MESSAGES" / "django.po"


def load() -> Catalog:
    """The catalogue as it is in the repository; empty when there is none yet."""
    if not CATALOGUE.exists():
        return Catalog(locale="zh_Hans")
    with CATALOGUE.open("rb") as file:
        return read_po(file, locale="zh_Hans")


def compile_catalogue() -> Path:
    """Write the .mo file that Django reads, when it is older than the catalogue; safe when two do it at once."""
    compiled = CATALOGUE.with_suffix(".mo")
    if CATALOGUE.exists() and not (compiled.exists() and compiled.stat().st_mtime >= CATALOGUE.stat().st_mtime):
        fresh = compiled.with_suffix(f".{os.getpid()}")
        with fresh.open("wb") as file:
            write_mo(file, load())
        fresh.replace(compiled)
    return compiled


def untranslated(catalogue: Catalog) -> list[str]:
    """The messages without Chinese, or marked as doubtful."""
    return [
        str(message.id) for message in catalogue if message.id and (message.fuzzy or not _complete(message.string))
    ]


def _complete(string: Any) -> bool:
    return all(string) if isinstance(string, tuple | list) else bool(string)


if __name__ == "__main__":
    compile_catalogue()
