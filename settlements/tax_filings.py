"""Tax-filing records (税务备案) of payments abroad: entered by one of the staff, confirmed by another."""

import re
from datetime import date
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.access import Permission, find, require, require_different_person, require_disinterested
from accounts.models import Organization, Venue
from kernel import audit
from kernel.actors import Actor
from kernel.problems import Problem, field_problem
from kernel.states import advance
from settlements.deposits import responsible_person
from settlements.models import PayoutPart, TaxFiling

_NUMBER = re.compile(r"[0-9A-Za-z-]{1,30}", re.ASCII)
_SHA256 = re.compile(r"[0-9a-f]{64}", re.ASCII)


@transaction.atomic
def enter_tax_filing(
    *,
    venue: Venue,
    organization: Organization,
    order_id: UUID,
    number: str,
    document_sha256: str,
    filed_on: date,
    actor: Actor,
) -> TaxFiling:
    """Enter the record of a contract for whose payments a payout to the payee is asked for; nothing is released yet.

    Raises Problem `forbidden`, `invalid`, or `tax_filing_known` when the number or the contract has a record that was
    not refused.
    """
    require(actor, Permission.PAYOUT_APPROVE, venue_id=venue.id)
    asked = PayoutPart.objects.filter(payout__venue=venue, payout__organization=organization, order_id=order_id)
    for pointer, is_right, code, detail in (
        ("/order_id", asked.exists(), "unknown_contract", _("No payout abroad pays this payee for this order.")),
        ("/number", _NUMBER.fullmatch(number), "not_a_number", _("A number has up to 30 letters, digits and hyphens.")),
        ("/document_sha256", _SHA256.fullmatch(document_sha256), "not_a_digest", _("Give SHA-256 in hexadecimal.")),
        ("/filed_on", filed_on <= timezone.now().astimezone(venue.zone).date(), "in_future", _("It is not filed yet.")),
    ):
        if not is_right:
            raise field_problem(pointer, code, detail)
    filing = TaxFiling(
        venue=venue,
        organization=organization,
        order_id=order_id,
        number=number,
        document_sha256=document_sha256,
        filed_on=filed_on,
        entered_by_id=responsible_person(actor),
    )
    TaxFiling.objects.bulk_create([filing], ignore_conflicts=True)
    if not TaxFiling.objects.filter(id=filing.id).exists():
        raise Problem("tax_filing_known")
    audit.record("taxfiling.entered", subject=filing, actor=actor, details=_facts(filing))
    return filing


@transaction.atomic
def confirm_tax_filing(*, filing_id: UUID, actor: Actor) -> TaxFiling:
    """Confirm a record that another person entered: payments of the contract may leave with it.

    Raises Problem `not_found`, `forbidden`, `same_person`, `conflict_of_interest` or `illegal_state`.
    """
    filing = _visible(filing_id, actor)
    require_different_person(actor, made_by=filing.entered_by_id)
    require_disinterested(actor, filing.organization_id)
    _decide(filing, TaxFiling.State.CONFIRMED, actor)
    return filing


@transaction.atomic
def refuse_tax_filing(*, filing_id: UUID, reason: str, actor: Actor) -> TaxFiling:
    """Refuse a record, saying why; who entered it may withdraw it so, and its number may be entered again.

    Raises Problem `not_found`, `forbidden` or `illegal_state`.
    """
    filing = _visible(filing_id, actor)
    _decide(filing, TaxFiling.State.REFUSED, actor, reason)
    return filing


def _visible(filing_id: UUID, actor: Actor) -> TaxFiling:
    filing = find(TaxFiling.objects.visible_to(actor), id=filing_id)
    require(actor, Permission.PAYOUT_APPROVE, venue_id=filing.venue_id)
    return filing


def _decide(filing: TaxFiling, state: TaxFiling.State, actor: Actor, reason: str = "") -> None:
    advance(
        filing,
        to=state,
        actor=actor,
        reason=reason,
        details=_facts(filing),
        decided_by_id=responsible_person(actor),
        decided_at=timezone.now(),
        refusal=reason,
    )


def _facts(filing: TaxFiling) -> dict[str, str]:
    return {"order": str(filing.order_id), "number": filing.number, "document_sha256": filing.document_sha256}
