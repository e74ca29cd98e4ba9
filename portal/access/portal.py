"""What a request knows of its user: roles, permissions, the dealer ordered for."""

from __future__ import annotations

from decimal import Decimal
from functools import cached_property
from typing import Any

from django.db.models import Case, Count, Exists, OuterRef, Subquery, When
from django.db.models.functions import Coalesce
from django.http import HttpRequest

from dealers.accounts.models import Dealer, Membership, Outlet, Supplier, User
from fulfilment.allocation.models import Offer, OfferState
from fulfilment.consumer.models import Channel
from fulfilment.ordering.cart import CartEntry, entries, find_cart
from fulfilment.ordering.freight import amounts_of
from fulfilment.ordering.models import DealerCart, DealerOrder
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
        waiting = Offer.objects.filter(dealer=OuterRef("dealer"), state=OfferState.SENT).order_by().values("dealer")
        told = found.annotate(
            has_consumer_orders=Exists(Channel.objects.filter(is_active=True)),
            offers_waiting=Coalesce(Subquery(waiting.annotate(count=Count("pk")).values("count")), 0),
        )
        return list(told.select_related("dealer__sales_rep").order_by("dealer__name", "pk"))

    @cached_property
    def membership(self) -> Membership | None:
        """The place the user acts from: the dealer chosen in this session, else the one they joined first.

        Never simply the first by name: whoever adds a colleague of another dealer must not move where they order.
        """
        chosen = self._request.session.get(SESSION_DEALER)
        joined_first = min(self.memberships, key=lambda place: place.pk, default=None)
        return next((place for place in self.memberships if place.dealer_id == chosen), joined_first)

    @cached_property
    def maybe_dealer(self) -> Dealer | None:
        """The dealer the user orders for, if any."""
        return self.membership.dealer if self.membership else None

    @property
    def has_consumer_orders(self) -> bool:
        """Whether the supplier takes in consumer orders, as known with the user's place; never for its own people."""
        return bool(getattr(self.membership, "has_consumer_orders", False))

    @property
    def offers_waiting(self) -> int:
        """How many consumer orders wait for an answer of the dealer, as known with the user's place."""
        return int(getattr(self.membership, "offers_waiting", 0))

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
    def supplier(self) -> Supplier:
        """The supplier whose portal this is."""
        return Supplier.current()

    @cached_property
    def cart(self) -> DealerCart | None:
        """The cart the user fills at the dealer they order for; none for those who may not order."""
        if self.user is None or self.maybe_dealer is None or not self.may(Permission.ORDER):
            return None
        cart = find_cart(self.user, self.maybe_dealer)
        if cart is not None:
            cart.dealer = self.maybe_dealer
        return cart

    @cached_property
    def cart_entries(self) -> dict[int, CartEntry]:
        """`product id → line` in the cart, in the order they were added."""
        return entries(self.cart) if self.cart else {}

    @cached_property
    def cart_quantities(self) -> dict[int, int]:
        """`product id → quantity` in the cart."""
        return {product_id: entry.quantity for product_id, entry in self.cart_entries.items()}

    @property
    def cart_count(self) -> int:
        """How many lines the cart has."""
        return len(self.cart_quantities)

    @cached_property
    def cart_total(self) -> Decimal:
        """What the cart comes to with freight, surcharges and tax, as the cart's page says it."""
        if not self.cart_quantities:
            return Decimal("0.00")
        return amounts_of(self.dealer, quote(self.dealer, list(self.cart_quantities.items()), as_order=True)).total

    def know_cart_total(self, total: Decimal) -> None:
        """Who has priced the cart for this request says what it comes to, so that it is not priced twice."""
        self.__dict__["cart_total"] = total

    def forget_cart(self) -> None:
        """Read the cart anew: it was changed by this request."""
        for name in ("cart", "cart_entries", "cart_quantities", "cart_total"):
            self.__dict__.pop(name, None)

    @property
    def currency(self) -> str:
        """The currency of the dealer ordered for."""
        return self.maybe_dealer.currency if self.maybe_dealer else ""

    @cached_property
    def outlet(self) -> Outlet | None:
        """Where goods go unless told otherwise: the outlet ordered for last, else the first."""
        if self.maybe_dealer is None:
            return None
        outlets = Outlet.objects.filter(dealer=self.maybe_dealer, is_active=True)
        orders = DealerOrder.objects.filter(dealer=self.maybe_dealer).order_by("-placed_at", "-order")
        return outlets.order_by(Case(When(pk=Subquery(orders.values("outlet")[:1]), then=0), default=1), "code").first()
