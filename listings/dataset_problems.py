"""The problem codes of datasets and their bytes, and the constraints that turn into one of them."""

from django.utils.translation import gettext_lazy as _

from kernel.problems import register

register(
    {
        "length_required": (411, _("Send Content-Length, or a chunked body with its Content-Digest.")),
        "incomplete_body": (400, _("The body ended before its announced length.")),
        "empty_part": (400, _("A part has at least one byte.")),
        "digest_mismatch": (422, _("The bytes that arrived do not have the announced digest.")),
        "size_mismatch": (422, _("The bytes that arrived are not as many as announced.")),
        "parts_missing": (409, _("Parts of the file are missing.")),
        "files_incomplete": (409, _("The version has no file yet, or one that is still being received.")),
        "file_name_taken": (409, _("The version already has a file of this name.")),
        "version_sealed": (409, _("The version is sealed: nothing in it can be changed.")),
    },
    constraints={
        "file_name_is_unique_by_version": "file_name_taken",
        "sealed_version_is_immutable": "version_sealed",
    },
)
