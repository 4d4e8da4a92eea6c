"""What every kept paper has, whoever it belongs to: its name, its digests, and where its encrypted bytes lie."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from kernel.models import Identified


class StoredPaper(Identified):
    """A paper encrypted at rest under a data key of its own (listings/papers.py); what it says is never changed."""

    name = models.CharField(_("file name"), max_length=200)
    media_type = models.CharField(_("media type"), max_length=40)
    size = models.BigIntegerField(_("bytes"))
    sha256 = models.CharField(_("SHA-256"), max_length=64)
    sm3 = models.CharField(_("SM3"), max_length=64)
    storage_name = models.CharField(_("stored object"), max_length=255, unique=True)
    wrapped_key = models.BinaryField(_("wrapped data key"))
    key_id = models.CharField(_("key-encryption key"), max_length=64, db_index=True)
    uploaded_by = models.UUIDField(_("uploaded by"), null=True)

    class Meta:
        abstract = True
