"""What lists and pages say of dealers' money of consumer orders, read from the ledger in constant statements."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Case, Exists, F, OuterRef, Q, QuerySet, Sum, When

from dealers.accounts.models import Dealer
from dealers.ledger.models import OF_CONSUMER_SALES, Account, AccountDocument, DocumentKind, Posting
from fulfilment.allocation.models import Allocation, AllocationState
from fulfilment.settlement.models import ConsumerEntry, EntryKind
from fulfilment.settlement.settling import PAYABLES

ZERO = Decimal("0.00")
UNSETTLED = (
    AllocationState.ACCEPTED,
    AllocationState.PACKED,
    AllocationState.SENT,
    AllocationState.COMPLETED,
)


class Stage:
    """Where the money of an allocation stands, as lists ask for it."""

    WAITING = "waiting"
    WINDOW = "window"
    DUE = "due"
    SETTLED = "settled"


@dataclass(frozen=True, slots=True)
class Share:
    """What an allocation comes to for its own dealer.

    `earned` by what left, `returned` taken back of it, `on_account` brought to its account less corrections.
    """

    earned: Decimal = ZERO
    returned: Decimal = ZERO
    on_account: Decimal = ZERO

    @property
    def owed(self) -> Decimal:
        """What it has earned after returns."""
        return self.earned - self.returned

    @property
    def left(self) -> Decimal:
        """What is not on its account yet."""
        return self.owed - self.on_account


@dataclass(frozen=True, slots=True)
class DealerTotals:
    """A dealer's money of consumer orders, overrides in it: not payable yet, payable, settled in a period."""

    dealer: Dealer
    pending: Decimal = ZERO
    payable: Decimal = ZERO
    settled: Decimal = ZERO


def with_money(allocations: QuerySet[Allocation]) -> QuerySet[Allocation]:
    """Those by which money has moved."""
    return allocations.filter(Exists(ConsumerEntry.objects.filter(allocation=OuterRef("pk"))))


def at_stage(allocations: QuerySet[Allocation], stage: str, today: dt.date) -> QuerySet[Allocation]:
    """Those whose money stands there; all for an unknown stage."""
    completed = Q(state=AllocationState.COMPLETED)
    stages = {
        Stage.WAITING: Q(state__in=UNSETTLED) & ~completed,
        Stage.WINDOW: completed & Q(payable_on__gt=today),
        Stage.DUE: completed & Q(payable_on__lte=today),
        Stage.SETTLED: Q(state=AllocationState.SETTLED),
    }
    return allocations.filter(stages[stage]) if stage in stages else allocations


def stage_of(allocation: Allocation, today: dt.date) -> str:
    """Where an allocation's money stands; empty for one that was cancelled."""
    if allocation.state == AllocationState.COMPLETED:
        return Stage.DUE if allocation.payable_on and allocation.payable_on <= today else Stage.WINDOW
    if allocation.state == AllocationState.SETTLED:
        return Stage.SETTLED
    return "" if allocation.state == AllocationState.CANCELLED else Stage.WAITING


def shares_of(allocation_ids: Collection[int]) -> dict[int, Share]:
    """What each allocation comes to for its own dealer; those without any money are absent. One statement."""
    entry = "journal__consumer_entry__"
    sums = (
        Posting.objects.filter(account=Account.DEALER_PAYABLE, **{f"{entry}allocation__in": list(allocation_ids)})
        .order_by()
        .values_list(f"{entry}allocation", f"{entry}kind")
        .annotate(sum=Sum("amount"))
    )
    found: dict[int, dict[str, Decimal]] = {}
    for pk, kind, amount in sums:
        found.setdefault(pk, {})[kind] = amount
    return {
        pk: Share(-by.get(EntryKind.SALE, ZERO), by.get(EntryKind.RETURN, ZERO), by.get(EntryKind.SETTLEMENT, ZERO))
        for pk, by in found.items()
    }


def totals(dealers: Iterable[Dealer], start: dt.date, end: dt.date, today: dt.date) -> list[DealerTotals]:
    """The totals of those of the dealers that have any, by number; settled: documents from `start` to `end`."""
    entry = "journal__consumer_entry__allocation__"
    due = Q(**{f"{entry}state": AllocationState.COMPLETED, f"{entry}payable_on__lte": today})
    unsettled = (
        Posting.objects.filter(account__in=PAYABLES, **{f"{entry}state__in": UNSETTLED})
        .order_by()
        .values_list("dealer")
        .annotate(pending=Sum("amount", filter=~due), payable=Sum("amount", filter=due))
    )
    documents = (
        AccountDocument.objects.filter(kind__in=OF_CONSUMER_SALES, issue_date__gte=start, issue_date__lte=end)
        .order_by()
        .values_list("dealer")
        .annotate(sum=Sum(Case(When(kind=DocumentKind.SETTLEMENT, then=F("total")), default=-F("total"))))
    )
    open_sums = {pk: (-(pending or ZERO), -(payable or ZERO)) for pk, pending, payable in unsettled}
    settled = dict(documents)
    rows = [
        DealerTotals(dealer, *open_sums.get(dealer.pk, (ZERO, ZERO)), settled.get(dealer.pk, ZERO))
        for dealer in dealers
        if dealer.pk in open_sums or dealer.pk in settled
    ]
    return sorted(rows, key=lambda row: row.dealer.number)


@dataclass(frozen=True, slots=True)
class Move:
    """A journal of an allocation: what it did to the money of one dealer; a document where it came to the account."""

    entry: ConsumerEntry
    account: str
    amount: Decimal
    document: AccountDocument | None


def moves_of(allocation_id: int, dealer_id: int) -> list[Move]:
    """Every journal of an allocation that moved what it owes a dealer, in the order of posting.

    `amount` above zero: in the dealer's favour, and for documents: brought to its account.
    """
    postings = (
        Posting.objects.filter(
            Q(account__in=PAYABLES) | Q(account=Account.PENALTY_INCOME),
            journal__consumer_entry__allocation=allocation_id,
            dealer=dealer_id,
        )
        .select_related("journal__consumer_entry__line__offer_line", "journal__document")
        .order_by("pk")
    )
    return [_move(posting) for posting in postings]


def _move(posting: Posting) -> Move:
    journal = posting.journal
    document = getattr(journal, "document", None)
    favourable = posting.amount if document else -posting.amount
    return Move(journal.consumer_entry, posting.account, favourable, document)
