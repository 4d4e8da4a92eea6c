"""What the catalogue completes a half-typed wish with."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from listings.models.listings import Listing

KEY_LENGTH = 40


class Suggestion(models.Model):
    """One way to begin typing what a listing is called: its words in either script, their pinyin, or its initials."""

    # No index of its own: the constraint below begins with this column.
    listing = models.ForeignKey(
        Listing, models.CASCADE, related_name="suggestions", db_index=False, verbose_name=_("listing")
    )
    # Compared byte by byte, so that an index finds what begins with a text on any server.
    key = models.CharField(_("beginning"), max_length=KEY_LENGTH, db_collation="C")

    class Meta:
        verbose_name = _("suggestion")
        verbose_name_plural = _("suggestions")
        constraints = [models.UniqueConstraint(fields=["listing", "key"], name="suggestion_is_unique_by_listing")]
        indexes = [models.Index(fields=["key", "listing"], name="suggestion_by_beginning")]

    def __str__(self) -> str:
        return self.key
