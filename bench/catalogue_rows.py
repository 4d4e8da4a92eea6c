"""Many listings by SQL (catalogue.sql), their names made of places, subjects, kinds and years."""

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import product
from pathlib import Path
from random import Random
from time import perf_counter
from typing import Any

from django.db import connection, transaction

PLACES = [
    ("广东省", "Guangdong"),
    ("广州市", "Guangzhou"),
    ("深圳市", "Shenzhen"),
    ("珠海市", "Zhuhai"),
    ("佛山市", "Foshan"),
    ("惠州市", "Huizhou"),
    ("东莞市", "Dongguan"),
    ("中山市", "Zhongshan"),
    ("江门市", "Jiangmen"),
    ("肇庆市", "Zhaoqing"),
    ("香港", "Hong Kong"),
    ("澳门", "Macao"),
    ("南沙区", "Nansha"),
    ("前海", "Qianhai"),
    ("横琴", "Hengqin"),
    ("粤港澳大湾区", "Greater Bay Area"),
]
SUBJECTS = [
    ("地铁客流", "metro passenger flow"),
    ("公交刷卡", "bus card taps"),
    ("道路交通流量", "road traffic"),
    ("航班准点率", "flight punctuality"),
    ("港口集装箱吞吐量", "port container throughput"),
    ("空气质量", "air quality"),
    ("水质监测", "water quality"),
    ("气象观测", "weather observation"),
    ("企业信用", "enterprise credit"),
    ("工商注册", "business registration"),
    ("专利申请", "patent application"),
    ("招聘岗位", "job posting"),
    ("二手房成交", "housing transaction"),
    ("电力负荷", "power load"),
    ("光伏发电", "solar generation"),
    ("医院门诊量", "hospital visits"),
    ("药品价格", "drug price"),
    ("农产品价格", "farm produce price"),
    ("海关进出口", "customs trade"),
    ("跨境电商订单", "cross-border orders"),
    ("物流轨迹", "logistics track"),
    ("旅游客源", "tourist origin"),
    ("餐饮消费", "catering spending"),
    ("遥感影像标注", "remote sensing labels"),
    ("粤语语音", "Cantonese speech"),
    ("街道名录", "street register"),
]
KINDS = [
    ("数据集", "dataset"),
    ("月度数据", "monthly data"),
    ("指数", "index"),
    ("明细数据", "detailed data"),
    ("语料", "corpus"),
]
RARE = ("貔貅", "pixiu")
PROVIDERS = 200
KNOWN = 100_000  # listings with vectors and suggestions: both take longer to write than all else together
TAUGHT = 5000  # texts that the model of meaning learns from
STATEMENTS = Path(__file__).with_name("catalogue.sql")
TABLES = ("listings_listing", "listings_listingembedding", "listings_suggestion")


