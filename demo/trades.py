"""What is traded in the demo: two real tables, with the dossier, plan and terms that their providers write."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from demo.people import HAIZHU, LINGNAN, NANYUE, PENGCHENG, DemoOrganization

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

    @property
    def name(self) -> str:
        return str(self.dossier["name"]["en"])

    @property
    def has_price(self) -> bool:
        return self.plan["kind"] != "FREE"

    def content(self) -> bytes:
        """Return the bytes that are uploaded."""
        return self.file.read_text(encoding="utf-8").encode(self.encoding)


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
