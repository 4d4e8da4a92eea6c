"""What arrived on the other side, as the recipient's client reports it: it closes the declaration, or disputes it."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.access import Permission, require
from kernel.actors import Actor
from kernel.problems import Problem, field_problem
from kernel.states import advance
from listings.crossborder.permits import withdraw_permit
from listings.crossborder.telling import tell_stopped
from listings.models import ArrivalReport, CustomsDeclaration, TransferPermit

State = CustomsDeclaration.State


@transaction.atomic
def report_arrival(*, delivery_id: UUID, files: Sequence[Mapping[str, str]], actor: Actor) -> ArrivalReport:
    """Report the SHA-256 of every file that arrived (`id`, `sha256`), by the recipient.

    All as sent: the declaration is closed. Otherwise it is disputed, its permit withdrawn, and reading stops until an
    officer has looked. Raises Problem `not_found`, `forbidden`, `permit_unused`, `illegal_state` when it was reported,
    or `invalid` for a file that was not sent.
    """
    rows = TransferPermit.objects.visible_to(actor).select_related("declaration", "case").order_by("-id")
    permit = rows.filter(delivery_id=delivery_id).first()
    if permit is None:
        raise Problem("not_found")
    require(actor, Permission.DELIVERY_READ, organization_id=permit.recipient_id)
    if not permit.bytes_used:
        raise Problem("permit_unused")
    declaration = permit.declaration
    sent = {str(file["id"]): str(file["sha256"]) for file in declaration.manifest["files"]}
    for index, file in enumerate(files):
        if str(file["id"]) not in sent:
            raise field_problem(f"/files/{index}/id", "unknown", _("No such file was sent."))
    received = {str(file["id"]): file["sha256"] for file in files}
    matches = received == sent

    report = ArrivalReport.objects.create(
        permit=permit,
        files=[{"id": key, "sha256": digest} for key, digest in received.items()],
        matches=matches,
        reported_by=actor.person_id,
    )
    reason = "" if matches else _("What arrived is not what was sent.")
    to = State.CLOSED if matches else State.DISPUTED
    advance(declaration, to=to, actor=actor, reason=reason, details={"files": report.files}, finding=reason)
    if not matches:
        withdraw_permit(declaration, actor=actor, reason=reason)
        tell_stopped(permit.case, reason)
    return report
