"""Bank accounts: a member's own, paid into once an officer has verified it; the venue's at its custodian."""

import re
from dataclasses import asdict, dataclass
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from stdnum import bic

from accounts.access import Permission, find, require, require_different_person, require_disinterested, require_reason
from accounts.models import Organization, Venue
from kernel import audit
from kernel.actors import Actor
from kernel.money import Currency
from kernel.problems import FieldError, Problem
from kernel.states import advance
from settlements.deposits import responsible_person
from settlements.models import CustodyAccount, PayeeAccount

# The longest that pain.001 takes (Max34Text); letters for IBAN and Macao, hyphens as Hong Kong banks print them.
_NUMBER = re.compile(r"[0-9A-Z](?:[0-9A-Z-]{2,32})[0-9A-Z]", re.ASCII)
_CNAPS, _HONG_KONG = re.compile(r"\d{12}", re.ASCII), re.compile(r"\d{3}", re.ASCII)


@dataclass(frozen=True)
class Details:
    """What a bank needs to find an account."""

    number: str
    bank_name: str
    bank_code: str
    currency: Currency


@transaction.atomic
def register_payee_account(*, venue: Venue, details: Details, actor: Actor) -> PayeeAccount:
    """Register an account of the actor's organization at its bank, in its own legal name.

    Raises Problem `forbidden` or `invalid`.
    """
    require(actor, Permission.PAYEE_REGISTER)
    if actor.organization_id is None:
        raise Problem("forbidden", _("Only an organization has a bank account."))
    account = PayeeAccount.objects.create(
        venue=venue,
        organization_id=actor.organization_id,
        holder_name=Organization.objects.values_list("legal_name", flat=True).get(id=actor.organization_id),
        registered_by_id=responsible_person(actor),
        **asdict(_checked(details)),
    )
    audit.record("payeeaccount.registered", subject=account, actor=actor, details=_facts(account))
    return account


@transaction.atomic
def verify_payee_account(*, account_id: UUID, finding: str, actor: Actor) -> PayeeAccount:
    """Confirm that the account is the member's, saying how that was found out; it replaces the one before.

    Raises Problem `not_found`, `forbidden`, `same_person`, `conflict_of_interest` or `illegal_state`.
    """
    account = _decided_by_officer(account_id, actor)
    said = require_reason(finding)
    # The organization's row is the lock: of two accounts verified at once the second replaces the first.
    Organization.objects.select_for_update(of=("self",), no_key=True).get(id=account.organization_id)
    peers = PayeeAccount.objects.filter(
        venue=account.venue_id,
        organization=account.organization_id,
        currency=account.currency,
        state=PayeeAccount.State.VERIFIED,
    )
    for before in peers.exclude(id=account.id):
        advance(before, to=PayeeAccount.State.REPLACED, actor=actor, details={"by": str(account.id)})
    _decide(account, PayeeAccount.State.VERIFIED, said, actor)
    return account


@transaction.atomic
def refuse_payee_account(*, account_id: UUID, reason: str, actor: Actor) -> PayeeAccount:
    """Refuse a registered account, saying why. Raises the same problems as verifying it."""
    account = _decided_by_officer(account_id, actor)
    _decide(account, PayeeAccount.State.REFUSED, require_reason(reason), actor)
    return account


@transaction.atomic
def withdraw_payee_account(*, account_id: UUID, actor: Actor) -> PayeeAccount:
    """Let nothing be paid into the account any more; what is with the bank already goes its way.

    Raises Problem `not_found`, `forbidden` or `illegal_state`.
    """
    account = find(PayeeAccount.objects.visible_to(actor), id=account_id)
    require(actor, Permission.PAYEE_REGISTER, organization_id=account.organization_id)
    advance(account, to=PayeeAccount.State.WITHDRAWN, actor=actor)
    return account


def account_to_pay(*, venue_id: UUID, organization_id: UUID, currency: Currency, number: str = "") -> PayeeAccount:
    """Return the organization's verified account, which must have that number if one is named.

    Raises Problem `payee_account_unverified`.
    """
    account = PayeeAccount.objects.filter(
        venue=venue_id, organization=organization_id, currency=currency, state=PayeeAccount.State.VERIFIED
    ).first()
    if account is None or (number and number != account.number):
        raise Problem("payee_account_unverified")
    return account


