"""Two hundred thousand listings by SQL (catalogue.sql), their names made of places, subjects, kinds and years."""

from itertools import product
from pathlib import Path
from random import Random
from time import perf_counter

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
STATEMENTS = Path(__file__).with_name("catalogue.sql")


def build_listings(count: int) -> float:
    """Write `count` listings, half of them at each venue, and return how many seconds that took."""
    started = perf_counter()
    numbers = {"providers": PROVIDERS, "products": count // 2}
    with transaction.atomic(), connection.cursor() as cursor:
        texts = write_texts(cursor)
        for statement in STATEMENTS.read_text().split(";\n"):
            if statement.strip():  # one by one: a prepared statement holds no other
                cursor.execute(statement, numbers | {"texts": texts})
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
    return perf_counter() - started


def write_texts(cursor: object) -> int:
    """Write the distinct names with their search vectors, made by the code that indexes real listings."""
    from listings.industries import industries
    from listings.search.words import index_terms

    random, codes = Random(4754), list(industries())
    cursor.execute(
        "CREATE TABLE bench_texts (number int PRIMARY KEY, name jsonb, summary jsonb, industry text, frequency text,"
        " search tsvector)"
    )
    number = 0
    for place, subject, kind in product(PLACES, SUBJECTS, KINDS):
        for year in range(2015, 2027):
            hans, english = f"{year}年{place[0]}{subject[0]}{kind[0]}", f"{place[1]} {subject[1]} {kind[1]} {year}"
            summary = f"按日采集的{place[0]}{subject[0]}，含时间、地点、数值字段，适用于研究与规划"
            if number == 777:
                hans, english = f"{RARE[0]}{hans}", f"{RARE[1]} {english}"
            industry = random.choice(codes)
            texts = [
                " ".join(index_terms(text))
                for text in (f"{hans} {english}", industries()[industry].name["zh-Hans"], summary)
            ]
            cursor.execute(
                "INSERT INTO bench_texts VALUES (%s, jsonb_build_object('zh-Hans', %s::text, 'en', %s::text),"
                " jsonb_build_object('zh-Hans', %s::text), %s, %s, setweight(to_tsvector('simple', %s), 'A') ||"
                " setweight(to_tsvector('simple', %s), 'B') || setweight(to_tsvector('simple', %s), 'C'))",
                [number, hans, english, summary, industry, random.choice(["DAY", "MONTH", "YEAR"]), *texts],
            )
            number += 1
    return number
