"""What a provider's accountant books data assets from: costs as declared, certificates, every trade and charge.

Since 1 January 2024 data resources may be booked as intangible assets or inventory (财会〔2023〕11号). The workbook
tells what this exchange knows; what to capitalise, and over which useful life, the provider and its auditor decide.
"""

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import IO, Any
from uuid import UUID

from django.db.models import CharField, Exists, F, OuterRef, Q, Subquery, Sum
from django.db.models.functions import Cast
from django.utils import timezone
from django.utils.translation import gettext as _

from kernel.languages import in_language
from kernel.models import Certificate
from kernel.spreadsheets import plain_cell
from marketplace.models import Charge, CreditNote, Order, ProductionReturn
from marketplace.statistics.quarter import Quarter
from settlements.fees import FeeLine
from settlements.models import FeePayer, Payee, Settlement, SettlementLine

CHUNK = 1000
Cell = str | int | Decimal | None


def asset_workbook(organization_id: UUID, first_day: date, last_day: date) -> IO[bytes]:
    """Return a temporary file with an Excel workbook of four sheets; it goes when it is closed."""
    from openpyxl import Workbook  # noqa: PLC0415 - few requests need it
    from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE  # noqa: PLC0415

    def told(cell: Cell) -> Cell:
        return plain_cell(ILLEGAL_CHARACTERS_RE.sub("", cell)) if isinstance(cell, str) else cell

    book = Workbook(write_only=True)
    for title, rows in (
        (_("Costs as declared"), _costs(organization_id, first_day, last_day)),
        (_("Certificates"), _certificates(organization_id)),
        (_("Trades"), _trades(organization_id, first_day, last_day)),
        (_("Charges"), _charges(organization_id, first_day, last_day)),
    ):
        sheet = book.create_sheet(title)
        for row in rows:
            sheet.append([told(cell) for cell in row])
    file: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 - the answer closes it
    book.save(file)
    file.seek(0)
    return file


def _costs(organization_id: UUID, first_day: date, last_day: date) -> Iterator[Sequence[Cell]]:
    """Yield the production returns of the quarters that these days touch; a later return corrects an earlier one."""
    yield [
        _("quarter"),
        _("venue"),
        _("industry"),
        _("product type"),
        _("source"),
        _("currency"),
        _("acquisition"),
        _("cleaning"),
        _("labelling"),
        _("storage"),
        _("compliance"),
        _("capital formation"),
        _("filed at"),
    ]
    quarters = {"quarter__gte": str(Quarter.at(first_day)), "quarter__lte": str(Quarter.at(last_day))}
    filed = ProductionReturn.objects.filter(organization=organization_id, **quarters).select_related("venue")
    for each in filed.order_by("quarter", "id").iterator(chunk_size=CHUNK):
        costs = [_amount(getattr(each, f"{name}_minor")) for name in ProductionReturn.COSTS]
        what = [each.quarter, each.venue.code, each.industry, str(each.get_product_type_display())]
        yield [
            *what,
            str(each.get_source_kind_display()),
            each.currency,
            *costs,
            _amount(each.capitalised_minor),
            _moment(each.created_at),
        ]


def _certificates(organization_id: UUID) -> Iterator[Sequence[Cell]]:
    """Yield all certificates that the organization holds, whenever issued: they say what it may book at all."""
    yield [_("number"), _("kind"), _("state"), _("issued at"), "SHA-256", "SM3"]
    held = Certificate.objects.filter(Q(organization_id=organization_id) | Q(holder_ids__contains=[organization_id]))
    for each in held.order_by("id").iterator(chunk_size=CHUNK):
        issued = _moment(each.issued_at) if each.issued_at else ""
        yield [
            each.number,
            each.kind,
            str(each.get_state_display()),
            issued,
            each.statement_sha256,
            each.statement_sm3,
        ]


