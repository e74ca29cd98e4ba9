"""Load the demo company."""

from __future__ import annotations

import logging
from argparse import ArgumentParser
from datetime import date
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from portal.demo.load import load


class Command(BaseCommand):
    """Loads the demo company; again, it adds only what is missing."""

    help = "Load the demo company with six months of orders, invoices and payments, and write var/demo-logins.json."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Arguments."""
        parser.add_argument("--today", type=date.fromisoformat, help="the day the six months end with (default: today)")

    def handle(self, *args: Any, **options: Any) -> None:
        """Load."""
        # Six months of moves would bury what the demo says to the person who waits for it.
        for chatter in ("django_structlog", "portal.orders"):
            logging.getLogger(chatter).setLevel(logging.WARNING)
        load(options["today"] or timezone.localdate(), self.stdout.write)
