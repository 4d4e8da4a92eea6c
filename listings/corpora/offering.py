"""What keeps a version that is sold as a corpus from being offered."""

from collections.abc import Iterator

from django.utils.translation import gettext as _

from kernel.problems import FieldError
from listings.models import CorpusSampling, DatasetVersion


def corpus_errors(version: DatasetVersion) -> Iterator[FieldError]:
    """Yield what was declared or found of a version that forbids its offer: the last word on either counts."""
    chain = version.licence_chains.order_by("-id").first()
    if chain is not None and not chain.compatible:
        names = ", ".join(source["name"] for source in chain.verdict["sources"] if not source["compatible"])
        yield FieldError(
            "/version_id",
            "licence_incompatible",
            _("Sources may not be offered under %(offered)s: %(names)s.") % {"offered": chain.offered, "names": names},
        )
    judged = version.corpus_samplings.exclude(state=CorpusSampling.State.DRAWN).order_by("-judged_at", "-id").first()
    if judged is not None and judged.state == CorpusSampling.State.FAILED:
        yield FieldError("/version_id", "sampling_failed", _("Too few items of the last sample passed."))
