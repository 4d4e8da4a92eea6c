"""The named permissions of the house, and which role, OAuth scope and console page goes with which: tables."""

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from enum import StrEnum

from django.db import models
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class Permission(StrEnum):
    """What an actor may be allowed to do; functions ask for one of these with `access.require`."""

    # of a member
    ORGANIZATION_MANAGE = "organization.manage"
    PEOPLE_MANAGE = "people.manage"
    CLIENT_MANAGE = "client.manage"
    MEMBERSHIP_APPLY = "membership.apply"
    DATASET_REGISTER = "dataset.register"
    HARVEST_MANAGE = "harvest.manage"
    PRODUCT_MANAGE = "product.manage"
    LISTING_SUBMIT = "listing.submit"
    LISTING_DELIST = "listing.delist"
    ORDER_PLACE = "order.place"
    ORDER_CANCEL = "order.cancel"
    VOUCHER_APPLY = "voucher.apply"
    DEMAND_POST = "demand.post"
    PROPOSAL_MAKE = "proposal.make"
    DELIVERY_READ = "delivery.read"
    DELIVERY_ACCEPT = "delivery.accept"
    PUSH_MANAGE = "push.manage"
    DISPUTE_CONDUCT = "dispute.conduct"
    PAYOUT_REQUEST = "payout.request"
    PAYEE_REGISTER = "payee.register"
    EXCHANGE_USE = "exchange.use"
    INVOICE_REQUEST = "invoice.request"
    INVOICE_ISSUE = "invoice.issue"
    RETURN_FILE = "return.file"
    REGISTRATION_OBJECT = "registration.object"
    REPORT_DELIVER = "report.deliver"
    ATTESTATION_ISSUE = "attestation.issue"
    ATTESTATION_VERIFY = "attestation.verify"
    # of a venue's staff
    CONSOLE_USE = "console.use"
    MEMBERSHIP_REVIEW = "membership.review"
    MEMBERSHIP_APPROVE = "membership.approve"
    MEMBERSHIP_SUSPEND = "membership.suspend"
    LISTING_REVIEW = "listing.review"
    LISTING_REVIEW_RIGHTS = "listing.review_rights"
    LISTING_REVIEW_SECURITY = "listing.review_security"
    LISTING_REVIEW_QUALITY = "listing.review_quality"
    LISTING_VOTE = "listing.vote"
    LISTING_ASSIGN = "listing.assign"
    LISTING_APPROVE = "listing.approve"
    LISTING_SUSPEND = "listing.suspend"
    BORDER_REVIEW = "border.review"
    BORDER_FILE = "border.file"
    BORDER_RULES = "border.rules"
    CUSTOMS_CHECK = "customs.check"
    DEMAND_REVIEW = "demand.review"
    SCENARIO_EDIT = "scenario.edit"
    ENTITLEMENT_SUSPEND = "entitlement.suspend"
    DISPUTE_MEDIATE = "dispute.mediate"
    DEPOSIT_ENTER = "deposit.enter"
    DEPOSIT_CREDIT = "deposit.credit"
    PAYOUT_APPROVE = "payout.approve"
    PAYOUT_CONFIRM = "payout.confirm"
    PAYOUT_BATCH = "payout.batch"
    PAYEE_VERIFY = "payee.verify"
    CUSTODY_MANAGE = "custody.manage"
    BANK_RECONCILE = "bank.reconcile"
    EXCHANGE_RATES = "exchange.rates"
    FEES_MANAGE = "fees.manage"
    CHARGE_CREDIT = "charge.credit"
    VOUCHER_MANAGE = "voucher.manage"
    VOUCHER_GRANT = "voucher.grant"
    LEDGER_READ = "ledger.read"
    LEDGER_CLOSE = "ledger.close"
    LEDGER_CORRECT = "ledger.correct"
    AUDIT_READ = "audit.read"
    JOB_RETRY = "job.retry"
    CERTIFICATE_REVOKE = "certificate.revoke"
    STATISTICS_COMPILE = "statistics.compile"
    STATISTICS_PUBLISH = "statistics.publish"
    # of the deployment's operator: rows of every venue and organization
    EVERYTHING_SEE = "everything.see"


