"""What the changes from one version to the next are called, in the language in force."""

from collections.abc import Mapping
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

# Placeholders are the members of a change (listings/releases.py: FileChange).
CHANGE_SENTENCES: Mapping[str, Promise] = {
    "file_added": _("The file %(file)s is new."),
    "file_removed": _("The file %(file)s is no longer there."),
    "format_changed": _("%(file)s is now %(after)s and was %(before)s."),
    "column_added": _("Column %(column)s is new (%(after)s)."),
    "column_removed": _("Column %(column)s is no longer there (it was %(before)s)."),
    "column_renamed": _("Column %(before)s is now called %(after)s, as it seems."),
    "column_moved": _("Column %(column)s has moved from place %(before)s to place %(after)s."),
    "type_widened": _("Column %(column)s now holds %(after)s, which includes %(before)s."),
    "type_narrowed": _("Column %(column)s now holds only %(after)s, where it held %(before)s."),
    "type_changed": _("Column %(column)s now holds %(after)s and held %(before)s."),
    "became_nullable": _("Column %(column)s now has gaps."),
    "became_complete": _("Column %(column)s has no gaps any more."),
}


def change_sentence(change: Mapping[str, Any]) -> str:
    """Say one change; `change` has the members of a FileChange."""
    return str(CHANGE_SENTENCES[change["kind"]]) % change
