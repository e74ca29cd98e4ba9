"""The slip that lies in the parcel of a consumer order: who sends it, who gets it, what is in it. No prices."""

from __future__ import annotations

from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.translation import gettext as _

from dealers.accounts.addresses import address_lines, is_chinese
from dealers.accounts.models import User
from fulfilment.allocation.models import AllocationLine, Offer
from fulfilment.consumer.contacts import contact_for
from fulfilment.consumer.models import ConsumerContact, ConsumerOrder
from portal.documents.letterhead import Letterhead
from portal.documents.pdf import PdfUnavailable, render_pdf


def packing_slip_pdf(offer: Offer, user: User) -> bytes:
    """The slip of an accepted offer in the active language, as an A4 PDF, for somebody who may know the consumer.

    Raises `PdfUnavailable` with a sentence for the reader: when they may not, and when the consumer's data is removed.
    """
    contact = contact_for(offer.order, user)
    if contact is None:
        raise PdfUnavailable(_("Only who fulfils the order gets its packing slip."))
    if contact.removed_at is not None:
        raise PdfUnavailable(_("The consumer's name and address were removed by policy."))
    letterhead = Letterhead.current()
    lines = AllocationLine.objects.filter(allocation=offer.pk, cancelled_at=None)
    context = letterhead.context(offer.order.external_number) | {
        "offer": offer,
        "order": offer.order,
        "address": address_of(contact, offer.order),
        "contact": contact,
        "lines": list(lines.select_related("offer_line").order_by("offer_line__position")),
        "drawn_up": timezone.now(),
    }
    return render_pdf(render_to_string("documents/packing_slip.html", context), letterhead.assets)


def address_of(contact: ConsumerContact, order: ConsumerOrder) -> list[str]:
    """Where the goods go, as its reader writes it, with the name first; empty parts left out."""
    place = {
        "address_line1": contact.address_line1,
        "address_line2": contact.address_line2,
        "city": order.city,
        "state": order.region,
        "postal_code": order.postal_code,
        "country": order.country,
    }
    if is_chinese(place):
        place["address_line1"] = order.district + contact.address_line1
    else:
        place["address_line2"] = ", ".join(part for part in (contact.address_line2, order.district) if part)
    return [part for part in (contact.name, *address_lines(place)) if part]
