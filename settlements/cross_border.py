"""Payments abroad: what each contract is paid, and the papers without which nothing leaves.

A payee is abroad where its jurisdiction is another than the venue's: the mainland, Hong Kong and Macao are three sides.
A payout to it is divided over the contracts that earned it, the oldest first. For each contract it waits for the proof
of the trade, for the clearance where its data crossed a border, and above the threshold for the confirmed tax filing.
Payments of one contract are added up, so that no splitting slips below the threshold.
"""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from uuid import UUID

from django.db import transaction
from django.db.models import Sum

from accounts.models import Organization, Venue
from kernel import audit
from kernel.actors import SYSTEM, Actor
from kernel.digests import Json
from kernel.money import Money, parse_amount
from kernel.problems import Problem
from settlements.exchange_rates import changed, database_now, rate_between
from settlements.fees import FeeLine
from settlements.models import (
    ContractEarning,
    CrossBorderPayment,
    ExchangeRate,
    Payee,
    Payout,
    PayoutPart,
    SettlementLine,
    TaxFiling,
    TradeProof,
)
from settlements.models.exchange import US_DOLLAR

FILE = Path(__file__).parent / "data" / "cross_border_payments.json"
GONE = (Payout.State.REFUSED, Payout.State.REJECTED, Payout.State.RETURNED)  # not paid, or no longer


@dataclass(frozen=True)
class Side:
    """What a venue's side of the border asks of payments that leave it; the threshold is in US cents."""

    rules: str
    authority: str
    tax_filing_above_minor: int | None


@dataclass(frozen=True)
class Missing:
    """A paper that a payout waits for; machines read `reason`."""

    reason: str
    order_id: UUID | None

    def as_json(self) -> dict[str, Json]:
        return {"reason": self.reason, "order_id": str(self.order_id) if self.order_id else None}


@cache
def side_of(jurisdiction: str) -> Side:
    """Return the rules of settlements/data/cross_border_payments.json for a venue's jurisdiction."""
    said = json.loads(FILE.read_text(encoding="utf-8"))
    side = said["sides"].get(jurisdiction, {})
    above = side.get("tax_filing_above_usd")
    return Side(said["version"], side.get("authority", ""), None if above is None else parse_amount(above))


def is_abroad(payout: Payout) -> bool:
    """Tell whether a payout leaves the venue's side of the border."""
    return payout.organization.jurisdiction != payout.venue.jurisdiction


@transaction.atomic
def prove_trade(
    *,
    order_id: UUID,
    venue_id: UUID,
    agreement: tuple[str, str],
    certificate: tuple[str, str],
    clearance: str | None,
) -> None:
    """Keep the proof of a closed trade, once: number and SHA-256 of agreement and certificate.

    `clearance` is the number under which its data were cleared, "" if they were not, None if they crossed no border.
    """
    proof = TradeProof(
        order_id=order_id,
        venue_id=venue_id,
        agreement_number=agreement[0],
        agreement_sha256=agreement[1],
        certificate_number=certificate[0],
        certificate_sha256=certificate[1],
        crosses_border=clearance is not None,
        clearance_number=clearance or "",
    )
    TradeProof.objects.bulk_create([proof], ignore_conflicts=True)
    if TradeProof.objects.filter(id=proof.id).exists():
        audit.record("tradeproof.kept", subject=proof, actor=SYSTEM, details=_proof_json(proof))


def note_earnings(
    *,
    order_id: UUID,
    venue_id: UUID,
    currency: str,
    lines: Sequence[FeeLine],
    owners: Mapping[Payee, UUID | None],
    reference: str,
    given_back: bool = False,
) -> None:
    """Note what payees abroad earned by a charge under a contract, or gave back; the settlement itself is known."""
    shares: Counter[UUID] = Counter()
    for line in lines:
        if (owner := owners.get(line.payee)) is not None:
            shares[owner] += -line.amount_minor if given_back else line.amount_minor
    here = Venue.objects.filter(id=venue_id).values("jurisdiction")
    abroad = Organization.objects.filter(id__in=shares).exclude(jurisdiction__in=here).values_list("id", flat=True)
    ContractEarning.objects.bulk_create(
        [
            ContractEarning(
                order_id=order_id,
                venue_id=venue_id,
                organization_id=owner,
                amount_minor=shares[owner],
                currency=currency,
                reference=reference,
            )
            for owner in abroad
        ],
        ignore_conflicts=True,
    )


def divide_over_contracts(payout: Payout) -> None:
    """Write down for which contracts a payout abroad pays, the oldest first, beyond what is paid for them already.

    The caller has moved the payout's money, and holds the lock of the payee's balance with it.
    """
    if not is_abroad(payout):
        return
    mine = {"venue": payout.venue_id, "organization": payout.organization_id, "currency": payout.currency}
    lines = SettlementLine.objects.filter(**mine).order_by("id").values_list("settlement__order_id", "amount_minor")
    notes = ContractEarning.objects.filter(**mine).order_by("id").values_list("order_id", "amount_minor")
    left: Counter[UUID] = Counter()
    for order_id, minor in (*lines, *notes):
        left[order_id] += minor
    of_mine = {f"payout__{field}": value for field, value in mine.items()}
    paid = PayoutPart.objects.filter(**of_mine, order_id__isnull=False).exclude(payout__state__in=GONE)
    for order_id, minor in paid.values_list("order_id").annotate(sum=Sum("amount_minor")):
        left[order_id] -= minor

    parts, rest = [], payout.amount_minor
    for order_id, minor in left.items():
        if (part := min(rest, minor)) > 0:
            parts.append(PayoutPart(payout=payout, order_id=order_id, amount_minor=part))
            rest -= part
    if rest:
        parts.append(PayoutPart(payout=payout, order_id=None, amount_minor=rest))
    PayoutPart.objects.bulk_create(parts)