class Role(models.TextChoices):
    """What a person is in an organization; all but the first three are for organizations that operate a venue."""

    ADMIN = "ADMIN", _("administrator")
    OPERATOR = "OPERATOR", pgettext_lazy("role", "operator")
    VIEWER = "VIEWER", _("viewer")
    CLERK = "CLERK", _("clerk")
    LEGAL_REVIEWER = "LEGAL_REVIEWER", _("legal reviewer")
    SECURITY_REVIEWER = "SECURITY_REVIEWER", _("data security reviewer")
    QUALITY_REVIEWER = "QUALITY_REVIEWER", _("quality and price reviewer")
    COMMITTEE_MEMBER = "COMMITTEE_MEMBER", _("member of the compliance committee")
    COMPLIANCE_REVIEWER = "COMPLIANCE_REVIEWER", _("compliance reviewer")
    CUSTOMS_OFFICER = "CUSTOMS_OFFICER", _("customs officer")
    SETTLEMENT_OFFICER = "SETTLEMENT_OFFICER", _("settlement officer")
    DISPUTE_OFFICER = "DISPUTE_OFFICER", _("dispute officer")
    VENUE_ADMIN = "VENUE_ADMIN", _("venue administrator")
    AUDITOR = "AUDITOR", _("auditor")
    STATISTICIAN = "STATISTICIAN", _("statistician")


P = Permission

MEMBER_ROLES = frozenset({Role.ADMIN, Role.OPERATOR, Role.VIEWER})
STAFF_ROLES = frozenset(Role) - MEMBER_ROLES
ADMINISTRATING_ROLES = frozenset({Role.ADMIN, Role.VENUE_ADMIN})

_TRADING = frozenset(
    {
        P.DATASET_REGISTER,
        P.HARVEST_MANAGE,
        P.PRODUCT_MANAGE,
        P.LISTING_SUBMIT,
        P.LISTING_DELIST,
        P.ORDER_PLACE,
        P.ORDER_CANCEL,
        P.VOUCHER_APPLY,
        P.DEMAND_POST,
        P.PROPOSAL_MAKE,
        P.DELIVERY_READ,
        P.DELIVERY_ACCEPT,
        P.PUSH_MANAGE,
        P.DISPUTE_CONDUCT,
        P.RETURN_FILE,
        P.REGISTRATION_OBJECT,
        P.REPORT_DELIVER,
        P.ATTESTATION_ISSUE,
        P.ATTESTATION_VERIFY,
        P.EXCHANGE_USE,
        P.INVOICE_REQUEST,
        P.INVOICE_ISSUE,
    }
)
_ADMINISTRATION = frozenset({P.ORGANIZATION_MANAGE, P.PEOPLE_MANAGE, P.CLIENT_MANAGE})
_WATCHING = frozenset({P.CONSOLE_USE, P.AUDIT_READ})

