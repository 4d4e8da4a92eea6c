"""What search learns from the catalogue: which words it says and in how many listings, and what they mean.

A listing's own search column is written when it is approved, so it is found at once; this follows a moment later, by a
job, since words are shared and approvals must not wait for each other over them.
"""

from collections.abc import Iterable
from uuid import UUID

from django.db import connection, transaction
from django.utils import timezone

from kernel.jobs import enqueue
from listings.catalogue_rows import indexed_texts
from listings.models import Listing, SearchWord, Visibility
from listings.models.search import WORD_LENGTH
from listings.search.spelling import keys_of
from listings.search.training import TRAIN_JOB, embed_listing
from listings.search.vector import search_vector
from listings.search.words import words_and_parts

LEARN_JOB = "catalogue.learn"
RECOUNT_JOB = "catalogue.recount"


def learn_soon(listing: Listing) -> None:
    """Write the job that enters a listing's words, in the transaction that lists it or changes what it says."""
    enqueue(
        LEARN_JOB,
        key=f"{listing.pk}:{timezone.now():%Y%m%d%H%M%S%f}",  # once for every time that it changes
        subject_id=listing.pk,
        organization_id=listing.organization_id,
        venue_id=listing.venue_id,
    )


def learn_listing(listing_id: UUID) -> None:
    """Enter the words of a listing and write what it means. Raises EndpointFailed."""
    related = ("product", "organization", "version")
    listing = Listing.objects.filter(state=Listing.State.LISTED, pk=listing_id).select_related(*related).first()
    if listing is None:  # it has left the catalogue meanwhile
        return
    if listing.visibility == Visibility.PUBLIC:  # nobody may guess words of others from what is proposed to them
        learn_words(_words_of(listing))
    embed_listing(listing)


def learn_words(words: Iterable[str]) -> None:
    """Enter those words that are not known; in one order, so that two workers never wait for each other."""
    short = sorted({word for word in words if len(word) <= WORD_LENGTH and not word.isdigit()})
    known = set(SearchWord.objects.filter(word__in=short).values_list("word", flat=True))
    SearchWord.objects.bulk_create(
        [SearchWord(word=word, keys=sorted(keys_of(word))) for word in short if word not in known],
        ignore_conflicts=True,
        batch_size=1000,
    )


def reindex() -> int:
    """Write the search columns and words of all that is listed anew, as a new edition of the trade's words asks for."""
    done = 0
    related = ("product", "organization", "version")
    listings = Listing.objects.filter(state=Listing.State.LISTED).select_related(*related)
    for listing in listings.prefetch_related("version__files").order_by("id").iterator(chunk_size=200):
        Listing.objects.filter(pk=listing.pk).update(search=search_vector(indexed_texts(listing)))
        if listing.visibility == Visibility.PUBLIC:
            learn_words(_words_of(listing))
        done += 1
    return done


def _words_of(listing: Listing) -> list[str]:
    return words_and_parts(" ".join(text for texts in indexed_texts(listing).values() for text in texts))


SAID = "SELECT search FROM listings_listing WHERE state = 'LISTED' AND visibility = 'PUBLIC'"
COUNT = """
UPDATE listings_searchword AS known
   SET listings = coalesce(said.ndoc, 0)
  FROM listings_searchword AS each
  LEFT JOIN ts_stat(%s) AS said ON said.word = each.word
 WHERE known.word = each.word AND known.listings <> coalesce(said.ndoc, 0)
"""


@transaction.atomic
def recount_words() -> None:
    """Count in how many listings each word stands, and forget those that stand in none any more."""
    with connection.cursor() as cursor:
        cursor.execute(COUNT, [SAID])
    SearchWord.objects.filter(listings=0).delete()


def tend_search() -> None:
    """Write today's jobs: count words anew, and prepare another model if one is due."""
    today = timezone.now().date().isoformat()
    enqueue(RECOUNT_JOB, key=today)
    enqueue(TRAIN_JOB, key=today)
