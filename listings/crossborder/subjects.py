"""Keyed identifiers of the persons in a version: handed in by the exporter, so that nobody is counted twice in a year.

The exporter keys them (HMAC-SHA-256) under a secret of its own that never leaves it; the exchange sees digests alone
and keeps the exact set. Fewer identifiers than the scan found persons are refused: a count is never too low.
"""

import re
from collections.abc import Iterable, Iterator
from itertools import islice
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from accounts.access import Permission, find, require
from kernel import audit
from kernel.actors import Actor
from kernel.digests import Digests
from kernel.problems import Problem, field_problem
from listings.crossborder import problems  # noqa: F401 - registers the codes raised here
from listings.crossborder.counting import found_persons
from listings.crossborder.lines import lines_of
from listings.models import DatasetVersion, SubjectIdentifier, SubjectList

MOST_SUBJECTS = 2_000_000  # twice the highest line of the law
LONGEST_LINE = 80  # bytes
LARGEST_LIST = MOST_SUBJECTS * LONGEST_LINE
AT_ONCE = 5_000
# 64 hexadecimal digits, and ",s" where something sensitive is told of the person.
_LINE = re.compile(rb"([0-9a-f]{64})(,s)?\r?", re.ASCII)


@transaction.atomic
def supply_subjects(*, version_id: UUID, body: Iterable[bytes], actor: Actor) -> SubjectList:
    """Take the keyed identifiers of a version's persons, one a line, once.

    Raises Problem `not_found`, `forbidden`, `illegal_state` before the version is ready, `subjects_given`,
    `subjects_too_few`, `too_large`, or `invalid` with the line that cannot be read or comes twice; then none is kept.
    """
    version = find(DatasetVersion.objects.visible_to(actor).select_for_update(of=("self",)), pk=version_id)
    require(actor, Permission.DATASET_REGISTER, organization_id=version.organization_id)
    if actor.person_id is None:
        raise Problem("forbidden")
    if version.state != DatasetVersion.State.READY:
        raise Problem("illegal_state", _("Only a version that is ready has persons."), state=version.state)
    if SubjectList.objects.filter(version=version).exists():
        raise Problem("subjects_given")

    kept = SubjectList.objects.create(
        version=version,
        organization_id=version.organization_id,
        n_general=0,
        n_sensitive=0,
        sha256="0" * 64,
        supplied_by=actor.person_id,
    )
    digests = Digests()
    rows = _rows(kept, body, digests)
    while several := list(islice(rows, AT_ONCE)):
        _insert(several)
    kept.n_sensitive = SubjectIdentifier.objects.filter(subject_list=kept, sensitive=True).count()
    kept.n_general = SubjectIdentifier.objects.filter(subject_list=kept).count() - kept.n_sensitive
    kept.sha256 = digests.sha256
    kept.save(update_fields=["n_general", "n_sensitive", "sha256"])
    found = found_persons(version)
    if kept.n_sensitive < found.sensitive or kept.n_general + kept.n_sensitive < found.general + found.sensitive:
        raise Problem("subjects_too_few", found=[found.general, found.sensitive])
    details = {"n_general": kept.n_general, "n_sensitive": kept.n_sensitive, "sha256": kept.sha256}
    audit.record("subjectlist.supplied", subject=kept, actor=actor, details=details)
    return kept


def _rows(kept: SubjectList, body: Iterable[bytes], digests: Digests) -> Iterator[SubjectIdentifier]:
    for number, line in lines_of(_digested(body, digests), longest=LONGEST_LINE):
        if number > MOST_SUBJECTS:
            raise Problem("too_large", _("A list has at most %d identifiers.") % MOST_SUBJECTS)
        match = _LINE.fullmatch(line)
        if match is not None:
            yield SubjectIdentifier(subject_list=kept, keyed=bytes.fromhex(match[1].decode()), sensitive=bool(match[2]))
        elif line:
            message = _("Line %d is not 64 lower-case hexadecimal digits, with ,s for sensitive.") % number
            raise field_problem("/", "invalid_line", message)


def _digested(body: Iterable[bytes], digests: Digests) -> Iterator[bytes]:
    for piece in body:
        digests.update(piece)
        yield piece


def _insert(rows: list[SubjectIdentifier]) -> None:
    try:
        with transaction.atomic():
            SubjectIdentifier.objects.bulk_create(rows)
    except IntegrityError as error:
        raise field_problem("/", "given_twice", _("An identifier is given twice.")) from error
