"""Drawing up the agreement: everything the parties agreed to, in one canonical document with its digests."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from accounts.models import Organization
from kernel.digests import Digests, canonical_json
from kernel.money import Money
from kernel.numbering import short_number
from listings.grade_confirmation import grading_of
from listings.listing import Offer
from listings.milestones import amounts_of
from listings.uploading import manifest
from marketplace.first_terms import end_of_first_term, first_term
from marketplace.models import Agreement, Order, Quote
from marketplace.quotes import terms_of_quote
from settlements.fees import Deal, FeeLine
from settlements.models import DealOrigin
from settlements.taxes import TaxTable
from settlements.vat import supplies_of


def draw_up(
    *,
    order: Order,
    offer: Offer,
    lines: Sequence[FeeLine],
    at: datetime,
    border: Mapping[str, Any] | None = None,
    quote: Quote | None = None,
    voucher: Mapping[str, Any] | None = None,
    exchange: Mapping[str, Any] | None = None,
) -> Agreement:
    """Freeze the terms, the price, its division and the digests of what is sold (DOMAIN: contract elements).

    `at` is the moment from which its term counts, `border` what the buyer declared of a crossing, `quote` what the
    price and its division came from, `voucher` what a programme pays of it, `exchange` the quote by which the buyer
    pays in another currency. Later edits of the listing never change the agreement; its digests are taken over the
    RFC 8785 form of `body`.
    """
    expires_at = end_of_first_term(offer, at) or _expiry(at, offer.terms.term_days)
    number = short_number(order.venue.number_prefix, "A", timezone.localdate(at).year)
    body = {
        "number": number,
        "order": order.number,
        "venue": order.venue.code,
        "agreed_at": at.isoformat(),
        "expires_at": expires_at.isoformat() if expires_at else None,
        "parties": _parties(order),
        "listing": _listing(offer),
        "product": _product(offer),
        "sold": manifest(offer.version),
        "purpose": order.purpose,
        "terms": _terms(offer),
        "origin": order.origin,
        "price": order.gross.as_json(),
        **({"quote": terms_of_quote(quote)} if quote else {}),
        **({"total": order.total.as_json()} if order.buyer_fees_minor else {}),
        **({"subscription": _subscription(offer, quote, at)} if offer.plan.new_versions else {}),
        **({"metering": offer.plan.metering.as_json()} if offer.plan.metering else {}),
        **({"revenue_share": offer.plan.revenue_share} if offer.plan.revenue_share else {}),
        **({"milestones": _milestones(order, offer)} if offer.plan.milestones else {}),
        **({"voucher": dict(voucher)} if voucher else {}),
        "division": [line.as_json() for line in lines],
        "vat": _vat(order, offer, lines),
        "governing_law": order.venue.jurisdiction,
        **({"border": dict(border)} if border else {}),
        **({"exchange": dict(exchange)} if exchange else {}),
    }
    digests = Digests()
    digests.update(canonical_json(body))
    return Agreement.objects.create(
        order=order,
        venue=order.venue,
        number=number,
        body=body,
        sha256=digests.sha256,
        sm3=digests.sm3,
        expires_at=expires_at,
    )


def is_unchanged(agreement: Agreement) -> bool:
    """Tell whether the stored body still has the digests that were taken when it was made."""
    digests = Digests()
    digests.update(canonical_json(agreement.body))
    return (digests.sha256, digests.sm3) == (agreement.sha256, agreement.sm3)


def _vat(order: Order, offer: Offer, lines: Sequence[FeeLine]) -> list[dict[str, Any]]:
    """Say which VAT the price and the fees contain by the tax table of today; the day of supply decides."""
    if not order.gross_minor:
        return []
    deal = Deal(order.provider, order.buyer, order.broker, offer.product.product_type, DealOrigin(order.origin))
    supplies = supplies_of(lines, deal=deal, venue=order.venue, table=TaxTable(timezone.localdate()))
    return [supply.as_json(order.gross) for supply in supplies]


def _expiry(start: datetime, days: int | None) -> datetime | None:
    return start + timedelta(days=days) if days else None


def _parties(order: Order) -> dict[str, Any]:
    parties = {"provider": order.provider, "buyer": order.buyer, "broker": order.broker}
    return {role: _party(organization) for role, organization in parties.items() if organization is not None}


def _party(organization: Organization) -> dict[str, Any]:
    return {
        "id": str(organization.id),
        "name": organization.name,
        "legal_name": organization.legal_name,
        "jurisdiction": organization.jurisdiction,
        "identifier": f"{organization.identifier_kind}:{organization.identifier}",
    }


def _listing(offer: Offer) -> dict[str, Any]:
    return {
        "id": str(offer.listing.id),
        "number": offer.listing.number,
        "revision": offer.listing.revision,
        "dossier": {"sha256": offer.listing.dossier_sha256, "sm3": offer.listing.dossier_sm3},
    }


def _product(offer: Offer) -> dict[str, Any]:
    return {
        "id": str(offer.product.id),
        "number": offer.product.number,
        "name": offer.product.name,
        "type": offer.product.product_type,
        "type_fields": offer.product.type_fields,
        "deliveries": offer.product.deliveries,
    }


def _subscription(offer: Offer, quote: Quote | None, at: datetime) -> dict[str, Any]:
    """Say which new versions come with the price, measured from the one that is sold, and how grave they may be.

    A term of the calendar says how much of it is paid: as it was quoted, or from this moment on.
    """
    term = quote.conditions.get("first_term") if quote else first_term(offer, at)
    grading = grading_of(offer.version)
    return {
        "new_versions": offer.plan.new_versions,
        "from_release": offer.version.release_number,
        "grade": grading.grade,
        "personal_data": grading.personal_data,
        **({"first_term": term} if term else {}),
    }


def _milestones(order: Order, offer: Offer) -> list[dict[str, Any]]:
    """Say which part of what is held each milestone earns."""
    planned = offer.plan.milestones
    amounts = amounts_of(order.total.minor, [one["share_ppm"] for one in planned])
    currency = order.total.currency
    return [
        {**one, "number": number, "amount": Money(amount, currency).as_json()}
        for number, (one, amount) in enumerate(zip(planned, amounts, strict=True), start=1)
    ]


def _terms(offer: Offer) -> dict[str, Any]:
    return {
        "id": str(offer.terms.id),
        "version": offer.terms.version,
        "text": offer.terms.text,
        "policy": offer.terms.policy,
        **({"table_cut": offer.terms.table_cut} if offer.terms.table_cut else {}),
        **({"watermark_columns": offer.terms.watermark_columns} if offer.terms.watermark_columns else {}),
        **({"clean_room": offer.terms.clean_room} if offer.terms.clean_room else {}),
    }
