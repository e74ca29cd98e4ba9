"""Post journals that are no documents: what happens between the supplier, consumers, dealers and guides."""

from __future__ import annotations

import datetime as dt
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.db import IntegrityError, transaction

from dealers.accounts.models import Dealer, User
from dealers.ledger.data import PostingRefused, is_cents
from dealers.ledger.models import OF_A_DEALER, Account, DocumentKind, Journal, Posting
from dealers.ledger.post import ONCE, REVERSAL, constraint_of, lock_dealers
from dealers.sentences import worded as _

#: Kinds of source that other functions post under.
TAKEN = frozenset({*DocumentKind.values, REVERSAL})
LONGEST_KIND, LONGEST_KEY, LONGEST_DESCRIPTION = 30, 200, 300


@dataclass(frozen=True, slots=True)
class Leg:
    """One side of an entry: debits above zero. Accounts of dealers name the dealer."""

    account: str
    amount: Decimal
    dealer_id: int | None = None


@dataclass(frozen=True, slots=True)
class EntryData:
    """A balanced entry in one currency. `(source_kind, source_key)` says what it was posted for, once."""

    source_kind: str
    source_key: str
    date: dt.date
    currency: str
    description: str
    legs: tuple[Leg, ...]

    @property
    def source(self) -> tuple[str, str]:
        """What it was posted for."""
        return self.source_kind, self.source_key

    @property
    def dealer_ids(self) -> set[int]:
        """The dealers it names."""
        return {leg.dealer_id for leg in self.legs if leg.dealer_id is not None}

    def check(self) -> None:
        """Refuse what is no entry, with the first fault in a sentence."""
        names = {"kind": self.source_kind, "key": self.source_key}
        if not self.source_kind or self.source_kind in TAKEN or len(self.source_kind) > LONGEST_KIND:
            raise PostingRefused(_("“%(kind)s” is no kind of entry.") % names)
        if not self.source_key or len(self.source_key) > LONGEST_KEY or len(self.description) > LONGEST_DESCRIPTION:
            raise PostingRefused(_("Entry %(kind)s %(key)s: the key or the description is too long.") % names)
        if any(leg.account not in Account.values or leg.account == Account.RECEIVABLE for leg in self.legs):
            raise PostingRefused(_("Entry %(kind)s %(key)s: only documents move a dealer's account.") % names)
        if any(leg.account in OF_A_DEALER and leg.dealer_id is None for leg in self.legs):
            raise PostingRefused(_("Entry %(kind)s %(key)s: what is owed to a dealer names the dealer.") % names)
        if any(not is_cents(leg.amount) or not leg.amount for leg in self.legs):
            raise PostingRefused(_("Entry %(kind)s %(key)s: give amounts to the cent, none of zero.") % names)
        total = sum((leg.amount for leg in self.legs), Decimal(0))
        if len(self.legs) < 2 or total:
            raise PostingRefused(
                _("Entry %(kind)s %(key)s: its sides sum to %(total)s, not to zero.") % {**names, "total": total}
            )


@dataclass(frozen=True, slots=True)
class Posted:
    """A journal; `new` when this call wrote it."""

    journal: Journal
    new: bool


def post_entries(
    source_kind: str,
    source_key: str,
    *,
    date: dt.date,
    currency: str,
    description: str,
    legs: Sequence[Leg],
    by: User | None,
) -> Journal:
    """Post one entry, see `post_many`."""
    data = EntryData(source_kind, source_key, date, currency, description, tuple(legs))
    return post_many([data], by=by)[0].journal


def post_many(entries: Sequence[EntryData], *, by: User | None) -> list[Posted]:
    """Post balanced entries, in a constant number of statements, and return their journals in the same order.

    An entry posted before under its source, with the same day, currency and sides, changes nothing. Refused
    (`PostingRefused`, nothing written): other content under a source already used, sides that do not sum to zero,
    RECEIVABLE, a dealer of another currency. Holds locks on the dealers named until the transaction ends.
    """
    for data in entries:
        data.check()
    if not entries:
        return []
    if max(Counter(data.source for data in entries).values()) > 1:
        raise PostingRefused(_("Two entries have the same source."))
    try:
        with transaction.atomic():
            return _post(entries, by)
    except IntegrityError as why:
        if constraint_of(why) not in ONCE:
            raise
    # Another poster, who shares no dealer with us, took a source between our look and our write.
    with transaction.atomic():
        return _post(entries, by)


def _post(entries: Sequence[EntryData], by: User | None) -> list[Posted]:
    _require_currency(entries)
    found = _journals_of(entries)
    _require_same(entries, found)
    missing = [data for data in entries if data.source not in found]
    made = Journal.objects.bulk_create(
        Journal(
            source_kind=data.source_kind,
            source_key=data.source_key,
            date=data.date,
            currency=data.currency,
            description=data.description,
            posted_by=by,
        )
        for data in missing
    )
    Posting.objects.bulk_create(
        Posting(journal=journal, account=leg.account, dealer_id=leg.dealer_id, amount=leg.amount)
        for journal, data in zip(made, missing, strict=True)
        for leg in data.legs
    )
    new = {data.source: journal for journal, data in zip(made, missing, strict=True)}
    return [
        Posted(new[data.source], new=True) if data.source in new else Posted(found[data.source], new=False)
        for data in entries
    ]


def _require_currency(entries: Sequence[EntryData]) -> None:
    """Lock the dealers, and refuse those who are kept in another currency than their entry."""
    ids: set[int] = set().union(*(data.dealer_ids for data in entries))
    if not ids:
        return
    lock_dealers(ids)
    kept = dict(Dealer.objects.filter(pk__in=ids).values_list("pk", "currency"))
    for data in entries:
        if any(kept.get(dealer_id) != data.currency for dealer_id in data.dealer_ids):
            raise PostingRefused(
                _("Entry %(kind)s %(key)s is in %(currency)s, but a dealer it names is kept in another currency.")
                % {"kind": data.source_kind, "key": data.source_key, "currency": data.currency}
            )


def _journals_of(entries: Iterable[EntryData]) -> dict[tuple[str, str], Journal]:
    keys: dict[str, list[str]] = defaultdict(list)
    for data in entries:
        keys[data.source_kind].append(data.source_key)
    wanted = {data.source for data in entries}
    rows = Journal.objects.filter(source_kind__in=keys, source_key__in=[key for each in keys.values() for key in each])
    found = {(journal.source_kind, journal.source_key): journal for journal in rows}
    return {source: journal for source, journal in found.items() if source in wanted}


def _require_same(entries: Sequence[EntryData], found: dict[tuple[str, str], Journal]) -> None:
    if not found:
        return
    sides: dict[int, Counter[tuple[str, int | None, Decimal]]] = defaultdict(Counter)
    for posting in Posting.objects.filter(journal__in=list(found.values())):
        sides[posting.journal_id][posting.account, posting.dealer_id, posting.amount] += 1
    for data in entries:
        journal = found.get(data.source)
        if journal is None:
            continue
        wanted = Counter((str(leg.account), leg.dealer_id, leg.amount) for leg in data.legs)
        if (journal.date, journal.currency, sides[journal.pk]) != (data.date, data.currency, wanted):
            raise PostingRefused(
                _("Entry %(kind)s %(key)s is already posted with other content.")
                % {"kind": data.source_kind, "key": data.source_key}
            )
