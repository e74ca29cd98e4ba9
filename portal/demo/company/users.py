"""One login per role for the demo. `role` is a value of DealerRole where `dealer` is given, else of StaffRole."""

from __future__ import annotations

from portal.demo.company.dealers import DEALERS, DEMO_DEALER, buyer_email
from portal.demo.company.model import Row
from portal.demo.company.places import REPS


def _user(name: str, email: str, role: str, dealer: str, language: str) -> Row:
    return {"name": name, "email": email, "role": role, "dealer": dealer, "language": language}


def users() -> list[Row]:
    """Six people: buyer, dealer administrator, dealer finance, sales rep, supplier finance, supplier administrator."""
    dealer = next(dealer for dealer in DEALERS if dealer.number == DEMO_DEALER)
    return [
        _user(dealer.contact, buyer_email(dealer), "buyer", DEMO_DEALER, "zh-hans"),
        _user("方文轩", f"manager@{dealer.slug}.example", "administrator", DEMO_DEALER, "zh-hans"),
        _user("俞思宁", f"finance@{dealer.slug}.example", "finance", DEMO_DEALER, "zh-hans"),
        _user(REPS[0][1], REPS[0][2], "sales_rep", "", "zh-hans"),
        _user("郑云帆", "finance@larkmoor.example", "finance", "", "zh-hans"),
        _user("Alice Ferro", "admin@larkmoor.example", "administrator", "", "en"),
    ]