@transaction.atomic
def propose_custody_account(
    *, venue: Venue, details: Details, holder_name: str, layout: str, actor: Actor
) -> CustodyAccount:
    """Propose the venue's account at its custodian bank and the layout of files that this bank takes.

    Raises Problem `forbidden` or `invalid`.
    """
    require(actor, Permission.CUSTODY_MANAGE, venue_id=venue.id)
    account = CustodyAccount.objects.create(
        venue=venue,
        holder_name=holder_name,
        layout=CustodyAccount.Layout(layout),
        proposed_by_id=responsible_person(actor),
        **asdict(_checked(details)),
    )
    audit.record("custodyaccount.proposed", subject=account, actor=actor, details=_facts(account))
    return account


@transaction.atomic
def use_custody_account(*, account_id: UUID, actor: Actor) -> CustodyAccount:
    """Take a proposed account into use, by another person than who proposed it; it replaces the one before.

    Raises Problem `not_found`, `forbidden`, `same_person` or `illegal_state`.
    """
    account = _proposed(account_id, actor)
    require_different_person(actor, made_by=account.proposed_by_id)
    Venue.objects.select_for_update(of=("self",), no_key=True).get(id=account.venue_id)
    peers = CustodyAccount.objects.filter(
        venue=account.venue_id, currency=account.currency, state=CustodyAccount.State.IN_USE
    )
    for before in peers.exclude(id=account.id):
        advance(before, to=CustodyAccount.State.REPLACED, actor=actor, details={"by": str(account.id)})
    advance(
        account,
        to=CustodyAccount.State.IN_USE,
        actor=actor,
        details=_facts(account),
        decided_by_id=responsible_person(actor),
        decided_at=timezone.now(),
    )
    return account


@transaction.atomic
def refuse_custody_account(*, account_id: UUID, reason: str, actor: Actor) -> CustodyAccount:
    """Refuse a proposed account, saying why; who proposed it may withdraw it so.

    Raises Problem `not_found`, `forbidden` or `illegal_state`.
    """
    account, why = _proposed(account_id, actor), require_reason(reason)
    advance(
        account,
        to=CustodyAccount.State.REFUSED,
        actor=actor,
        reason=why,
        decided_by_id=responsible_person(actor),
        decided_at=timezone.now(),
        refusal=why,
    )
    return account


def custody_account_of(venue_id: UUID, currency: str) -> CustodyAccount:
    """Return the venue's account in use; raises Problem `custody_account_missing`."""
    account = CustodyAccount.objects.filter(
        venue=venue_id, currency=currency, state=CustodyAccount.State.IN_USE
    ).first()
    if account is None:
        raise Problem("custody_account_missing", currency=currency)
    return account


def clearing_system(bank_code: str) -> str:
    """Return the ISO 20022 clearing system that a bank code belongs to: CNAPS, HKNCC, or "" for a BIC."""
    return "CNAPS" if _CNAPS.fullmatch(bank_code) else "HKNCC" if _HONG_KONG.fullmatch(bank_code) else ""


def _checked(details: Details) -> Details:
    errors = [
        FieldError(f"/{field}", code, detail)
        for field, fits, code, detail in (
            (
                "number",
                bool(_NUMBER.fullmatch(details.number)),
                "not_an_account_number",
                _("An account number has 4 to 34 digits, capital letters and hyphens."),
            ),
            (
                "bank_code",
                bool(clearing_system(details.bank_code)) or bic.is_valid(details.bank_code),
                "not_a_bank_code",
                _("Give the bank's CNAPS number (12 digits), Hong Kong bank code (3 digits) or BIC."),
            ),
            ("bank_name", bool(details.bank_name.strip()), "required", _("Name the bank.")),
        )
        if not fits
    ]
    if errors:
        raise Problem("invalid", errors=errors)
    return details


def _decided_by_officer(account_id: UUID, actor: Actor) -> PayeeAccount:
    account = find(PayeeAccount.objects.visible_to(actor), id=account_id)
    require(actor, Permission.PAYEE_VERIFY, venue_id=account.venue_id)
    require_different_person(actor, made_by=account.registered_by_id)
    require_disinterested(actor, account.organization_id)
    return account


def _decide(account: PayeeAccount, state: PayeeAccount.State, finding: str, actor: Actor) -> None:
    advance(
        account,
        to=state,
        actor=actor,
        reason=finding,
        details=_facts(account),
        decided_by_id=responsible_person(actor),
        decided_at=timezone.now(),
        finding=finding,
    )


def _proposed(account_id: UUID, actor: Actor) -> CustodyAccount:
    account = find(CustodyAccount.objects.visible_to(actor), id=account_id)
    require(actor, Permission.CUSTODY_MANAGE, venue_id=account.venue_id)
    return account


def _facts(account: PayeeAccount | CustodyAccount) -> dict[str, str]:
    return {name: getattr(account, name) for name in ("holder_name", "number", "bank_name", "bank_code", "currency")}
