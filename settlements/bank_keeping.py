"""Files that come from the bank are kept as they came, with their digests, and taken once."""

from accounts.models import Venue
from kernel.digests import Digests
from kernel.problems import Problem
from settlements.models import BankFile


def keep_file(kind: BankFile.Kind, *, venue: Venue, name: str, content: bytes) -> BankFile:
    """Keep a file of the venue's bank; raises Problem `bank_file_known` when these bytes were taken before."""
    digests = Digests(content)
    file = BankFile(
        kind=kind,
        venue=venue,
        name=name[:200],
        media_type="application/xml" if content.lstrip().startswith(b"<") else "text/csv",
        content=content,
        size=digests.size,
        sha256=digests.sha256,
        sm3=digests.sm3,
    )
    # Waits for a transaction that is taking the same file.
    BankFile.objects.bulk_create([file], ignore_conflicts=True)
    if not BankFile.objects.filter(id=file.id).exists():
        raise Problem("bank_file_known", sha256=digests.sha256)
    return file
