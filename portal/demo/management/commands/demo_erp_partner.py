"""Be the ERP of the demo: take orders from ERP_OUT_DIR and answer them in ERP_IN_DIR."""

from __future__ import annotations

import threading
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from portal.demo.erp_partner import STEPS, answer_orders


class Command(BaseCommand):
    """Answers until it is stopped, one document of each order at a time, so that orders can be seen to move."""

    help = "Play the partner ERP: answer the portal's order files with responses, despatch advices, invoices, payments."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the options."""
        parser.add_argument("--once", action="store_true", help="write all answers that are due, then end")
        parser.add_argument("--every", type=float, default=15, metavar="SECONDS", help="pause between two rounds")
        parser.add_argument("--steps", nargs="+", choices=STEPS, default=list(STEPS), help="documents to write")
        parser.add_argument(
            "--keep", type=Path, default=settings.VAR / "erp" / "partner", help="folder of the partner's own"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Answer."""
        out_dir, in_dir = Path(settings.ERP_OUT_DIR), Path(settings.ERP_IN_DIR)
        pause = threading.Event()
        while True:
            if out_dir.is_dir() and in_dir.is_dir():
                most = None if options["once"] else 1
                for name in answer_orders(out_dir, in_dir, options["keep"], steps=options["steps"], most_steps=most):
                    self.stdout.write(name)
            if options["once"]:
                return
            pause.wait(options["every"])
