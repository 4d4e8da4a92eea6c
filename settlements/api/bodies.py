"""What the bodies of several acts have: an organization by its id, or a file of the bank."""

from hashlib import sha256
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _
from rest_framework.parsers import BaseParser

from accounts.models import Organization
from kernel.actors import Actor
from kernel.problems import Problem, field_problem
from settlements.bank_files.reading import LARGEST_FILE


def organization_named(organization_id: UUID, actor: Actor) -> Organization:
    """Return an organization that the actor may see; raises Problem `invalid` at /organization_id otherwise."""
    organization = Organization.objects.visible_to(actor).filter(id=organization_id).first()
    if organization is None:
        raise field_problem(
            "/organization_id", "unknown_organization", _("There is no such organization among your venues' members.")
        )
    return organization


class BankFileParser(BaseParser):
    """Takes any body for bytes and leaves them with the view; the Idempotency-Key is compared by their digest.

    A body that is shorter than announced, or longer than any bank's file, is refused.
    """

    media_type = "*/*"

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Any = None) -> dict[str, str]:
        request, view = parser_context["request"], parser_context["view"]
        announced = int(request.META.get("CONTENT_LENGTH") or 0)
        if announced > LARGEST_FILE:
            raise Problem("too_large", _("A bank's file has at most %d bytes.") % LARGEST_FILE)
        content = stream.read(announced)
        if len(content) < announced:
            raise field_problem("/file", "not_whole", _("The body is shorter than was announced."))
        view.content = content
        return {"sha256": sha256(content).hexdigest(), "query": request.META.get("QUERY_STRING", "")}