def missing_papers(payout: Payout) -> list[Missing]:
    """Return the papers that a payout waits for, a rate to US dollars among them; none if it stays on this side."""
    if not is_abroad(payout):
        return []
    side = side_of(payout.venue.jurisdiction)
    try:
        rate = _dollar_rate(payout)
    except Problem as problem:
        return [Missing(problem.code, None)]
    parts = list(payout.parts.order_by("id"))
    orders = [part.order_id for part in parts if part.order_id]
    proofs = TradeProof.objects.filter(order_id__in=orders).in_bulk(field_name="order_id")
    filed = {filing.order_id for filing in _filings(payout, orders)}
    whole = _is_above(payout.amount_minor, side, rate)
    sums = _paid_for(payout, orders)
    missing = []
    for part in parts:
        proof = proofs.get(part.order_id)
        if proof is None:
            missing.append(Missing("trade_proof_missing", part.order_id))
        elif proof.crosses_border and not proof.clearance_number:
            missing.append(Missing("clearance_missing", part.order_id))
        above = whole or (part.order_id is not None and _is_above(sums[part.order_id], side, rate))
        if above and part.order_id not in filed:
            missing.append(Missing("tax_filing_missing", part.order_id))
    return missing


def require_papers(payout: Payout) -> None:
    """Raise Problem `cross_border_papers_missing`, telling which, unless a payout has all its papers."""
    if missing := missing_papers(payout):
        raise Problem(
            "cross_border_papers_missing", payout=str(payout.id), missing=[each.as_json() for each in missing]
        )


def send_with_papers(payout: Payout, *, actor: Actor) -> None:
    """Freeze what a payout abroad carries, in the act by which it leaves, once; raises what `require_papers` does."""
    if not is_abroad(payout):
        return
    require_papers(payout)
    side, rate = side_of(payout.venue.jurisdiction), _dollar_rate(payout)
    papers = papers_of(payout)
    carried = CrossBorderPayment(
        payout=payout,
        rules=side.rules,
        authority=side.authority,
        rate=rate,
        usd_minor=changed(payout.amount_minor, currency=payout.currency, rate=rate) if rate else None,
        papers=papers,
    )
    carried.save(force_insert=True)
    details = {"rules": side.rules, "usd_minor": carried.usd_minor, "papers": papers}
    audit.record("crossborderpayment.sent", subject=carried, actor=actor, details=details)


def papers_of(payout: Payout) -> list[dict[str, Json]]:
    """Return what each part of a payout has by now: order, amount, proof, clearance, tax filing."""
    parts = list(payout.parts.order_by("id"))
    orders = [part.order_id for part in parts if part.order_id]
    proofs = TradeProof.objects.filter(order_id__in=orders).in_bulk(field_name="order_id")
    filings = {filing.order_id: filing for filing in _filings(payout, orders)}
    found: list[dict[str, Json]] = []
    for part in parts:
        proof, filing = proofs.get(part.order_id), filings.get(part.order_id) if part.order_id else None
        amount = Money(part.amount_minor, payout.amount.currency).as_json()
        found.append(
            {
                "order_id": str(part.order_id) if part.order_id else None,
                "amount": amount,
                "proof": _proof_json(proof) if proof else None,
                "tax_filing": {"number": filing.number, "document_sha256": filing.document_sha256} if filing else None,
            }
        )
    return found


def _proof_json(proof: TradeProof) -> dict[str, Json]:
    names = ("agreement_number", "agreement_sha256", "certificate_number", "certificate_sha256", "clearance_number")
    return {name: getattr(proof, name) for name in names}


def _filings(payout: Payout, orders: Sequence[UUID]) -> list[TaxFiling]:
    confirmed = TaxFiling.objects.filter(organization=payout.organization_id, state=TaxFiling.State.CONFIRMED)
    return list(confirmed.filter(order_id__in=orders))


def _paid_for(payout: Payout, orders: Sequence[UUID]) -> dict[UUID | None, int]:
    """Return what the payee was paid, or is to be, for each contract in all its payouts, this one among them."""
    parts = PayoutPart.objects.filter(order_id__in=orders, payout__organization=payout.organization_id)
    living = parts.exclude(payout__state__in=GONE)
    return dict(living.values_list("order_id").annotate(sum=Sum("amount_minor")))


def _dollar_rate(payout: Payout) -> ExchangeRate | None:
    if side_of(payout.venue.jurisdiction).tax_filing_above_minor is None:
        return None
    return rate_between(venue=payout.venue, one=US_DOLLAR, other=payout.currency, at=database_now())


def _is_above(minor: int, side: Side, rate: ExchangeRate | None) -> bool:
    """Compare with the threshold exactly, before anything is rounded: the amount itself is not above it."""
    if side.tax_filing_above_minor is None or rate is None:
        return False
    return bool(minor * 10**rate.scale > side.tax_filing_above_minor * rate.digits)
