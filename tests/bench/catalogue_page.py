"""The first page of the catalogue, 48 rows with the dealer's own prices, by HTTP: small against large catalogue."""

from __future__ import annotations

from django.conf import settings
from django.test import Client
from django.urls import reverse

from dealers.accounts.models import User
from tests.bench.company import LARGE, SMALL, company, first_dealer
from tests.bench.copying import count
from tests.bench.harness import Bench, Outcome, compare, forget_peak_memory
from tests.bench.machine import use_database

MOST_QUERIES = 20
TARGET = 1.5


def run() -> Outcome:
    """A GET through every middleware at 20,000 SKUs, and at 500 as the floor."""
    large, small = company(LARGE), company(SMALL)
    clients = {large: _signed_in(large), small: _signed_in(small)}
    forget_peak_memory()
    outcome = Outcome(
        notes=[f"{TARGET} is the target by name: the page, its count and its tree each read all of the dealer's prices"]
    )
    url = reverse("shop:catalogue")
    for name, address in {"by name": url, "by my price": f"{url}?sort=price"}.items():
        queries = {}
        for database in (small, large):
            _visit(clients, database, address)
            queries[database] = count(lambda database=database, address=address: _get(clients[database], address))
        outcome.cases.append(
            compare(
                name,
                lambda address=address: _get(clients[large], address),
                lambda address=address: _get(clients[small], address),
                before_contestant=lambda address=address: _visit(clients, large, address),
                before_floor=lambda address=address: _visit(clients, small, address),
                queries=queries[large],
            )
        )
        outcome.notes.append(f"{name}: {queries[large]} queries at 20,000 SKUs, {queries[small]} at 500")
        if max(queries.values()) > MOST_QUERIES:
            outcome.broken.append(f"{name}: more than {MOST_QUERIES} queries")
    return outcome


def _signed_in(database: str) -> Client:
    use_database(database)
    client = Client()
    client.force_login(
        User.objects.get(memberships__dealer=first_dealer()), backend=settings.AUTHENTICATION_BACKENDS[0]
    )
    return client


def _visit(clients: dict[str, Client], database: str, address: str) -> None:
    """Go to the database and open the page once, so that connection and caches are warm."""
    use_database(database)
    _get(clients[database], address)


def _get(client: Client, address: str) -> None:
    response = client.get(address)
    if response.status_code != 200 or response.content.count(b"S-0") < 48:
        raise AssertionError(f"{address} answered {response.status_code} without 48 products.")


BENCH = Bench("catalogue_page", "A page of 48 products with dealer prices", {"by name": 6.0, "by my price": 6.0}, run)
