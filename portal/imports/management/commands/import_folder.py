"""`manage.py import_folder DIR --mappings NAME`: import a whole set of files in the order its manifest says."""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from portal.documents.tables.reading import TableRefused
from portal.imports.folder import ManifestRefused, import_folder
from portal.imports.management.commands.import_data import report
from portal.imports.mapping import MappingRefused
from portal.imports.pictures import PicturesRefused


class Command(BaseCommand):
    """Exit status as of `import_data`: 1 when rows were refused, 2 when a file was refused (the rest is left)."""

    help = "Import every file of a folder, in order, with shipped or own mappings. See docs/importing.md."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """DIR and the mappings."""
        parser.add_argument("folder", type=Path)
        parser.add_argument("--mappings", required=True, help="a shipped set (adventureworks) or a folder of your own")

    def handle(self, *args: Any, **options: Any) -> None:
        """Import."""
        started = time.monotonic()
        refused = 0
        try:
            for name, totals in import_folder(options["folder"], options["mappings"]):
                report(self, name, totals)
                refused += totals.refused
        except (TableRefused, MappingRefused, PicturesRefused, ManifestRefused, OSError) as why:
            raise CommandError(str(why), returncode=2) from why
        self.stdout.write(f"Done in {time.monotonic() - started:.1f} s.")
        if refused:
            sys.exit(1)
