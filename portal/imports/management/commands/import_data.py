"""`manage.py import_data KIND FILE`: import one file without the console."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from portal.documents.tables.reading import TableRefused
from portal.imports.folder import read_document
from portal.imports.mapping import MappingRefused, guess, read_mapping
from portal.imports.models import ImportKind
from portal.imports.opening import preview_import
from portal.imports.pictures import Folder, PicturesRefused, StoredPictures
from portal.imports.refused import told, write_refused
from portal.imports.running import Source, Totals, run_here

SHOWN = 20


class Command(BaseCommand):
    """Exit status: 0 all rows were taken, 1 rows were refused (the others are kept), 2 the file was refused."""

    help = "Import products, stock, prices, sales reps or dealers from CSV or XLSX. See docs/importing.md."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """KIND FILE, and how to read it."""
        parser.add_argument("kind", choices=ImportKind.values)
        parser.add_argument("file", type=Path)
        parser.add_argument("--mapping", type=Path, help="JSON file that says which of your columns is which of ours")
        parser.add_argument("--images", type=Path, help="folder with the pictures that the column “image” names")
        parser.add_argument("--refused", type=Path, help="write the refused rows to this file")

    def handle(self, *args: Any, **options: Any) -> None:
        """Import."""
        path: Path = options["file"]
        try:
            totals = self._import(options["kind"], path, options["mapping"], options["images"])
        except (TableRefused, MappingRefused, PicturesRefused, OSError) as why:
            raise CommandError(f"{path}: {why}", returncode=2) from why
        report(self, path.name, totals)
        if totals.refused and options["refused"]:
            with options["refused"].open("wb") as target:
                write_refused(target, path, path.name, told(sorted(totals.problems, key=lambda problem: problem.row)))
            self.stdout.write(f"The refused rows are in {options['refused']}.")
        if totals.refused:
            sys.exit(1)

    def _import(self, kind: str, path: Path, mapping: Path | None, images: Path | None) -> Totals:
        if mapping:
            document = read_document(mapping)
        else:
            document = {"columns": guess(kind, preview_import(path, path.name, rows=1).header)}
        if not images:
            document = without_pictures(document)
        pictures = StoredPictures(Folder(images)) if images else None
        try:
            source = Source(path, path.name, read_mapping(kind, document), pictures, folder=path.parent)
            return run_here(source, self._progress)
        finally:
            if pictures:
                pictures.close()

    def _progress(self, totals: Totals) -> None:
        if totals.rows > 2000:
            self.stderr.write(f"{totals.read:,} of {totals.rows:,} rows")


def without_pictures(document: dict[str, Any]) -> dict[str, Any]:
    """The mapping without the column of pictures, which cannot be read where no pictures were given."""
    return {**document, "columns": {k: v for k, v in document.get("columns", {}).items() if k != "image"}}


def report(command: BaseCommand, name: str, totals: Totals) -> None:
    """Print what an import did, and the first refused rows."""
    command.stdout.write(
        f"{name}: {totals.read} rows: {totals.created} new, {totals.changed} changed, {totals.unchanged} unchanged, "
        f"{totals.skipped} skipped by the mapping, {totals.refused} refused"
    )
    if totals.unread:
        command.stdout.write(f"  columns not read: {', '.join(totals.unread)}")
    for problem in totals.problems[:SHOWN]:
        command.stdout.write(f"  row {problem.row}, {problem.field}: {problem.message}")
    if len(totals.problems) > SHOWN:
        command.stdout.write(f"  … and {len(totals.problems) - SHOWN} more problems")