# Duties are divided so that no staff role alone brings an applicant in, lists a product or moves money out.
ROLE_PERMISSIONS: Mapping[Role, frozenset[Permission]] = {
    Role.ADMIN: _TRADING | _ADMINISTRATION | {P.MEMBERSHIP_APPLY, P.PAYOUT_REQUEST, P.PAYEE_REGISTER},
    Role.OPERATOR: _TRADING,
    Role.VIEWER: frozenset(),
    Role.CLERK: _WATCHING | {P.MEMBERSHIP_REVIEW, P.LISTING_REVIEW, P.DEMAND_REVIEW, P.SCENARIO_EDIT, P.DEPOSIT_ENTER},
    Role.LEGAL_REVIEWER: _WATCHING | {P.LISTING_REVIEW_RIGHTS},
    Role.SECURITY_REVIEWER: _WATCHING | {P.LISTING_REVIEW_SECURITY},
    Role.QUALITY_REVIEWER: _WATCHING | {P.LISTING_REVIEW_QUALITY},
    Role.COMMITTEE_MEMBER: _WATCHING | {P.LISTING_VOTE},
    Role.COMPLIANCE_REVIEWER: _WATCHING
    | {
        P.MEMBERSHIP_REVIEW,
        P.MEMBERSHIP_APPROVE,
        P.MEMBERSHIP_SUSPEND,
        P.LISTING_REVIEW,
        P.LISTING_ASSIGN,
        P.LISTING_APPROVE,
        P.LISTING_SUSPEND,
        P.DEMAND_REVIEW,
        P.ENTITLEMENT_SUSPEND,
        P.CERTIFICATE_REVOKE,
        P.BORDER_REVIEW,
        P.BORDER_FILE,
        P.BORDER_RULES,
    },
    Role.CUSTOMS_OFFICER: _WATCHING | {P.CUSTOMS_CHECK, P.BORDER_FILE},
    Role.SETTLEMENT_OFFICER: _WATCHING
    | {
        P.DEPOSIT_ENTER,
        P.DEPOSIT_CREDIT,
        P.PAYOUT_APPROVE,
        P.PAYOUT_CONFIRM,
        P.PAYOUT_BATCH,
        P.PAYEE_VERIFY,
        P.CUSTODY_MANAGE,
        P.BANK_RECONCILE,
        P.EXCHANGE_RATES,
        P.CHARGE_CREDIT,
        P.INVOICE_ISSUE,
        P.VOUCHER_MANAGE,
        P.VOUCHER_GRANT,
        P.LEDGER_READ,
        P.LEDGER_CLOSE,
        P.LEDGER_CORRECT,
        P.JOB_RETRY,
    },
    Role.DISPUTE_OFFICER: _WATCHING | {P.DISPUTE_MEDIATE},
    Role.VENUE_ADMIN: _WATCHING
    | _ADMINISTRATION
    | {
        P.MEMBERSHIP_APPROVE,
        P.MEMBERSHIP_SUSPEND,
        P.LISTING_ASSIGN,
        P.LISTING_SUSPEND,
        P.SCENARIO_EDIT,
        P.ENTITLEMENT_SUSPEND,
        P.DISPUTE_MEDIATE,
        P.DEPOSIT_CREDIT,
        P.PAYOUT_APPROVE,
        P.PAYOUT_BATCH,
        P.CUSTODY_MANAGE,
        P.BANK_RECONCILE,
        P.EXCHANGE_RATES,
        P.FEES_MANAGE,
        P.CHARGE_CREDIT,
        P.INVOICE_ISSUE,
        P.VOUCHER_MANAGE,
        P.VOUCHER_GRANT,
        P.LEDGER_READ,
        P.LEDGER_CLOSE,
        P.LEDGER_CORRECT,
        P.JOB_RETRY,
        P.CERTIFICATE_REVOKE,
        P.STATISTICS_PUBLISH,
        P.BORDER_RULES,
    },
    Role.AUDITOR: _WATCHING | {P.LEDGER_READ},
    Role.STATISTICIAN: frozenset({P.CONSOLE_USE, P.STATISTICS_COMPILE}),
}

# They work with sums alone: what belongs to single members is hidden from them.
AGGREGATE_ROLES = frozenset({Role.STATISTICIAN})
AGGREGATE_PERMISSIONS = frozenset({P.STATISTICS_COMPILE, P.STATISTICS_PUBLISH})

