"""The questions that the market asks of the border: may this order be funded, and has this delivery a permit."""

from uuid import UUID

from kernel.actors import Actor
from kernel.problems import Problem
from listings.crossborder import problems  # noqa: F401 - registers the codes raised here
from listings.crossborder.register import reserve
from listings.models import RouteCase, TransferPermit


def clear_for_funding(*, order_id: UUID, actor: Actor) -> RouteCase:
    """Hold the order's persons in the export register, or refuse: nothing is paid before the border is clear.

    Must run in the transaction that holds the money. Returns the case. Raises Problem `route_not_cleared` or
    `route_no_longer_open`.
    """
    cases = RouteCase.objects.select_related("organization", "recipient", "product", "version")
    case = cases.select_for_update(of=("self",)).filter(order_id=order_id).first()
    if case is None or not case.cleared:
        raise Problem("route_not_cleared", state=case.state if case else None)
    reserve(case, actor=actor)
    return case


def is_cleared(order_id: UUID) -> bool:
    """Tell whether an order's route case lets its data go today, as far as its papers are concerned."""
    case = RouteCase.objects.filter(order_id=order_id).first()
    return case is not None and case.cleared


def clearance_of(order_id: UUID) -> str | None:
    """Return the number under which an order's data were cleared to leave: "" if they were not, None without a case.

    What was released at the port was cleared, though its validity has ended since; a case that was revoked was not.
    """
    case = RouteCase.objects.filter(order_id=order_id).first()
    if case is None:
        return None
    released = TransferPermit.objects.filter(case=case).exists()
    return case.number if case.cleared or (released and case.state != RouteCase.State.REVOKED) else ""


def permit_of(delivery_id: UUID) -> TransferPermit | None:
    """Return the permit by which a delivery may leave, in force or not."""
    permits = TransferPermit.objects.select_related("case")
    return permits.filter(delivery_id=delivery_id).order_by("-id").first()
