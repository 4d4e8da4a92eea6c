"""How far the examination of a sealed version has come, and when it will end."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from time import monotonic

from django.utils.timesince import timeuntil
from django.utils.translation import gettext as _

from kernel.models import Job
from listings.models import DataFile, DatasetVersion
from listings.uploading import PROFILE_JOB

MOST_WHILE_RUNNING = 99  # percent: a job that has read everything has still to judge and to write down what it saw
SHORTEST_MEASURE = 0.5  # seconds, below which a pace says nothing

# What is told every second or so: percent done, and the time left where it can be told.
Heartbeat = Callable[[int, timedelta | None], None]


@dataclass
class Pace:
    """Progress of one attempt by bytes truly read, of `total`; `before` of them had been read by earlier attempts."""

    total: int
    before: int
    clock: Callable[[], float] = monotonic
    began: float = field(init=False)

    def __post_init__(self) -> None:
        self.began = self.clock()

    def percent(self, done: int) -> int:
        return min(100 * done // max(self.total, 1), MOST_WHILE_RUNNING)

    def left(self, done: int) -> timedelta | None:
        """Return how long the rest will take at this attempt's pace so far, None where that is not known yet."""
        took, read = self.clock() - self.began, done - self.before
        if took < SHORTEST_MEASURE or read <= 0:
            return None
        return timedelta(seconds=round(took * max(self.total - done, 0) / read))


def examination_of(version: DatasetVersion) -> Job | None:
    """Return the job that examines a sealed version, None once it has ended or before the seal."""
    if version.state != DatasetVersion.State.PROFILING:
        return None
    return Job.objects.filter(kind=PROFILE_JOB, key=str(version.id)).first()


def progress_in_words(version: DatasetVersion) -> str:
    """Say how far the examination is, in the language in force; nothing when none is under way."""
    job = examination_of(version)
    if job is None:
        return ""
    said = _("%(state)s, %(percent)d %% done") % {"state": job.get_state_display(), "percent": job.progress}
    if job.expected_at is None:
        return said
    return _("%(said)s, %(time)s left") % {"said": said, "time": timeuntil(job.expected_at)}


def work_of(file: DataFile, *, seeks: bool) -> int:
    """Return how many bytes are read of a file: formats that seek are digested first and read once more."""
    return (file.size or 0) * (2 if seeks else 1)