# An API client may do what its responsible person may, as far as its scopes reach. People's accounts (sign-in, roles,
# other clients) are not in any scope but `organization`; the console itself is for people.
SCOPE_PERMISSIONS: Mapping[str, frozenset[Permission]] = {
    "organization": frozenset({P.ORGANIZATION_MANAGE, P.PEOPLE_MANAGE, P.CLIENT_MANAGE, P.MEMBERSHIP_APPLY}),
    "provide": frozenset(
        {
            P.DATASET_REGISTER,
            P.HARVEST_MANAGE,
            P.PRODUCT_MANAGE,
            P.LISTING_SUBMIT,
            P.LISTING_DELIST,
            P.PROPOSAL_MAKE,
            P.RETURN_FILE,
            P.REGISTRATION_OBJECT,
            P.REPORT_DELIVER,
            P.ATTESTATION_ISSUE,
        }
    ),
    "buy": frozenset(
        {
            P.ORDER_PLACE,
            P.ORDER_CANCEL,
            P.VOUCHER_APPLY,
            P.DEMAND_POST,
            P.DELIVERY_ACCEPT,
            P.PUSH_MANAGE,
            P.ATTESTATION_VERIFY,
            P.EXCHANGE_USE,
        }
    ),
    "disputes": frozenset({P.DISPUTE_CONDUCT}),
    "invoices": frozenset({P.INVOICE_REQUEST, P.INVOICE_ISSUE}),
    "read-data": frozenset({P.DELIVERY_READ}),
    "payouts": frozenset({P.PAYOUT_REQUEST, P.PAYEE_REGISTER}),
    "review": frozenset(
        {
            P.MEMBERSHIP_REVIEW,
            P.MEMBERSHIP_APPROVE,
            P.MEMBERSHIP_SUSPEND,
            P.LISTING_REVIEW,
            P.LISTING_REVIEW_RIGHTS,
            P.LISTING_REVIEW_SECURITY,
            P.LISTING_REVIEW_QUALITY,
            P.LISTING_VOTE,
            P.LISTING_ASSIGN,
            P.LISTING_APPROVE,
            P.LISTING_SUSPEND,
            P.DEMAND_REVIEW,
            P.SCENARIO_EDIT,
            P.ENTITLEMENT_SUSPEND,
            P.CERTIFICATE_REVOKE,
            P.DISPUTE_MEDIATE,
        }
    ),
    "border": frozenset({P.BORDER_REVIEW, P.BORDER_FILE, P.BORDER_RULES, P.CUSTOMS_CHECK}),
    "money": frozenset(
        {
            P.DEPOSIT_ENTER,
            P.DEPOSIT_CREDIT,
            P.PAYOUT_APPROVE,
            P.PAYOUT_CONFIRM,
            P.PAYOUT_BATCH,
            P.PAYEE_VERIFY,
            P.CUSTODY_MANAGE,
            P.BANK_RECONCILE,
            P.EXCHANGE_RATES,
            P.FEES_MANAGE,
            P.CHARGE_CREDIT,
            P.VOUCHER_MANAGE,
            P.VOUCHER_GRANT,
            P.LEDGER_READ,
            P.LEDGER_CLOSE,
            P.LEDGER_CORRECT,
        }
    ),
    "audit": frozenset({P.AUDIT_READ, P.JOB_RETRY}),
    "statistics": AGGREGATE_PERMISSIONS,
}

SCOPE_LABELS: Mapping[str, str | Promise] = {
    "organization": _("Manage the organization, its people, clients and memberships"),
    "provide": _("Register datasets, products and listings, answer demands, file production returns"),
    "buy": _("Place and cancel orders, accept deliveries, post demands"),
    "disputes": _("File disputes and conduct them"),
    "invoices": _("Ask for invoices and issue them"),
    "read-data": _("Read delivered data"),
    "payouts": _("Register bank accounts and request payouts"),
    "review": _("Review memberships, listings and demands"),
    "border": _("Review route cases, enter filings, check customs declarations, propose and switch on rule sets"),
    "money": _("Deposits, payouts and their batches, bank accounts and statements, fees, the ledger"),
    "audit": _("Read the audit log and retry jobs"),
    "statistics": _("Compile and publish statistics"),
}

# What opens a console page beyond entering the console; models that are not named need nothing more.
CONSOLE_PAGES: Mapping[str, Permission] = {
    "axes": P.EVERYTHING_SEE,
    "kernel.auditevent": P.AUDIT_READ,
    "settlements": P.LEDGER_READ,
}
_NAMES = frozenset(Permission)


def may_in_console(held: AbstractSet[str], perm: str) -> bool:
    """Answer Django's admin: a named permission, or its own `app.verb_model`, of which only viewing is ever given.

    Rows change by acts whose functions ask for their own permission, never by the console's forms.
    """
    if perm in _NAMES:
        return perm in held
    app_label, _dot, codename = perm.partition(".")
    verb, _underscore, model = codename.partition("_")
    needed = CONSOLE_PAGES.get(f"{app_label}.{model}") or CONSOLE_PAGES.get(app_label)
    return verb == "view" and P.CONSOLE_USE in held and (needed is None or needed in held)