def build_listings(count: int) -> float:
    """Write `count` listings, half of them at each venue, with all that search knows of them; return the seconds."""
    started = perf_counter()
    numbers = {"providers": PROVIDERS, "products": count // 2, "every": max(1, count // KNOWN)}
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL maintenance_work_mem = '2GB'")
        cursor.execute("SET LOCAL session_replication_role = replica")  # no checks of keys
        give_defaults(cursor)
        model = write_model()
        texts = write_texts(cursor)
        embed_texts(cursor, model)
        with without_indexes(cursor):
            for statement in STATEMENTS.read_text().split(";\n"):
                if statement.strip():  # one by one: a prepared statement holds no other
                    cursor.execute(statement, numbers | {"texts": texts})
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
    return perf_counter() - started


def give_defaults(cursor: Any) -> None:
    """Let columns that say nothing to a search be empty, whatever columns there are by now."""
    cursor.execute(
        "SELECT table_name, column_name, data_type FROM information_schema.columns"
        " WHERE table_schema = 'public' AND is_nullable = 'NO' AND column_default IS NULL AND is_identity = 'NO'"
        " AND (table_name LIKE 'listings%%' OR table_name LIKE 'accounts%%')"
    )
    empty = {"character varying": "''", "text": "''", "ARRAY": "'{}'", "jsonb": "'{}'", "boolean": "false"}
    empty |= {"integer": "0", "smallint": "0", "bigint": "0", "bytea": "''"}
    for table, column, kind in cursor.fetchall():
        if kind in empty:
            cursor.execute(f'ALTER TABLE {table} ALTER COLUMN "{column}" SET DEFAULT {empty[kind]}')
    cursor.execute("ALTER TABLE listings_listing ALTER COLUMN visibility SET DEFAULT 'PUBLIC'")


@contextmanager
def without_indexes(cursor: Any) -> Iterator[None]:
    """Drop what can be made again more quickly once the rows are there."""
    cursor.execute(
        "SELECT indexdef, indexrelid::regclass FROM pg_indexes JOIN pg_index i ON i.indexrelid = indexname::regclass"
        " WHERE tablename = ANY(%s) AND NOT i.indisunique",
        [list(TABLES)],
    )
    found = cursor.fetchall()
    for _definition, name in found:
        cursor.execute(f"DROP INDEX {name}")
    yield
    for definition, _name in found:
        cursor.execute(definition)


def names() -> Iterator[tuple[int, str, str, str]]:
    """Yield the distinct names: number, Chinese, English and summary."""
    number = 0
    for place, subject, kind in product(PLACES, SUBJECTS, KINDS):
        for year in range(2015, 2027):
            hans, english = f"{year}年{place[0]}{subject[0]}{kind[0]}", f"{place[1]} {subject[1]} {kind[1]} {year}"
            summary = f"按日采集的{place[0]}{subject[0]}，含时间、地点、数值字段，适用于研究与规划"
            if number == 777:
                hans, english = f"{RARE[0]}{hans}", f"{RARE[1]} {english}"
            yield number, hans, english, summary
            number += 1


def write_model() -> Any:
    """Train a model of meaning on some of the names and make it the current one."""
    from listings.models import EmbeddingModel
    from listings.search.embedder import digest_of, load, train
    from listings.search.training import model_name

    every = [f"{hans}\n{english}\n{hans}\n{english}\n{summary}" for _number, hans, english, summary in names()]
    artefact = train(Random(4754).sample(every, TAUGHT))
    EmbeddingModel.objects.create(
        kind="TRAINED",
        name=model_name(),
        state="CURRENT",
        slot=0,
        artefact=artefact,
        sha256=digest_of(artefact),
        listings=0,
    )
    return load(artefact, sha256=digest_of(artefact))


def embed_texts(cursor: Any, model: Any) -> None:
    """Write what each name means, and what of it may be typed."""
    from pgvector import HalfVector

    from listings.suggestions import keys_of

    cursor.execute("CREATE TABLE bench_meanings (number int PRIMARY KEY, vector halfvec(256), keys text[])")
    rows = [
        (
            number,
            HalfVector(model.embed(f"{hans}\n{english}\n{hans}\n{english}\n{summary}")).to_text(),
            sorted(keys_of(hans) | keys_of(english)),
        )
        for number, hans, english, summary in names()
    ]
    cursor.executemany("INSERT INTO bench_meanings VALUES (%s, %s::halfvec, %s)", rows)


def write_texts(cursor: Any) -> int:
    """Write the distinct names with their search vectors, made by the code that indexes real listings."""
    from listings.industries import industries
    from listings.search.learning import learn_words
    from listings.search.vector import terms_of
    from listings.search.words import words_and_parts

    random, codes = Random(4754), list(industries())
    cursor.execute(
        "CREATE TABLE bench_texts (number int PRIMARY KEY, name jsonb, summary jsonb, industry text, frequency text,"
        " search tsvector)"
    )
    said: set[str] = set()
    rows = []
    for number, hans, english, summary in names():
        industry = random.choice(codes)
        weighed = (f"{hans} {english}", industries()[industry].name["zh-Hans"], summary)
        said.update(word for text in weighed for word in words_and_parts(text))
        texts = [" ".join(terms_of(text)) for text in weighed]
        rows.append([number, hans, english, summary, industry, random.choice(["DAY", "MONTH", "YEAR"]), *texts])
    cursor.executemany(
        "INSERT INTO bench_texts VALUES (%s, jsonb_build_object('zh-Hans', %s::text, 'en', %s::text),"
        " jsonb_build_object('zh-Hans', %s::text), %s, %s, setweight(to_tsvector('simple', %s), 'A') ||"
        " setweight(to_tsvector('simple', %s), 'B') || setweight(to_tsvector('simple', %s), 'C'))",
        rows,
    )
    learn_words(said)
    return len(rows)
