"""The life of an invoice: requested once per supply, issued under its number or refused, corrected by red letters."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet, Sum
from django.utils import timezone
from django.utils.translation import gettext as _
from stdnum.cn import uscc

from accounts.access import Permission, find, require, require_reason
from accounts.models import Organization, Venue
from kernel import audit
from kernel.actors import SYSTEM, Actor
from kernel.jobs import enqueue
from kernel.money import Currency
from kernel.numbering import short_number
from kernel.problems import Problem, field_problem
from kernel.states import advance
from settlements.invoice_filing import provider_for
from settlements.models import FeePayer, Invoice, Payee
from settlements.models.taxes import MAINLAND
from settlements.taxes import part_of
from settlements.vat import Supplied

FILE_JOB = "invoice.file"
NUMBERED = "I"
FAPIAO_NUMBER = re.compile(r"\d{20}", re.ASCII)  # 数电票: twenty digits, nationwide since December 2024
State = Invoice.State


@dataclass(frozen=True, slots=True)
class Payment:
    """What was paid for, and between whom: an order or a charge."""

    source: Invoice.Source
    source_id: UUID
    venue: Venue
    currency: Currency
    provider: Organization
    buyer: Organization
    broker: Organization | None
    item: str


@dataclass(frozen=True, slots=True)
class Title:
    """What the one for whom the invoice is wants written on it (抬头)."""

    form: Invoice.Form
    tax_number: str
    address: str


def request_invoice(*, payment: Payment, supply: Supplied, title: Title, actor: Actor) -> Invoice:
    """Ask for the invoice on one supply of a payment, by who pays it; the caller has locked the payment.

    `supply` is what was settled less what went back. What was asked for or issued before stands and is returned; after
    a refusal, or red letters to all of it, it is asked for anew. Raises Problem `forbidden`, `invalid`, or
    `invoice_issuer_missing` where nobody operates the venue.
    """
    seller, recipient = _parties(payment, supply)
    require(actor, Permission.INVOICE_REQUEST, organization_id=recipient.id)
    standing = [invoice for invoice in _invoices(payment, supply) if left_of_invoice(invoice)]
    if standing:
        return standing[0]
    taken = supply.contained
    invoice = Invoice.objects.create(
        number=_number(payment.venue),
        venue=payment.venue,
        organization=seller,
        buyer=recipient,
        source=payment.source,
        source_id=payment.source_id,
        payee=supply.payee,
        payer=supply.payer,
        form=_form(title, seller, recipient),
        item=payment.item[:200] if supply.payee is Payee.PROVIDER else _service(supply.payee),
        amount_minor=taken.gross_minor,
        tax_minor=taken.tax_minor,
        currency=payment.currency,
        rate_ppm=taken.rate_ppm,
        rate_id=taken.rate_id,
        title=recipient.legal_name,
        tax_number=_tax_number(title.tax_number, recipient),
        address=title.address,
    )
    _hand_on_later(invoice, actor)
    return invoice


def file_invoice(*, invoice_id: UUID) -> None:
    """Hand a requested invoice on to who issues it; running twice leaves the same document."""
    invoice = Invoice.objects.select_related("venue", "organization", "corrects").get(id=invoice_id)
    if invoice.state != State.REQUESTED:
        return
    number = provider_for(invoice.organization).hand_on(invoice)
    with transaction.atomic():
        invoice = _locked(Invoice.objects.all(), invoice_id)
        if invoice.state != State.REQUESTED:
            return
        invoice.filed_at = timezone.now()
        invoice.save(update_fields=["filed_at"])
        if number is not None:
            _issue(invoice, number, timezone.now().astimezone(invoice.venue.zone).date(), SYSTEM)


@transaction.atomic
def issue_invoice(*, invoice_id: UUID, official_number: str, issued_on: date, actor: Actor) -> Invoice:
    """Enter the number under which an invoice was issued, by the seller or the venue's staff.

    Raises Problem `not_found`, `forbidden`, `illegal_state`, `invoice_number_taken`, or `invalid` for a number that is
    none or a day that has not come.
    """
    invoice = _decided_by_issuer(invoice_id, actor)
    number = official_number.strip()
    if invoice.form != Invoice.Form.COMMERCIAL and not FAPIAO_NUMBER.fullmatch(number):
        raise field_problem("/official_number", "not_a_fapiao_number", _("A fapiao has a number of 20 digits."))
    today = timezone.now().astimezone(invoice.venue.zone).date()
    if not timezone.localdate(invoice.created_at, invoice.venue.zone) <= issued_on <= today:
        told = _("It was issued on the day it was asked for or later, and not in the future.")
        raise field_problem("/issued_on", "out_of_range", told)
    if Invoice.objects.filter(organization=invoice.organization_id, official_number=number).exists():
        raise Problem("invoice_number_taken")
    _issue(invoice, number, issued_on, actor)
    return invoice


@transaction.atomic
def refuse_invoice(*, invoice_id: UUID, reason: str, actor: Actor) -> Invoice:
    """Refuse to issue an invoice, saying why. Raises Problem `not_found`, `forbidden` or `illegal_state`."""
    invoice = _decided_by_issuer(invoice_id, actor)
    _refuse(invoice, require_reason(reason), actor)
    return invoice


@transaction.atomic
def take_back(*, invoice_id: UUID, reason: str, actor: Actor) -> Invoice:
    """Ask for a red letter to all that is left of an issued invoice, which was wrong; it may then be asked for anew.

    Raises Problem `not_found`, `forbidden`, `illegal_state`, or `nothing_to_correct`.
    """
    invoice = _decided_by_issuer(invoice_id, actor)
    if invoice.state != State.ISSUED or invoice.corrects_id:
        raise Problem("illegal_state", state=invoice.state)
    left = left_of_invoice(invoice)
    if not left:
        raise Problem("nothing_to_correct")
    return _red_letter(invoice, left, require_reason(reason), actor)


def correct(*, source_id: UUID, supplies: Iterable[Supplied], reason: str, actor: Actor) -> list[Invoice]:
    """Bring a payment's invoices down to what is left of it, after something went back; returns the red letters.

    An invoice that is still to be issued is refused, and may be asked for at the lower amount.
    """
    left = {(supply.payee, supply.payer): supply.contained.gross_minor for supply in supplies}
    made = []
    standing = Invoice.objects.filter(source_id=source_id, corrects__isnull=True).exclude(state=State.REFUSED)
    for invoice in standing.select_related("venue").select_for_update(of=("self",)).order_by("id"):
        excess = left_of_invoice(invoice) - left.get((Payee(invoice.payee), FeePayer(invoice.payer)), 0)
        if excess <= 0:
            continue
        if invoice.state == State.REQUESTED:
            _refuse(invoice, reason, actor)
        else:
            made.append(_red_letter(invoice, excess, reason, actor))
    return made


def left_of_invoice(invoice: Invoice) -> int:
    """Return what of an invoice no red letter takes back, asked for or issued, in minor units."""
    reds = invoice.red_letters.exclude(state=State.REFUSED).aggregate(sum=Sum("amount_minor"))["sum"]
    return invoice.amount_minor - (reds or 0)


def _red_letter(invoice: Invoice, amount: int, reason: str, actor: Actor) -> Invoice:
    """Ask for a red letter; the last one takes the rest of the tax, so that all of them sum to the invoice."""
    earlier = invoice.red_letters.exclude(state=State.REFUSED).aggregate(sum=Sum("tax_minor"))["sum"] or 0
    rest = invoice.tax_minor - earlier
    is_all = amount == left_of_invoice(invoice)
    tax = rest if is_all else min(part_of(amount, invoice.rate_ppm, included_ppm=invoice.rate_ppm), rest)
    kept = ("venue", "source", "source_id", "payee", "payer", "form", "item", "currency", "rate_ppm", "title")
    red = Invoice.objects.create(
        number=_number(invoice.venue),
        corrects=invoice,
        organization_id=invoice.organization_id,
        buyer_id=invoice.buyer_id,
        rate_id=invoice.rate_id,
        tax_number=invoice.tax_number,
        address=invoice.address,
        amount_minor=amount,
        tax_minor=tax,
        reason=reason[:300],
        **{name: getattr(invoice, name) for name in kept},
    )
    _hand_on_later(red, actor)
    return red


def _hand_on_later(invoice: Invoice, actor: Actor) -> None:
    details = {"amount": invoice.amount.as_json(), "tax": invoice.tax.as_json(), "source": str(invoice.source_id)}
    action = "invoice.red_letter_requested" if invoice.corrects_id else "invoice.requested"
    audit.record(action, subject=invoice, actor=actor, reason=invoice.reason, details=details)
    enqueue(
        FILE_JOB,
        key=str(invoice.id),
        subject_id=invoice.id,
        organization_id=invoice.organization_id,
        venue_id=invoice.venue_id,
    )


def _issue(invoice: Invoice, number: str, issued_on: date, actor: Actor) -> None:
    advance(
        invoice,
        to=State.ISSUED,
        actor=actor,
        details={"official_number": number, "issued_on": issued_on.isoformat()},
        official_number=number,
        issued_on=issued_on,
        decided_by_id=actor.person_id,
    )


def _refuse(invoice: Invoice, reason: str, actor: Actor) -> None:
    advance(invoice, to=State.REFUSED, actor=actor, reason=reason, refusal=reason, decided_by_id=actor.person_id)


def _invoices(payment: Payment, supply: Supplied) -> Iterable[Invoice]:
    asked = Invoice.objects.filter(
        source_id=payment.source_id, payee=supply.payee, payer=supply.payer, corrects__isnull=True
    )
    return asked.exclude(state=State.REFUSED).order_by("id")


def _parties(payment: Payment, supply: Supplied) -> tuple[Organization, Organization]:
    sellers = {Payee.PROVIDER: payment.provider, Payee.BROKER: payment.broker, Payee.VENUE: payment.venue.operator}
    seller = sellers[supply.payee]
    if seller is None:
        raise Problem("invoice_issuer_missing")
    return seller, payment.buyer if supply.payer is FeePayer.BUYER else payment.provider


def _form(title: Title, seller: Organization, recipient: Organization) -> Invoice.Form:
    if seller.jurisdiction != MAINLAND:
        return Invoice.Form.COMMERCIAL
    if title.form is Invoice.Form.SPECIAL and recipient.jurisdiction != MAINLAND:
        raise field_problem("/form", "not_a_taxpayer", _("A special VAT invoice is for a taxpayer of the mainland."))
    return title.form


def _tax_number(given: str, recipient: Organization) -> str:
    number = given.strip().upper() or recipient.identifier
    if recipient.jurisdiction == MAINLAND and not uscc.is_valid(number):
        told = _("This is no Unified Social Credit Code: its check digit is wrong.")
        raise field_problem("/tax_number", "not_a_uscc", told)
    if number != recipient.identifier:
        told = _("An invoice is for who paid: it bears the number of that organization.")
        raise field_problem("/tax_number", "another_organization", told)
    return number


def _service(payee: Payee) -> str:
    return {Payee.VENUE: "*现代服务*交易服务费", Payee.BROKER: "*经纪代理服务*经纪服务费"}[payee]


def _number(venue: Venue) -> str:
    return short_number(venue.number_prefix, NUMBERED, timezone.now().astimezone(venue.zone).year)


def _decided_by_issuer(invoice_id: UUID, actor: Actor) -> Invoice:
    invoice = _locked(Invoice.objects.visible_to(actor), invoice_id)
    if actor.organization_id == invoice.organization_id:
        require(actor, Permission.INVOICE_ISSUE, organization_id=invoice.organization_id)
    else:
        require(actor, Permission.INVOICE_ISSUE, venue_id=invoice.venue_id)
    return invoice


def _locked(rows: QuerySet[Invoice], invoice_id: UUID) -> Invoice:
    return find(rows.select_related("venue").select_for_update(of=("self",)), id=invoice_id)
