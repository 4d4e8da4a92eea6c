"""The tables of accounts, one file per noun."""

from accounts.models.clients import ApiClient
from accounts.models.interests import Interest, OrganizationTie
from accounts.models.memberships import Capacity, Membership
from accounts.models.organizations import Organization
from accounts.models.people import Affiliation, Invitation, Person
from accounts.models.venues import Venue
from accounts.permissions import Role

__all__ = [
    "Affiliation",
    "ApiClient",
    "Capacity",
    "Interest",
    "Invitation",
    "Membership",
    "Organization",
    "OrganizationTie",
    "Person",
    "Role",
    "Venue",
]
