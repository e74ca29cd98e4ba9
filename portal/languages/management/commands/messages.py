"""Bring the Chinese catalogue up to date with the source, and compile it."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from babel.messages.catalog import Catalog
from babel.messages.pofile import write_po
from django.core.management.base import BaseCommand

from portal.languages.catalogue import CATALOGUE, compile_catalogue, load, untranslated
from portal.languages.extract import messages


def current() -> Catalog:
    """A catalogue of every message in the source, untranslated."""
    catalogue = Catalog(locale="zh_Hans", project="Dealer portal", charset="utf-8", fuzzy=False)
    for message in messages():
        catalogue.add(
            (message.text, message.plural) if message.plural else message.text,
            context=message.context or None,
            locations=[(message.place.partition(":")[0], 1)],
        )
    return catalogue


class Command(BaseCommand):
    """Updates and compiles the Chinese catalogue."""

    help = "Write new messages of the source into the Chinese catalogue, compile it, and list what lacks Chinese."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Arguments."""
        parser.add_argument("--compile-only", action="store_true", help="leave the .po file as it is")

    def handle(self, *args: Any, **options: Any) -> None:
        """Update, compile, list."""
        catalogue = load()
        if not options["compile_only"]:
            catalogue.update(current(), no_fuzzy_matching=True)
            catalogue.obsolete.clear()
            CATALOGUE.parent.mkdir(parents=True, exist_ok=True)
            with CATALOGUE.open("wb") as file:
                write_po(file, catalogue, width=120, sort_output=True, include_lineno=False, ignore_obsolete=True)
        compile_catalogue()
        missing = untranslated(catalogue)
        for text in missing:
            self.stdout.write(text)
        self.stdout.write(f"{len(catalogue)} messages, {len(missing)} without Chinese.")
