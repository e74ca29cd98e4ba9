"""The Chinese catalogue: reading, compiling, what it lacks. Needs Babel only, so set-up can run it before Django."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

LOCALE = Path(__file__).resolve().parents[1] / "locale"
CATALOGUE = LOCALE / "zh_Hans" / "LC_MESSAGES" / "django.po"
ENGLISH = LOCALE / "en" / "LC_MESSAGES" / "django.mo"


def load() -> Catalog:
    """The catalogue as it is in the repository; empty when there is none yet."""
    if not CATALOGUE.exists():
        return Catalog(locale="zh_Hans")
    with CATALOGUE.open("rb") as file:
        return read_po(file, locale="zh_Hans")


def compile_catalogue() -> Path:
    """Write the .mo files that Django reads, when they are older than the catalogue; safe when two do it at once.

    English gets one too, of the words as they stand in the source: other packages' English catalogues would otherwise
    change some of ours ("Catalogue" to "Catalog").
    """
    compiled = CATALOGUE.with_suffix(".mo")
    if CATALOGUE.exists() and not _is_fresh(compiled):
        chinese = load()
        _write(ENGLISH, _as_written(chinese))
        _write(compiled, chinese)
    return compiled


def _is_fresh(compiled: Path) -> bool:
    return ENGLISH.exists() and compiled.exists() and compiled.stat().st_mtime >= CATALOGUE.stat().st_mtime


def _as_written(chinese: Catalog) -> Catalog:
    english = Catalog(locale="en")
    for message in chinese:
        if message.id:
            english.add(message.id, message.id, context=message.context)
    return english


def _write(compiled: Path, catalogue: Catalog) -> None:
    compiled.parent.mkdir(parents=True, exist_ok=True)
    fresh = compiled.with_suffix(f".{os.getpid()}")
    with fresh.open("wb") as file:
        write_mo(file, catalogue)
    fresh.replace(compiled)


def untranslated(catalogue: Catalog) -> list[str]:
    """The messages without Chinese, or marked as doubtful."""
    return [str(message.id) for message in catalogue if message.id and (message.fuzzy or not _complete(message.string))]


def _complete(string: Any) -> bool:
    return all(string) if isinstance(string, tuple | list) else bool(string)


if __name__ == "__main__":
    compile_catalogue()
