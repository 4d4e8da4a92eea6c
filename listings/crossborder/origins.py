"""Where data that come in to be processed and go out again come from, by their lineage (CB24 art. 4, 来数加工).

The exemption holds only where no domestic personal information was mixed in. What is declared is not enough: every
dataset at the root of the lineage must have been registered from abroad, or be confirmed to tell of nobody.
"""

from uuid import UUID

from listings.lineage import roots_of
from listings.models import Dataset, DatasetVersion, Grade, PersonalData

MAINLAND = "CN"


def mixes_domestic_persons(dataset_id: UUID) -> bool:
    """Tell whether a root of a dataset's lineage is mainland data that may tell of persons, or is important.

    Mainland data that were made from nothing else came from nowhere abroad.
    """
    domestic = roots_of(dataset_id).filter(organization__jurisdiction=MAINLAND)
    return any(root.pk == dataset_id or not _tells_of_nobody(root) for root in domestic)


def _tells_of_nobody(dataset: Dataset) -> bool:
    """Tell whether somebody confirmed that the newest version is general data without personal information."""
    ready = DatasetVersion.objects.filter(dataset=dataset, state=DatasetVersion.State.READY)
    version = ready.order_by("-number").first()
    confirmed = version.grade_confirmations.order_by("-id").first() if version is not None else None
    if confirmed is None:
        return False
    return bool(confirmed.grade == Grade.GENERAL and confirmed.personal_data == PersonalData.NONE)
