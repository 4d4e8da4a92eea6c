"""The problem codes of listings, and the constraints that turn into one of them."""

from collections.abc import Collection

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _

from kernel.problems import FieldError, register

register(
    {
        "registration_under_way": (409, _("An application for this product is under way.")),
        "registration_annotated": (409, _("An annotation of the register keeps the registration from this.")),
        "not_in_force": (409, _("The registration is not in force.")),
        "registry_full": (409, _("The numbers of this month are used up.")),
        "own_registration": (409, _("An organization cannot object to its own registration.")),
        "objection_under_way": (409, _("Your organization has objected already.")),
        "product_not_registered": (409, _("Register the product first: no registration, no trade.")),
        "product_in_use": (409, _("The product is under review or offered; what was reviewed may not change.")),
        "price_above_ceiling": (409, _("The price is above the government-guided ceiling.")),
        "ceilings_overlap": (409, _("A confirmed ceiling of this scope claims some of these days.")),
        "plan_in_use": (409, _("The plan belongs to a listing that is under review or offered.")),
        "right_to_sell_missing": (409, _("The product may not be offered: no right to operate the data is claimed.")),
        "right_to_operate_ends": (409, _("The provider's right to operate the data ends before the licence would.")),
        "delivery_not_open": (409, _("The exchange does not yet deliver products in any of the ways of this one.")),
        "parent_exists": (409, _("The dataset already has this parent.")),
        "lineage_cycle": (409, _("A dataset is not made from itself: this parent was made from it.")),
        "document_type_unknown": (415, _("A document is a PDF, PNG or JPEG file.")),
        "certificate_exists": (409, _("The product already has this certificate.")),
        "certificate_expired": (409, _("The certificate has expired.")),
        "live_listing_exists": (409, _("The product already has a listing at this venue.")),
        "correction_given_once": (
            409,
            _(
                "Corrections are asked for once, all together; a later request may only repeat what is still open, "
                "or name what has changed since."
            ),
        ),
        "listing_invitation_exists": (409, _("This organization has an invitation to the listing that is still open.")),
        "too_many_saved_searches": (409, _("Your organization keeps as many searches as it may; delete one first.")),
        # Why a listing is not for an organization, in the order in which it is asked (listings/models/audience.py).
        "denied_organization": (403, _("The provider does not offer this listing to your organization.")),
        "denied_place": (403, _("The provider does not offer this listing in the place of your organization.")),
        "place_not_allowed": (403, _("The provider offers this listing in other places only.")),
        "sector_unknown": (403, _("The provider asks for your sector: declare it in your organization's profile.")),
        "denied_sector": (403, _("The provider does not offer this listing to your sector.")),
        "sector_not_allowed": (403, _("The provider offers this listing to other sectors only.")),
        "not_invited": (403, _("The provider offers this listing by invitation, and you have none that is open.")),
        "revision_pending": (409, _("A revision of this listing is under review; decide or withdraw it first.")),
        "revision_outdated": (
            409,
            _("What the revision changes has changed meanwhile; withdraw it and edit the listing anew."),
        ),
        "ballot_open": (409, _("The committee votes on this listing already.")),
        "ballot_running": (409, _("Not all members have voted, and there is still time.")),
        "voted_already": (409, _("You have voted; a vote is cast once.")),
        "committee_too_small": (409, _("Too few members of the committee may vote on this listing.")),
        "gate_closed": (409, _("A gate of the venue is closed for this listing.")),
        "report_awaited": (409, _("The agency owes a report of this kind already.")),
        "report_without_paper": (409, _("Keep the signed report first; it is delivered with its paper.")),
        "stage_taken": (409, _("The listing lies on another officer's desk.")),
        "no_rows_behind_it": (409, _("This deduction is about the whole file, not about rows of it.")),
        "attestation_exists": (409, _("Your organization has attested this digest already.")),
        "programme_exists": (409, _("The product has an identity programme already.")),
        "consent_unusable": (409, _("This consent cannot be used for that question.")),
        "nonce_reused": (409, _("This nonce was used for another question.")),
        "identity_locked": (
            429,
            _("Too many answers were no match; this programme is closed to you until the oldest of them is a day old."),
        ),
        "authorisation_ended": (409, _("The holder's authorisation has run out; ask for it again.")),
        "version_deprecated": (409, _("The provider has ended the sale of this version.")),
        "listing_not_available": (409, _("The listing is not offered, or not with this plan.")),
    },
    constraints={
        "one_awaited_report_by_listing_kind_and_agency": "report_awaited",
        "attestation_is_unique_by_digest": "attestation_exists",
        "identity_query_is_unique_by_nonce": "nonce_reused",
        "one_open_ballot_by_listing": "ballot_open",
        "one_vote_by_member": "voted_already",
        "certificate_is_imported_once_by_product": "certificate_exists",
        "one_open_registration_by_product": "registration_under_way",
        "one_open_registration_follows_one": "registration_under_way",
        "one_open_objection_by_organization": "objection_under_way",
        "parent_is_unique_by_dataset": "parent_exists",
        "dataset_is_not_its_own_parent": "lineage_cycle",
        "lineage_has_no_cycle": "lineage_cycle",
        "one_live_listing_by_product_and_venue": "live_listing_exists",
        "listing_invitation_is_unique_while_open": "listing_invitation_exists",
        "one_revision_is_under_review_by_listing": "revision_pending",
    },
)


def field_errors(row: models.Model, fields: Collection[str]) -> list[FieldError]:
    """Return what the named fields' own rules (length, choices, validators) say about a row that is not yet saved."""
    others = {field.name for field in row._meta.fields} - set(fields)
    try:
        row.clean_fields(exclude=others)
    except ValidationError as failure:
        return [
            FieldError(f"/{field}", reason.code or "invalid", " ".join(reason.messages))
            for field, reasons in failure.error_dict.items()
            for reason in reasons
        ]
    return []