def _trades(organization_id: UUID, first_day: date, last_day: date) -> Iterator[Sequence[Cell]]:
    """Yield every settlement of the provider's orders in these days, with what of it was its own."""
    yield [
        _("settled at"),
        _("venue"),
        _("order"),
        _("product"),
        _("buyer"),
        _("currency"),
        _("gross"),
        _("earned"),
        _("certificate"),
    ]
    orders = Order.objects.filter(id=OuterRef("order_id"))
    trade = Certificate.objects.filter(kind="trade", subject_id=Cast(OuterRef("order_id"), CharField()))
    own = SettlementLine.objects.filter(settlement=OuterRef("id"), payee=Payee.PROVIDER).order_by().values("settlement")
    settled = (
        Settlement.objects.filter(
            Exists(orders),  # an agency is paid for its reports too
            provider=organization_id,
            **_within("created_at", first_day, last_day),
        )
        .annotate(
            order_number=Subquery(orders.values("number")),
            product_name=Subquery(orders.values("listing__product__name")),
            buyer_name=Subquery(orders.values("buyer__legal_name")),
            certificate_number=Subquery(trade.order_by("-id").values("number")[:1]),
            earned_minor=Subquery(own.annotate(total=Sum("amount_minor")).values("total")),
            venue_code=F("venue__code"),
        )
        .order_by("id")
    )
    for each in settled.values(
        "created_at",
        "venue_code",
        "order_number",
        "product_name",
        "buyer_name",
        "currency",
        "gross_minor",
        "earned_minor",
        "certificate_number",
    ).iterator(chunk_size=CHUNK):
        yield [
            _moment(each["created_at"]),
            each["venue_code"],
            each["order_number"],
            in_language(each["product_name"] or {}),
            each["buyer_name"],
            each["currency"],
            _amount(each["gross_minor"]),
            _amount(each["earned_minor"] or 0),
            each["certificate_number"] or "",
        ]


def _charges(organization_id: UUID, first_day: date, last_day: date) -> Iterator[Sequence[Cell]]:
    """Yield every paid charge of the provider's in these days, and below zero what credit notes took back of one."""
    yield [
        _("paid at"),
        _("venue"),
        _("number"),
        _("kind"),
        _("period"),
        _("order"),
        _("product"),
        _("buyer"),
        _("currency"),
        _("gross"),
        _("earned"),
    ]
    days = {"provider": organization_id, **_within("decided_at", first_day, last_day)}
    paid = Charge.objects.filter(state=Charge.State.PAID, **days).select_related(*_of_charge())
    for charge in paid.order_by("decided_at", "id").iterator(chunk_size=CHUNK):
        yield _charged(charge, charge.number, charge.decided_at, charge.division, 1)
    notes = CreditNote.objects.filter(state=CreditNote.State.APPROVED, **days).exclude(division=[])
    related = notes.select_related(*_of_charge("charge__"))
    for note in related.order_by("decided_at", "id").iterator(chunk_size=CHUNK):
        yield _charged(note.charge, note.number, note.decided_at, note.division, -1)


def _of_charge(prefix: str = "") -> list[str]:
    names = ("venue", "organization", "entitlement__agreement__order__listing__product")
    return [f"{prefix}{name}" for name in names]


def _charged(
    charge: Charge, number: str, decided_at: datetime | None, division: Sequence[Mapping[str, Any]], sign: int
) -> Sequence[Cell]:
    lines = [FeeLine.from_json(line) for line in division]
    order = charge.entitlement.agreement.order
    gross = sum(line.amount_minor for line in lines if line.payer is FeePayer.PROVIDER)
    earned = sum(line.amount_minor for line in lines if line.payee is Payee.PROVIDER)
    return [
        _moment(decided_at) if decided_at else "",
        charge.venue.code,
        number,
        str(charge.get_kind_display()),
        charge.period,
        order.number,
        in_language(order.listing.product.name),
        charge.organization.legal_name,
        charge.currency,
        _amount(sign * gross),
        _amount(sign * earned),
    ]


def _within(field: str, first_day: date, last_day: date) -> dict[str, datetime]:
    zone = timezone.get_current_timezone()
    after = last_day + timedelta(days=1)
    return {
        f"{field}__gte": datetime.combine(first_day, time.min, tzinfo=zone),
        f"{field}__lt": datetime.combine(after, time.min, tzinfo=zone),
    }


def _amount(minor: int) -> Decimal:
    return Decimal(minor).scaleb(-2)


def _moment(moment: datetime) -> str:
    return timezone.localtime(moment).isoformat(sep=" ", timespec="seconds")
