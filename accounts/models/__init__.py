"""The tables of accounts, one file per noun."""

from accounts.models.clients import ApiClient
from accounts.models.memberships import Capacity, Membership
from accounts.models.organizations import Organization
from accounts.models.people import Affiliation, Invitation, Person
from accounts.models.venues import Venue
from accounts.permissions import Role

__all__ = [
    "Affiliation",
    "ApiClient",
    "Capacity",
    "Invitation",
    "Membership",
    "Organization",
    "Person",
    "Role",
    "Venue",
]
