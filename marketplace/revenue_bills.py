"""What a period of shared revenue comes to: its share, no less than the minimum and no more than the cap.

The first bill is a charge. Each later one charges the difference to the one before, or gives it back by credit notes:
nothing that was billed is edited.
"""

from typing import Any

from django.db import transaction
from django.db.models import Sum

from kernel import audit
from kernel.actors import SYSTEM, Actor
from kernel.digests import Digests, canonical_json
from kernel.money import Currency, Money
from kernel.problems import Problem
from marketplace.charges import ask_to_collect, charge_number, locked_charge, make_charge
from marketplace.credit_notes import book_credit, write_credit
from marketplace.models import Charge, CreditNote, Entitlement, RevenueBill, RevenuePeriod, RevenueStatement
from marketplace.revenue_rows import terms_of


def billed(period: RevenuePeriod) -> int:
    """Return what a period was billed at last, in minor units; 0 where it was not."""
    last = period.bills.order_by("-number").values_list("due_minor", flat=True).first()
    return last or 0


def comes_to(period: RevenuePeriod, statement: RevenueStatement | None) -> int:
    """Return what a period comes to by a statement, or where nothing was reported, in minor units."""
    return sum(line["amount_minor"] for line in _lines(period, statement))


def bill_period(period: RevenuePeriod, statement: RevenueStatement | None, *, actor: Actor) -> RevenueBill:
    """Bill what a period comes to, less what it was billed before; the caller holds the locks of order and period."""
    before, due = billed(period), comes_to(period, statement)
    number = period.bills.count() + 1
    charge = _charge(period, statement, number, before, actor) if due > before else None
    notes = _credit(period, statement, before - due, actor) if due < before and statement else []
    bill = RevenueBill.objects.create(
        period=period,
        number=number,
        statement=statement,
        due_minor=due,
        charge=charge,
        credits=[note.number for note in notes],
    )
    details = {
        "due": bill.due.as_json(),
        "statement": statement and statement.number,
        "charge": charge and charge.number,
        "credit_notes": bill.credit_notes,
    }
    audit.record("revenueperiod.billed", subject=period, actor=actor, details=details)
    return bill


def is_reproduced(charge: Charge) -> bool:
    """Compute a charge's statement again from the agreement and what was reported, and compare the bytes."""
    related = ("period__agreement", "period__venue", "statement")
    bill = RevenueBill.objects.select_related(*related).get(charge=charge)
    earlier = bill.period.bills.filter(number__lt=bill.number).order_by("-number")
    before = earlier.values_list("due_minor", flat=True).first() or 0
    body = _body(charge.number, charge.entitlement, bill.period, bill.statement, bill.number, before)
    again = canonical_json(body)
    return again == canonical_json(charge.body) and Digests(again).sha256 == charge.sha256


def _charge(
    period: RevenuePeriod, statement: RevenueStatement | None, number: int, before: int, actor: Actor
) -> Charge:
    right = period.agreement.entitlements.latest("id")
    bill = charge_number(period.venue)
    body = _body(bill, right, period, statement, number, before)
    charge = make_charge(
        right=right,
        order=period.agreement.order,
        kind=Charge.Kind.REVENUE,
        number=bill,
        period=body["period"],
        gross=Money(body["gross_minor"], Currency(period.currency)),
        body=body,
        actor=actor,
    )
    ask_to_collect(charge)
    return charge


def _credit(period: RevenuePeriod, statement: RevenueStatement, back_minor: int, actor: Actor) -> list[CreditNote]:
    """Give back what a corrected statement brings less, of the newest charges first, as far as any of them is left.

    The buyer's reporter proposes each note and the provider who accepts approves it: two people, as for every red
    entry. Where silence accepts, or a payee has had its part paid out, staff approve it.
    """
    notes = []
    made = Charge.objects.filter(revenue_bill__period=period).order_by("-id")
    for charge_id in list(made.values_list("id", flat=True)):
        charge = locked_charge(charge_id, SYSTEM)
        proposed = charge.credit_notes.filter(state=CreditNote.State.PROPOSED)
        waiting = proposed.aggregate(waiting=Sum("amount_minor", default=0))["waiting"]
        part = min(back_minor, charge.gross_minor - charge.credited_minor - waiting)
        if part <= 0:
            continue
        amount = Money(part, charge.gross.currency)
        reason = f"{period.period} #{statement.number}: {statement.reason}"
        note = write_credit(charge, amount, reason=reason, person_id=statement.reported_by_id, actor=actor)
        if actor.person_id not in (None, statement.reported_by_id):
            _book(note, charge, actor)
        notes.append(note)
        back_minor -= part
    return notes


def _book(note: CreditNote, charge: Charge, actor: Actor) -> None:
    assert actor.person_id is not None  # noqa: S101 - the caller has looked
    try:
        with transaction.atomic():
            book_credit(note, charge, person_id=actor.person_id, actor=actor)
    except Problem as problem:
        if problem.code != "insufficient_funds":
            raise


def _lines(period: RevenuePeriod, statement: RevenueStatement | None) -> list[dict[str, Any]]:
    revenue = statement.revenue_minor if statement else 0
    return terms_of(period.agreement).lines(revenue, period.days, period.of_days)


def _body(
    number: str,
    right: Entitlement,
    period: RevenuePeriod,
    statement: RevenueStatement | None,
    bill_number: int,
    before: int,
) -> dict[str, Any]:
    """Say what a charge is for: the lines of what the period comes to, less what it was billed before."""
    agreement = period.agreement.body
    lines = _lines(period, statement)
    if before:
        lines.append({"line": "BILLED_BEFORE", "amount_minor": -before})
    return {
        "number": number,
        "kind": Charge.Kind.REVENUE.value,
        "entitlement": str(right.pk),
        "agreement": agreement["number"],
        "venue": agreement["venue"],
        # A period is charged once; each correction is numbered after it.
        "period": period.period if bill_number == 1 else f"{period.period}/{bill_number}",
        "revenue_share": agreement["revenue_share"],
        "statement": statement and {"number": statement.number, "reported_at": statement.created_at.isoformat()},
        "currency": period.currency,
        "lines": lines,
        "gross_minor": sum(line["amount_minor"] for line in lines),
    }
