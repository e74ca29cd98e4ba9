"""Fill the table of places that gives consumers' addresses their coordinates."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from fulfilment.consumer.placedata import load_geonames, load_packaged


class Command(BaseCommand):
    """`load_places` writes the packaged places, `load_places FILE` those of a GeoNames postal code file."""

    help = "Write the places of postcodes: the packaged ones, or those of a GeoNames postal code file."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """One file at most."""
        parser.add_argument("file", nargs="?", type=Path, help="a tab-separated file from geonames.org/export/zip")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Write and tell how many."""
        try:
            count = load_geonames(options["file"]) if options["file"] else load_packaged()
        except (OSError, ValueError) as why:
            raise CommandError(str(why)) from why
        self.stdout.write(f"{count} places")
