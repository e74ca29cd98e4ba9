"""Where an order goes: a few outlets at a glance, many by search."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Case, Q, Value, When

from dealers.accounts.models import Dealer, Outlet

#: So many are shown at once; more are searched.
SHOWN = 8
#: From so many on there is a search box.
FEW = 6
SEARCHED = (
    "code", "name", "contact_name", "contact_phone", "address_line1", "address_line2", "city", "state", "postal_code"
)  # fmt: skip


@dataclass(frozen=True)
class ShipTo:
    """The outlets to choose from, the chosen one first; `count` is how many the search found, `total` how many there
    are."""

    outlets: tuple[Outlet, ...]
    chosen: int | None
    query: str
    count: int
    total: int
    everything: bool = False

    @property
    def searchable(self) -> bool:
        """Whether there are so many that one searches."""
        return self.total > FEW

    @property
    def hidden(self) -> int:
        """How many more the search found than are shown."""
        return max(self.count - len(self.outlets), 0)


def ship_to(dealer: Dealer, chosen: int | None, query: str = "", *, everything: bool = False) -> ShipTo:
    """The dealer's active outlets that have every word of the query in name, address or contact; the chosen one is
    always among them, so that a search never changes the choice. At most three statements."""
    own = Outlet.objects.filter(dealer=dealer, is_active=True)
    fitting = Q()
    for word in query.split()[:8]:
        somewhere = Q()
        for column in SEARCHED:
            somewhere |= Q(**{f"{column}__icontains": word})
        fitting &= somewhere
    # An empty condition joined by "or" would leave only the chosen one.
    found = own.filter(fitting | Q(pk=chosen)) if fitting else own
    found = found.order_by(Case(When(pk=chosen, then=Value(0)), default=Value(1)), "code")
    outlets = tuple(found if everything else found[: SHOWN + 1])
    if everything or len(outlets) <= SHOWN:
        count = len(outlets)
    else:
        outlets, count = outlets[:SHOWN], found.count()
    total = own.count() if query.strip() else count
    return ShipTo(outlets, chosen, query, count, total, everything)
