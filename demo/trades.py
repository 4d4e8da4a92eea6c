"""What is traded in the demo: two real tables, with the dossier, plan and terms that their providers write."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from demo.people import HAIZHU, LINGNAN, NANYUE, PENGCHENG, VICTORIA, DemoOrganization

DATA = Path(__file__).parent / "data"


@dataclass(frozen=True)
class Trade:
    """One table on its way from its provider to a buyer at a venue."""

    venue: str
    provider: DemoOrganization
    buyer: DemoOrganization
    broker: DemoOrganization | None
    file: Path
    encoding: str  # in which the file is uploaded; the profile has to find it out
    dossier: Mapping[str, Any]
    plan: Mapping[str, Any]
    terms: Mapping[str, Any]
    purpose: str
    query: str  # under which the buyer finds it
    border: Mapping[str, Any] | None = None  # where it may go; None: its jurisdiction only
    invented: int = 0  # so many rows are made up instead of read from `file`
    format: str = "CSV"
    other_plans: tuple[Mapping[str, Any], ...] = ()  # by which the listing is sold besides

    @property
    def name(self) -> str:
        return str(self.dossier["name"]["en"])

    @property
    def has_price(self) -> bool:
        return self.plan["kind"] != "FREE"

    def content(self) -> bytes:
        """Return the bytes that are uploaded."""
        if self.invented:
            return invented_members(self.invented)
        return self.file.read_text(encoding="utf-8").encode(self.encoding)


def invented_members(count: int) -> bytes:
    """Return a table of a loyalty programme whose members nobody is: names put together by rule, no way to reach them.

    No real table of persons may be published, so this is the one table of the demo that is made up.
    """
    surnames, given = "陈李黄张梁林吴刘罗何", "嘉俊晓颖志敏文静家豪美玲国华"
    lines = ["会员号,姓名,城市,注册年份,积分"]
    for number in range(count):
        name = surnames[number % 10] + given[number // 10 % 14] + given[number // 140 % 14]
        city = ("广州", "深圳", "佛山", "东莞")[number % 4]
        lines.append(f"M{number:08d},{name},{city},{2010 + number % 16},{number * 37 % 10_000}")
    return ("\n".join(lines) + "\n").encode()


STREETS = Trade(
    venue="gzdex",
    provider=LINGNAN,
    buyer=HAIZHU,
    broker=NANYUE,
    file=DATA / "guangdong-streets.csv",
    encoding="gb18030",  # re-encoded: what mainland systems still export
    dossier={
        "name": {
            "zh-Hans": "广东省乡镇街道区划代码表",
            "zh-Hant": "廣東省鄉鎮街道區劃代碼表",
            "en": "Guangdong sub-district codes",
        },
        "summary": {
            "zh-Hans": "广东省全部乡镇、街道的名称与国标区划代码，可与地址、门店和物流数据关联。",
            "zh-Hant": "廣東省全部鄉鎮、街道的名稱與國標區劃代碼，可與地址、門店和物流數據關聯。",
            "en": "Every township and sub-district of Guangdong with its GB/T 2260 codes, to join to addresses.",
        },
        "scenario": {
            "zh-Hans": "物流企业校验收货地址并按街道规划末端网点。",
            "zh-Hant": "物流企業校驗收貨地址並按街道規劃末端網點。",
            "en": "A logistics company validates addresses and plans last-mile stations by sub-district.",
        },
        "product_type": "DATASET",
        "type_fields": {
            "shape": ["TABLE"],
            "structure": "STRUCTURED",
            "record_unit": {
                "zh-Hans": "一个乡镇或街道",
                "zh-Hant": "一個鄉鎮或街道",
                "en": "one sub-district",
            },
        },
        "industry": "I65",
        "language": "zh-Hans",
        "source_kind": "COLLECTED",
        "processing": "PROCESSED",
        "rights": ["HOLD", "USE", "OPERATE"],
        "evidence": {"LAWFUL_COLLECTION": "依据公开的区划代码整理，开源许可 WTFPL（见 demo/data/SOURCES.md）。"},
        "personal_data": "NONE",
        "region_scope": "PROVINCE",
        "time_from": "2023-01-01",
        "time_to": "2023-12-31",
        "frequency": "YEAR",
    },
    plan={"kind": "ONE_OFF", "price": {"amount": "1200.01", "currency": "CNY"}},
    terms={
        "purposes": ["INTERNAL_ANALYSIS", "PRODUCT_DEVELOPMENT"],
        "term_days": 365,
        "text": {
            "zh-Hans": "买方可在一年内用于内部分析与产品开发，不得转售。",
            "zh-Hant": "買方可在一年內用於內部分析與產品開發，不得轉售。",
            "en": "The buyer may use the data for a year for analysis and product development, not resell them.",
        },
    },
    purpose="校验收货地址，规划末端网点",
    query="街道 区划",
)

PLACES = Trade(
    venue="szdex",
    provider=PENGCHENG,
    buyer=HAIZHU,
    broker=None,
    file=DATA / "covid19-places.csv",
    encoding="utf-8-sig",  # with the byte order mark that spreadsheets write
    dossier={
        "name": {
            "zh-Hans": "全球地区编码与人口对照表",
            "zh-Hant": "全球地區編碼與人口對照表",
            "en": "Places: codes, coordinates, population",
        },
        "summary": {
            "zh-Hans": "国家、省州与县级地区的编码、坐标与人口，含广东、香港、澳门。",
            "zh-Hant": "國家、省州與縣級地區的編碼、坐標與人口，含廣東、香港、澳門。",
            "en": "Codes, coordinates and population of countries, provinces and counties.",
        },
        "scenario": {
            "zh-Hans": "研究机构按人口归一化地区指标。",
            "zh-Hant": "研究機構按人口歸一化地區指標。",
            "en": "Researchers normalise regional indicators by population.",
        },
        "product_type": "DATASET",
        "type_fields": {
            "shape": ["TABLE"],
            "structure": "STRUCTURED",
            "record_unit": {"zh-Hans": "一个国家或地区", "zh-Hant": "一個國家或地區", "en": "one country or region"},
        },
        "industry": "I65",
        "language": "en",
        "source_kind": "COLLECTED",
        "processing": "PROCESSED",
        "rights": ["HOLD", "USE", "OPERATE"],
        "evidence": {"LAWFUL_COLLECTION": "Public domain (PDDL), see demo/data/SOURCES.md."},
        "personal_data": "NONE",
        "region_scope": "INTERNATIONAL",
        "time_from": "2020-01-22",
        "time_to": "2022-04-16",
        "frequency": "OTHER",
    },
    plan={"kind": "FREE"},
    terms={
        "purposes": ["INTERNAL_ANALYSIS", "RESEARCH", "PUBLIC_SERVICE"],
        "text": {
            "zh-Hans": "公共领域数据，可自由使用。",
            "zh-Hant": "公共領域數據，可自由使用。",
            "en": "Public-domain data, free to use.",
        },
    },
    purpose="按人口归一化各地区订单量",
    query="地區 人口",  # asked in traditional characters, found in simplified ones
)

MEMBERS = Trade(
    venue="gzdex",
    provider=LINGNAN,
    buyer=VICTORIA,
    broker=None,
    file=Path("members.csv"),
    invented=200_000,
    encoding="utf-8",
    dossier={
        "name": {
            "zh-Hans": "大湾区商圈会员名册（虚构）",
            "zh-Hant": "大灣區商圈會員名冊（虛構）",
            "en": "Bay-area loyalty members (invented)",
        },
        "summary": {
            "zh-Hans": "虚构的二十万名商圈会员：会员号、姓名、城市、注册年份与积分。",
            "zh-Hant": "虛構的二十萬名商圈會員：會員號、姓名、城市、註冊年份與積分。",
            "en": "Two hundred thousand invented members: number, name, city, year of joining, points.",
        },
        "scenario": {
            "zh-Hans": "跨境商圈合并会员权益。",
            "zh-Hant": "跨境商圈合併會員權益。",
            "en": "Shops on both sides of the border join their loyalty programmes.",
        },
        "product_type": "DATASET",
        "type_fields": {
            "shape": ["TABLE"],
            "structure": "STRUCTURED",
            "record_unit": {"zh-Hans": "一名会员", "zh-Hant": "一名會員", "en": "one member"},
        },
        "industry": "I65",
        "language": "zh-Hans",
        "source_kind": "COLLECTED",
        "processing": "PROCESSED",
        "rights": ["HOLD", "USE", "OPERATE"],
        "evidence": {
            "LAWFUL_COLLECTION": "演示用虚构数据。",
            "PERSONAL_INFORMATION_BASIS": "会员入会时单独同意（演示）。",
        },
        "personal_data": "GENERAL",
        "region_scope": "CITY",
        "time_from": "2010-01-01",
        "time_to": "2025-12-31",
        "frequency": "YEAR",
    },
    plan={"kind": "ONE_OFF", "price": {"amount": "8000.00", "currency": "CNY"}},
    terms={
        "purposes": ["INTERNAL_ANALYSIS"],
        "term_days": 365,
        "export_allowed": False,
        "text": {
            "zh-Hans": "仅限大湾区内用于会员权益合并，不得转移至大湾区以外。",
            "zh-Hant": "僅限大灣區內用於會員權益合併，不得轉移至大灣區以外。",
            "en": "For joining loyalty programmes within the Greater Bay Area; not to be passed on outside it.",
        },
    },
    purpose="合併兩地商圈會員權益",
    query="会员 商圈",
    border={"reach": "GBA", "scenario": "OTHER", "n_general": 200_000, "n_sensitive": 0},
)
