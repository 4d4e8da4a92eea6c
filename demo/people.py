"""Who is who in the demo: invented organizations (with right check digits), their people and roles."""

from collections.abc import Mapping
from dataclasses import dataclass

PASSWORD = "lychee-harbour-2026"  # of every demo account


@dataclass(frozen=True)
class DemoPerson:
    """Someone who can sign in; the scopes are those of the API client that they make in the demo, if any."""

    email: str
    name: str
    role: str
    scopes: tuple[str, ...] = ()
    language: str = "zh-Hans"


@dataclass(frozen=True)
class DemoOrganization:
    """A legal entity; its first person is the one who registers it."""

    name: Mapping[str, str]
    legal_name: str
    jurisdiction: str
    identifier: str
    division_code: str
    people: tuple[DemoPerson, ...]


def _operator(venue: str, city: tuple[str, str, str], identifier: str, division_code: str) -> DemoOrganization:
    hans, hant, en = city
    return DemoOrganization(
        name={
            "zh-Hans": f"{hans}数据交易所运营方（演示）",
            "zh-Hant": f"{hant}數據交易所營運方（演示）",
            "en": f"Operator of the {en} Data Exchange (demo)",
        },
        legal_name=f"{hans}数据交易所运营（演示）有限公司",
        jurisdiction="CN",
        identifier=identifier,
        division_code=division_code,
        people=(
            DemoPerson(f"admin@{venue}.example", f"{hans}所管理员", "VENUE_ADMIN"),
            DemoPerson(f"clerk@{venue}.example", f"{hans}所受理员", "CLERK"),
            DemoPerson(f"legal@{venue}.example", f"{hans}所法务审查员", "LEGAL_REVIEWER"),
            DemoPerson(f"security@{venue}.example", f"{hans}所数据安全审查员", "SECURITY_REVIEWER"),
            DemoPerson(f"quality@{venue}.example", f"{hans}所质量与价格审查员", "QUALITY_REVIEWER"),
            DemoPerson(f"reviewer@{venue}.example", f"{hans}所合规审查员", "COMPLIANCE_REVIEWER"),
            DemoPerson(f"committee@{venue}.example", f"{hans}所合规委员", "COMPLIANCE_REVIEWER"),
            DemoPerson(f"officer@{venue}.example", f"{hans}所结算员", "SETTLEMENT_OFFICER"),
            DemoPerson(f"customs@{venue}.example", f"{hans}所海关关员", "CUSTOMS_OFFICER"),
            DemoPerson(f"customs2@{venue}.example", f"{hans}所海关关员二", "CUSTOMS_OFFICER"),
        ),
    )


OPERATORS: Mapping[str, DemoOrganization] = {
    "gzdex": _operator("gzdex", ("广州", "廣州", "Guangzhou"), "91440115MADEM0011A", "440115"),
    "szdex": _operator("szdex", ("深圳", "深圳", "Shenzhen"), "91440304MADEM002XE", "440304"),
}

LINGNAN = DemoOrganization(
    name={"zh-Hans": "岭南地理信息", "zh-Hant": "嶺南地理信息", "en": "Lingnan Geographic Information"},
    legal_name="岭南地理信息（演示）有限公司",
    jurisdiction="CN",
    identifier="91440106MADEM00381",
    division_code="440106",
    people=(
        DemoPerson("admin@lingnan.example", "陈岭南", "ADMIN", ("organization", "provide", "payouts", "invoices")),
        DemoPerson("operator@lingnan.example", "梁数据", "OPERATOR"),
    ),
)
PENGCHENG = DemoOrganization(
    name={"zh-Hans": "鹏城公共数据", "zh-Hant": "鵬城公共數據", "en": "Pengcheng Public Data"},
    legal_name="鹏城公共数据（演示）有限公司",
    jurisdiction="CN",
    identifier="91440305MADEM0046P",
    division_code="440305",
    people=(DemoPerson("admin@pengcheng.example", "林鹏城", "ADMIN", ("organization", "provide", "buy", "payouts")),),
)
HAIZHU = DemoOrganization(
    name={"zh-Hans": "海珠智慧物流", "zh-Hant": "海珠智慧物流", "en": "Haizhu Smart Logistics"},
    legal_name="海珠智慧物流（演示）有限公司",
    jurisdiction="CN",
    identifier="91440105MADEM00548",
    division_code="440105",
    people=(DemoPerson("admin@haizhu.example", "黄海珠", "ADMIN", ("organization", "buy", "read-data", "invoices")),),
)
NANYUE = DemoOrganization(
    name={"zh-Hans": "南粤数据经纪", "zh-Hant": "南粵數據經紀", "en": "Nanyue Data Brokers"},
    legal_name="南粤数据经纪（演示）有限公司",
    jurisdiction="CN",
    identifier="91440103MADEM00626",
    division_code="440103",
    people=(DemoPerson("admin@nanyue.example", "何南粤", "ADMIN", ("organization", "payouts")),),
)
VICTORIA = DemoOrganization(
    name={"zh-Hans": "维港分析", "zh-Hant": "維港分析", "en": "Victoria Harbour Analytics"},
    legal_name="Victoria Harbour Analytics (Demo) Limited",
    jurisdiction="HK",
    identifier="70000001",
    division_code="",
    people=(
        DemoPerson(
            "admin@victoria.example", "Wong Wai Kong", "ADMIN", ("organization", "buy", "read-data"), language="zh-Hant"
        ),
    ),
)
ZHUJIANG = DemoOrganization(
    name={"zh-Hans": "珠江律师事务所", "zh-Hant": "珠江律師事務所", "en": "Pearl River Law"},
    legal_name="珠江律师事务所（演示）",
    jurisdiction="CN",
    identifier="91440106MADEM0070C",
    division_code="440106",
    people=(DemoPerson("admin@zhujiang.example", "周珠江", "ADMIN", ("organization", "provide")),),
)
MEMBERS = (LINGNAN, PENGCHENG, HAIZHU, NANYUE, VICTORIA, ZHUJIANG)

# Who is a member of which venue, in which capacity.
MEMBERSHIPS: tuple[tuple[DemoOrganization, str, str], ...] = (
    (LINGNAN, "gzdex", "PROVIDER"),
    (PENGCHENG, "szdex", "PROVIDER"),
    (PENGCHENG, "gzdex", "BUYER"),
    (HAIZHU, "gzdex", "BUYER"),
    (HAIZHU, "szdex", "BUYER"),
    (NANYUE, "gzdex", "BROKER"),
    (VICTORIA, "gzdex", "BUYER"),
    (ZHUJIANG, "gzdex", "SERVICE_AGENCY"),
)
