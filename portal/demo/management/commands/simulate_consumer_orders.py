"""`manage.py simulate_consumer_orders [FOLDER]`: consumers buy online, always the same for the same seed."""

from __future__ import annotations

import time
from argparse import ArgumentParser
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from dealers.accounts.models import Dealer
from fulfilment.allocation.models import ConsumerCampaign
from fulfilment.consumer.data import ConsumerRefused, body_hash
from fulfilment.consumer.models import Channel, ConsumerOrder, Source
from fulfilment.consumer.receive import MOST_ORDERS, Bringer, receive_many
from portal.demo import shopping
from portal.demo.fulfilling import Manner, furnish, make_channel, outlets_that_fulfil
from portal.demo.shoppers import Shoppers

#: AdventureWorks' dealers buy at list price; these rebates make it 60, 66 and 72 % of it.
FOLDER_REBATES = (Decimal(40), Decimal(34), Decimal(28))


class Command(BaseCommand):
    """Numbers are of the seed and the place in the stream: repeated, or with more orders, only what is missing comes.

    Orders are placed now. The worker allocates them as it does any others.
    """

    help = "Let simulated consumers order online: from the products and consumers of FOLDER, or from the portal's own."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Where they come from, how many and how fast."""
        parser.add_argument(
            "folder", nargs="?", type=Path, help="consumers.csv and products.csv in the shape of AdventureWorks"
        )
        parser.add_argument("--orders", type=int, default=200, help="so many altogether (default: 200)")
        parser.add_argument("--seed", type=int, default=1, help="another number, other orders (default: 1)")
        parser.add_argument("--rate", type=float, default=0, help="orders a second (default: all at once)")
        parser.add_argument("--channel", default="simulated", help="code of the channel; made when it is not there")
        parser.add_argument(
            "--furnish", action="store_true", help="first give dealers contracts, services and stock where they lack"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Order."""
        if options["orders"] < 1 or options["rate"] < 0:
            raise CommandError("Ask for at least one order, and for a rate of 0 or more.")
        try:
            shoppers, channel = self._prepare(options)
        except (shopping.NobodyBuys, ValueError) as why:
            raise CommandError(str(why)) from why
        told: Counter[str] = Counter()
        started = time.monotonic()
        for places in _missing(shoppers, channel, options["orders"], 1 if options["rate"] else MOST_ORDERS):
            told.update(_bring(shoppers, channel, places))
            if options["rate"]:
                sent = told.total()
                time.sleep(max(0.0, started + sent / options["rate"] - time.monotonic()))
        refused = "".join(f", {count} refused ({why})" for why, count in sorted(told.items()) if why != "taken")
        there = options["orders"] - told.total()
        self.stdout.write(f"{told['taken']} orders taken, {there} were there already{refused}.")

    def _prepare(self, options: dict[str, Any]) -> tuple[Shoppers, Channel]:
        folder = options["folder"]
        known = Channel.objects.filter(code=options["channel"]).first()
        usual = shopping.FOLDER_CURRENCY if folder else shopping.usual_currency() or settings.OSCAR_DEFAULT_CURRENCY
        currency = known.currency if known else usual
        if folder and currency != shopping.FOLDER_CURRENCY:
            raise CommandError(f"The prices of {folder} are in USD, channel {options['channel']} sells in {currency}.")
        if options["furnish"]:
            self._furnish(folder, currency)
        if not outlets_that_fulfil(currency):
            self.stdout.write(f"No outlet fulfils consumer orders in {currency} yet; --furnish lets all dealers do so.")
        goods = shopping.goods_of_folder(folder) if folder else shopping.goods_of_portal(currency)
        homes = shopping.homes_of_folder(folder) if folder else shopping.homes_of_portal(currency)
        channel = known or make_channel(options["channel"], "Simulated shop", currency)
        campaigns = ConsumerCampaign.objects.filter(currency=currency).order_by("code").values_list("code", flat=True)
        counters = shopping.counters(currency)
        return Shoppers(options["seed"], currency, goods, homes, counters, tuple(campaigns)), channel

    def _furnish(self, folder: Path | None, currency: str) -> None:
        goods = shopping.goods_of_folder(folder) if folder else shopping.goods_for_sale()
        tax = Dealer.objects.filter(currency=currency).order_by("-tax_percent").values_list("tax_percent", flat=True)
        manner = Manner(currency, goods, tax=tax.first() or Decimal(0))
        manner = replace(manner, rebates=FOLDER_REBATES) if folder else manner
        self.stdout.write(f"{furnish(manner, timezone.now())} outlets fulfil consumer orders in {currency}.")


def _missing(shoppers: Shoppers, channel: Channel, count: int, at_once: int) -> Iterator[list[int]]:
    """The places of the stream that the channel has not brought yet, so many at once."""
    for start in range(0, count, MOST_ORDERS):
        numbers = {shoppers.number(place): place for place in range(start + 1, min(start + MOST_ORDERS, count) + 1)}
        known = ConsumerOrder.objects.filter(channel=channel, external_number__in=numbers)
        there = set(known.values_list("external_number", flat=True))
        places = [place for number, place in numbers.items() if number not in there]
        yield from (places[first : first + at_once] for first in range(0, len(places), at_once))


def _bring(shoppers: Shoppers, channel: Channel, places: list[int]) -> Iterator[str]:
    """Bring orders to the intake; of each what became of it."""
    orders = [shoppers.order(place, timezone.now()) for place in places]
    answers = receive_many(channel, [(data, body_hash(data)) for data in orders], by=Bringer(Source.FILE))
    for answer in answers:
        yield answer.problems[0].code if isinstance(answer, ConsumerRefused) else "taken"
