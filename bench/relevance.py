"""Measure how good the order of a search is: NDCG@10 on labelled queries over a real catalogue.

    python -m bench.relevance [--queries]

768 real data sources, described in Chinese and English, become listings of a scratch database. Queries in Simplified,
Traditional and English, mistyped and in whole sentences, were judged by hand (bench/data/SOURCES.md): 2 is what was
looked for, 1 is of use, all else is 0. Our search is compared with PostgreSQL's own full text search as it comes.
"""

import argparse
import gzip
import json
import math
import os
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from statistics import fmean
from typing import Any

DATA = Path(__file__).with_name("data")
DEPTH = 10

Search = Callable[[str], list[str]]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--queries", action="store_true", help="print the figure of every query")
    arguments = parser.parse_args()

    from bench.ledger import scratch_servers, set_up_django
    from config.embedded import EmbeddedServers

    os.environ |= {"LOG_LEVEL": "WARNING", "EMBEDDINGS_URL": ""}
    with scratch_servers() as state:
        EmbeddedServers(state).start(("redis",))
        set_up_django(state)
        list_catalogue()
        report(judged(), arguments.queries)


def judged() -> list[dict[str, Any]]:
    """Return the labelled queries: kind, text, and the grade of each source that is of use."""
    queries: list[dict[str, Any]] = json.loads((DATA / "judged-queries.json").read_text(encoding="utf-8"))["queries"]
    return queries


def report(queries: Sequence[Mapping[str, Any]], each: bool) -> None:
    """Print NDCG@10 of every system by kind of query, and over all."""
    figures: dict[str, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    for query in queries:
        row = {}
        for name, search in SYSTEMS.items():
            row[name] = ndcg(search(query["text"]), query["relevant"])
            figures[query["kind"]][name].append(row[name])
            figures["all"][name].append(row[name])
        if each:
            print(f"{query['text'][:40]:42s}", *(f"{value:6.3f}" for value in row.values()))
    print(f"{'queries':28s} {'':4s}", *(f"{name:>22s}" for name in SYSTEMS))
    for kind, by_system in figures.items():
        counted = len(next(iter(by_system.values())))
        print(f"{kind:28s} {counted:4d}", *(f"{fmean(values):22.3f}" for values in by_system.values()))


def ndcg(found: Sequence[str], relevant: Mapping[str, int]) -> float:
    """Return the normalised discounted cumulative gain of the first ten (gain 2^grade - 1)."""
    ideal = sorted(relevant.values(), reverse=True)
    return _gain([relevant.get(each, 0) for each in found[:DEPTH]]) / _gain(ideal[:DEPTH])


def _gain(grades: Sequence[int]) -> float:
    return sum((2**grade - 1) / math.log2(place + 2) for place, grade in enumerate(grades))


# --- systems ---------------------------------------------------------------------------------------------------------


def exchange(text: str) -> list[str]:
    """Search as the catalogue does: words, synonyms, corrections and meaning."""
    from listings.catalogue import Wanted, find, ordering

    wanted = Wanted(text=text)
    return [listing.number or "" for listing in find(wanted).order_by(*ordering(wanted))[:DEPTH]]


def words_alone(text: str) -> list[str]:
    """The same without meaning."""
    from listings.catalogue import Wanted, find, ordering

    wanted = Wanted(text=text)
    wanted.__dict__["meaning"] = None
    return [listing.number or "" for listing in find(wanted).order_by(*ordering(wanted))[:DEPTH]]


def plain(configuration: str, operator: str) -> Search:
    """Return PostgreSQL's full text search over the same texts, without any code of ours."""
    statement = f"""
        WITH asked AS (SELECT replace(plainto_tsquery('{configuration}', %s)::text, '&', '{operator}')::tsquery AS q)
        SELECT number FROM bench_plain, asked
         WHERE {configuration}_vector @@ q ORDER BY ts_rank({configuration}_vector, q) DESC, number LIMIT {DEPTH}
    """

    def search(text: str) -> list[str]:
        from django.db import connection

        with connection.cursor() as cursor:
            cursor.execute(statement, [text])
            return [number for (number,) in cursor.fetchall()]

    return search


SYSTEMS: Mapping[str, Search] = {
    "PostgreSQL simple": plain("simple", "&"),
    "PostgreSQL english": plain("english", "&"),
    "PostgreSQL english, any": plain("english", "|"),
    "ours, words alone": words_alone,
    "ours": exchange,
}


# --- the catalogue ---------------------------------------------------------------------------------------------------


def sources() -> list[dict[str, Any]]:
    """Return the real data sources: id, name and description in both languages."""
    with gzip.open(DATA / "firstdata-sources.jsonl.gz", "rt", encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    return [row | {"id": row["id"][:32]} for row in rows]  # as long as a listing's number; they stay distinct


def list_catalogue() -> None:
    """Put every source into the catalogue, learn its words and train the model, as jobs do."""
    from django.db import connection

    from listings.models import Listing
    from listings.search.learning import recount_words, reindex
    from listings.search.training import prepare_model

    rows = sources()
    _write_listings(rows)
    reindex()
    recount_words()
    prepare_model()
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE TABLE bench_plain (number text, simple_vector tsvector, english_vector tsvector)",
        )
        for row in rows:
            name, about = " ".join(row["name"].values()), " ".join(row["description"].values())
            vectors = [
                f"setweight(to_tsvector('{each}', %s), 'A') || setweight(to_tsvector('{each}', %s), 'C')"
                for each in ("simple", "english")
            ]
            cursor.execute(
                f"INSERT INTO bench_plain VALUES (%s, {vectors[0]}, {vectors[1]})",
                [row["id"], name, about, name, about],
            )
    assert Listing.objects.in_catalogue().count() == len(rows)


def _write_listings(rows: Sequence[Mapping[str, Any]]) -> None:
    from django.utils import timezone

    from accounts.models import Organization, Person, Venue
    from listings.models import Dataset, DatasetVersion, Listing, Product, Terms

    provider = Organization.objects.create(
        name={"en": "Bench"}, legal_name="Bench", jurisdiction="HK", identifier_kind="HKBR", identifier="B"
    )
    submitter, approver = (Person.objects.create(email=f"bench{n}@example.com") for n in range(2))
    dataset = Dataset.objects.create(organization=provider, title={"en": "Bench"})
    version = DatasetVersion.objects.create(
        dataset=dataset, organization=provider, number=1, wrapped_key=b"", key_id="bench"
    )
    venue = Venue.objects.get(code="gzdex")
    for row in rows:
        texts = {
            "name": {"zh-Hans": row["name"]["zh"], "en": row["name"]["en"]},
            "summary": {"zh-Hans": row["description"]["zh"], "en": row["description"]["en"]},
        }
        product = Product.objects.create(organization=provider, dataset=dataset, industry="I65", **texts)
        terms = Terms.objects.create(product=product, organization=provider, version=1, purposes=[], text={}, policy={})
        Listing.objects.create(
            product=product,
            organization=provider,
            venue=venue,
            version=version,
            terms=terms,
            state=Listing.State.LISTED,
            number=row["id"],
            submitted_by=submitter,
            approved_by=approver,
            listed_at=timezone.now(),
            industry="I65",
            currency="CNY",
            price_from_minor=0,
            **texts,
        )


if __name__ == "__main__":
    main()
