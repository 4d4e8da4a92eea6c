"""Who sees which rows of money: an organization its own, staff those of the venues they operate."""

from typing import ClassVar, Self, TypeVar

from django.db import models

from accounts.visibility import owned_or_operated
from kernel.actors import Actor

Row = TypeVar("Row", bound=models.Model)


class MoneyQuerySet(models.QuerySet[Row]):
    """Rows that a venue keeps for the organizations named by the lookups in `parties`."""

    parties: ClassVar[tuple[str, ...]] = ("organization",)

    def visible_to(self, actor: Actor) -> Self:
        return self.filter(owned_or_operated(actor, organizations=self.parties, venue="venue"))
