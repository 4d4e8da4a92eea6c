"""The problem codes of accounts, and the constraints that turn into one of them."""

from django.utils.translation import gettext_lazy as _

from kernel.problems import register

register(
    {
        "invalid_token": (401, _("The access token is not valid.")),
        "token_expired": (401, _("The access token has expired.")),
        "wrong_credentials": (401, _("The email address or the password is wrong.")),
        "locked_out": (429, _("Too many failed attempts; try again later.")),
        "membership_required": (403, _("This needs an active membership at the venue in that capacity.")),
        "email_taken": (409, _("There is already a person with this email address.")),
        "organization_exists": (409, _("This organization is registered; ask its administrator to invite you.")),
        "membership_exists": (409, _("There is already such a membership, or an application for it.")),
        "affiliation_exists": (409, _("This person already belongs to the organization.")),
        "invitation_exists": (409, _("This person has an invitation that is still open.")),
        "last_administrator": (409, _("An organization keeps at least one active administrator.")),
        "tie_exists": (409, _("This tie is declared already.")),
        "conflict_of_interest": (409, _("Whoever belongs to the organization may not decide about it.")),
        "invitation_expired": (410, _("The invitation has expired.")),
    },
    constraints={
        "organization_tie_is_unique_while_it_holds": "tie_exists",
        "person_email_is_unique": "email_taken",
        "organization_identifier_is_unique": "organization_exists",
        "membership_is_unique_while_it_lives": "membership_exists",
        "affiliation_is_unique": "affiliation_exists",
        "invitation_is_unique_while_open": "invitation_exists",
    },
)
