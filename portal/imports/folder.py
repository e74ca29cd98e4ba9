"""A folder of files imported in order: a manifest names each file, its kind and its mapping."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from portal.imports.mapping import MappingRefused, read_mapping
from portal.imports.models import ImportKind
from portal.imports.pictures import Folder, StoredPictures
from portal.imports.running import Source, Totals, run_here

SHIPPED = Path(__file__).with_name("mappings")
STEP_PARTS = frozenset({"kind", "file", "mapping", "images"})


class ManifestRefused(Exception):
    """A set of mappings that cannot be used."""


def read_document(path: Path) -> dict[str, Any]:
    """A JSON object from a file. Raises MappingRefused."""
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as why:
        raise MappingRefused([("", f"{path} is no JSON: {why}")]) from why
    if not isinstance(document, dict):
        raise MappingRefused([("", f"{path} must hold a JSON object.")])
    return document


def import_folder(folder: Path, mappings: str) -> Iterator[tuple[str, Totals]]:
    """Import the files that `manifest.json` of the mappings lists, one after the other, and tell each one's totals.

    `mappings` is the name of a shipped set or a folder. A file that is refused ends the walk by its exception.
    """
    shipped = SHIPPED / mappings
    home = shipped if shipped.is_dir() else Path(mappings)
    if not (home / "manifest.json").is_file():
        raise ManifestRefused(f"There is no set of mappings {mappings}: {home / 'manifest.json'} is missing.")
    steps = [_step(each) for each in read_document(home / "manifest.json").get("imports", [])]
    missing = [step["file"] for step in steps if not (folder / step["file"]).is_file()]
    if missing:
        raise ManifestRefused(f"{folder} has no file {', '.join(missing)}.")
    for step in steps:
        yield f"{step['kind']} from {step['file']}", _import(folder, home, step)


def _step(each: Any) -> dict[str, str]:
    if not isinstance(each, dict) or set(each) - STEP_PARTS or each.get("kind") not in ImportKind.values:
        raise ManifestRefused(f"The manifest does not know {json.dumps(each, ensure_ascii=False)[:200]}.")
    return each


def _import(folder: Path, home: Path, step: dict[str, str]) -> Totals:
    path = folder / step["file"]
    pictures = StoredPictures(Folder(folder / step["images"])) if step.get("images") else None
    try:
        mapping = read_mapping(step["kind"], read_document(home / step["mapping"]))
        return run_here(Source(path, path.name, mapping, pictures, folder=folder))
    finally:
        if pictures:
            pictures.close()
