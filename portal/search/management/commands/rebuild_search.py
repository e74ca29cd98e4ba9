"""`manage.py rebuild_search`: write the search index of every product anew, batch by batch."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from oscar.core.loading import get_model

from portal.search.index import reindex

Product = get_model("catalogue", "Product")


class Command(BaseCommand):
    """After an upgrade that changes how words are split. People can search and change products meanwhile."""

    help = "Writes the search index of every product anew. Each batch is a transaction; it can be stopped and repeated."

    def add_arguments(self, parser: CommandParser) -> None:
        """How many at once, and where to go on."""
        parser.add_argument("--batch", type=int, default=1000, help="products a transaction (1000)")
        parser.add_argument("--after", type=int, default=0, help="go on after this product id")

    def handle(self, *args: Any, **options: Any) -> None:
        """One batch after the other, in the order of ids."""
        size, last, done = max(options["batch"], 1), options["after"], 0
        everything = Product.objects.filter(pk__gt=last).count()
        while ids := list(Product.objects.filter(pk__gt=last).order_by("pk").values_list("pk", flat=True)[:size]):
            reindex(ids)
            last, done = ids[-1], done + len(ids)
            self.stdout.write(f"{done} of {everything} products, up to id {last}")
        self.stdout.write(self.style.SUCCESS(f"The search index has {done} products."))
