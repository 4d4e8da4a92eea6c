"""The fee of a report that a provider ordered: held of its funds, paid to the agency, or given back.

The venue takes a fee only where one of its schedules names the origin REPORT. The report's id stands where an order's
would, so that holds, settlements and what is withheld are those of every other payment.
"""

from django.utils import timezone

from accounts.models import Organization
from kernel.actors import Actor
from kernel.digests import Digests, canonical_json
from kernel.money import Money
from listings.models import AgencyReport
from settlements import escrow, settlement
from settlements.cross_border import prove_trade
from settlements.fees import Deal, FeeLine, divide, schedules_in_force, total_of, waivers_in_force, withhold
from settlements.models import DealOrigin, EscrowHold, Payee
from settlements.models.taxes import MAINLAND
from settlements.settlement import SettlementDraft
from settlements.taxes import TaxTable


def hold_fee(report: AgencyReport, *, actor: Actor) -> None:
    """Hold what the report costs, a fee of the venue on top included; a report without a sum holds nothing.

    Raises Problem `insufficient_funds`.
    """
    fee = report.fee
    if fee is None or not fee.minor:
        return
    amount = Money(total_of(division_of(report)), fee.currency)
    escrow.hold(order_id=report.pk, venue=report.venue, payer=report.provider, amount=amount, actor=actor)
    report.fee_held_minor = amount.minor
    report.save(update_fields=["fee_held_minor"])


def pay_fee(report: AgencyReport, *, actor: Actor) -> None:
    """Divide what is held among agency, venue and tax, once; a report that is received again is paid already."""
    hold = escrow.hold_of(report.pk)
    if hold is None or hold.state != EscrowHold.State.HELD:
        return
    draft = SettlementDraft(
        order_id=report.pk,
        venue_id=report.venue_id,
        hold=hold,
        gross=hold.amount,
        lines=[line for line in division_of(report) if line.amount_minor],
        provider_id=report.organization_id,
        broker_id=None,
    )
    settlement.settle([draft], actor=actor)
    report.fee_paid_at = timezone.now()
    report.save(update_fields=["fee_paid_at"])
    if report.organization.jurisdiction != report.venue.jurisdiction:
        _prove(report)


def give_fee_back(report: AgencyReport, *, actor: Actor, reason: str) -> None:
    """Give back what is held for a report that came to nothing; what was paid stays with the agency."""
    if report.fee_paid_at is None:
        escrow.refund_order(order_id=report.pk, actor=actor, reason=reason)


def take_fee_back(report: AgencyReport, *, actor: Actor, reason: str) -> None:
    """Give the provider the whole fee back, from who was paid if it was paid.

    Raises Problem `insufficient_funds` while one of them has less.
    """
    hold = escrow.hold_of(report.pk)
    if hold is None or report.fee_paid_at is None:
        give_fee_back(report, actor=actor, reason=reason)
        return
    settlement.give_back(
        order_id=report.pk,
        amount=hold.amount,
        earlier=(),
        reference=f"report-fee-back:{report.pk}",
        actor=actor,
        reason=reason,
    )


def division_of(report: AgencyReport) -> list[FeeLine]:
    """Divide the fee by the schedules and waivers of the day on which the report was ordered, which never change."""
    fee = report.fee
    if fee is None:
        return []
    venue, on = report.venue, report.created_at.astimezone(report.venue.zone).date()
    deal = Deal(report.organization, report.provider, None, "", DealOrigin.REPORT)
    in_force = schedules_in_force(venue=venue, currency=fee.currency, on=on, deal=deal)
    named = [row for row in in_force if (row.payee, row.origin) == (Payee.VENUE, DealOrigin.REPORT)]
    lines = divide(gross_minor=fee.minor, schedules=named, waivers=waivers_in_force(venue=venue, on=on, deal=deal))
    return lines if _is_resident(report.organization) else withhold(lines, fee.minor, deal=deal, table=TaxTable(on))


def _is_resident(agency: Organization) -> bool:
    return agency.jurisdiction == MAINLAND


def _prove(report: AgencyReport) -> None:
    """Keep what proves the service to whoever asks for a payment abroad: the order, and the paper that was received."""
    paper = report.papers.latest("id")
    fee = report.fee.as_json() if report.fee else None
    ordered = {"number": report.number, "question": report.question, "fee": fee}
    prove_trade(
        order_id=report.pk,
        venue_id=report.venue_id,
        agreement=(report.number or "", Digests(canonical_json(ordered)).sha256),
        certificate=(str(paper.pk), paper.sha256),
        clearance=None,
    )
