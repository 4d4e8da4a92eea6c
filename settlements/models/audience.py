"""Who sees which rows of money: an organization its own, staff those of the venues they operate."""

from typing import ClassVar, Self, TypeVar

from django.db import models

from accounts.permissions import Permission
from accounts.visibility import owned_or_operated
from kernel.actors import Actor

Row = TypeVar("Row", bound=models.Model)


class MoneyQuerySet(models.QuerySet[Row]):
    """Rows that a venue keeps for the organizations named by the lookups in `parties`.

    Its staff see them too; where `staff_permission` is set, those who hold it.
    """

    parties: ClassVar[tuple[str, ...]] = ("organization",)
    staff_permission: ClassVar[Permission | None] = None

    def visible_to(self, actor: Actor) -> Self:
        """Return the rows of the actor's organization and, for staff, those of the venues they operate."""
        is_let_in = self.staff_permission is None or actor.may(self.staff_permission)
        return self.filter(owned_or_operated(actor, organizations=self.parties, venue="venue" if is_let_in else None))
