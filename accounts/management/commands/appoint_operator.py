"""Open a venue: register the organization that operates it and invite its first administrator."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import IntegrityError, transaction

from accounts.models import Role
from accounts.operating import appoint_operator
from accounts.people import invite
from accounts.registering import OrganizationFacts, register_organization
from kernel import audit
from kernel.actors import SYSTEM
from kernel.problems import Problem


class Command(BaseCommand):
    help = "Registers an organization, lets it operate a venue, and prints an invitation for its first administrator."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("venue", help="gzdex or szdex")
        parser.add_argument("--legal-name", required=True)
        parser.add_argument("--jurisdiction", default="CN")
        parser.add_argument("--identifier", required=True, help="Unified Social Credit Code, or the jurisdiction's own")
        parser.add_argument("--division", default="", help="GB/T 2260 code, such as 440115")
        parser.add_argument("--admin-email", required=True)

    def handle(self, *args: Any, **options: Any) -> None:
        facts = OrganizationFacts(
            name={"zh-Hans": options["legal_name"]},
            legal_name=options["legal_name"],
            jurisdiction=options["jurisdiction"],
            identifier=options["identifier"],
            division_code=options["division"],
        )
        try:
            token = _open(options["venue"], facts, options["admin_email"])
        except Problem as problem:
            reasons = "; ".join(f"{error.pointer} {error.detail}" for error in problem.errors)
            raise CommandError(f"{problem.detail} {reasons}".strip()) from problem
        except IntegrityError as error:
            raise CommandError("This organization is registered already.") from error
        self.stdout.write(f"{options['venue']} is operated by {facts.legal_name}.")
        self.stdout.write(f"Invitation for {options['admin_email']} (POST /api/v1/invitations/accept): {token}")


@transaction.atomic
def _open(venue_code: str, facts: OrganizationFacts, admin_email: str) -> str:
    organization = register_organization(facts)
    audit.record("organization.registered", subject=organization, actor=SYSTEM)
    appoint_operator(venue_code=venue_code, organization_id=organization.pk, actor=SYSTEM)
    _invitation, token = invite(organization_id=organization.pk, email=admin_email, role=Role.VENUE_ADMIN, actor=SYSTEM)
    return token
