"""What a request knows of its user: roles, permissions, the dealer ordered for."""

from __future__ import annotations

from decimal import Decimal
from functools import cached_property
from typing import Any

from django.http import HttpRequest

from dealers.accounts.models import Dealer, Membership, Supplier, User
from fulfilment.ordering.cart import find_cart, quantities
from portal.access.roles import DEALER_PERMISSIONS, STAFF_PERMISSIONS, Permission
from pricing.quote import quote

SESSION_DEALER = "dealer"


class PortalRequest(HttpRequest):
    """A request after `AccessMiddleware`; views annotate with it."""

    user: User  # views behind a permission always have a signed-in user
    portal: Portal
    htmx: Any


class Portal:
    """Lazily answers who is asking. Each answer costs at most one query a request."""

    def __init__(self, request: HttpRequest) -> None:
        self._request = request

    @cached_property
    def user(self) -> User | None:
        """The signed-in, active user."""
        user = self._request.user
        return user if isinstance(user, User) and user.is_active else None

    @cached_property
    def is_staff(self) -> bool:
        """Whether the user is one of the supplier's people."""
        return bool(self.user and self.user.staff_role)

    @cached_property
    def memberships(self) -> list[Membership]:
        """The user's active places at active dealers, by dealer name; none for the supplier's people."""
        if self.user is None or self.is_staff:
            return []
        found = Membership.objects.filter(user=self.user, is_active=True, dealer__is_active=True)
        return list(found.select_related("dealer__sales_rep").order_by("dealer__name", "pk"))

    @cached_property
    def membership(self) -> Membership | None:
        """The place the user acts from: the dealer chosen in this session, else the first."""
        chosen = self._request.session.get(SESSION_DEALER)
        return next((m for m in self.memberships if m.dealer_id == chosen), next(iter(self.memberships), None))

    @cached_property
    def maybe_dealer(self) -> Dealer | None:
        """The dealer the user orders for, if any."""
        return self.membership.dealer if self.membership else None

    @property
    def dealer(self) -> Dealer:
        """The dealer the user orders for. Only for views whose permission is a dealer's."""
        if self.membership is None:
            raise LookupError("This user is at no dealer.")
        return self.membership.dealer

    def choose_dealer(self, dealer_id: int) -> bool:
        """Act for another of the user's dealers; refuses one that is not."""
        if not any(m.dealer_id == dealer_id for m in self.memberships):
            return False
        self._request.session[SESSION_DEALER] = dealer_id
        return True

    @cached_property
    def permissions(self) -> frozenset[Permission]:
        """What the user may do here and now."""
        if self.user is None:
            return frozenset()
        if self.is_staff:
            return STAFF_PERMISSIONS.get(self.user.staff_role, frozenset())
        return DEALER_PERMISSIONS.get(self.membership.role, frozenset()) if self.membership else frozenset()

    def may(self, permission: Permission) -> bool:
        """Whether the user may do this."""
        return permission in self.permissions

    @cached_property
    def _cart_quantities(self) -> dict[int, int]:
        if self.user is None or self.maybe_dealer is None or not self.may(Permission.ORDER):
            return {}
        cart = find_cart(self.user, self.maybe_dealer)
        return quantities(cart) if cart else {}

    @property
    def cart_count(self) -> int:
        """Lines in the open cart."""
        return len(self._cart_quantities)

    @cached_property
    def cart_total(self) -> Decimal | None:
        """What the open cart comes to before tax; None when it is empty."""
        if not self._cart_quantities:
            return None
        return quote(self.dealer, list(self._cart_quantities.items())).net_total

    @property
    def currency(self) -> str:
        """The currency of the dealer ordered for."""
        return self.maybe_dealer.currency if self.maybe_dealer else ""

    @cached_property
    def supplier(self) -> Supplier:
        """The supplier whose portal this is."""
        return Supplier.current()
