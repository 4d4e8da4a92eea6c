"""Invented persons and things, labelled by construction: the same seed gives the same tables.

Numbers get valid check digits from the rules of their issuers (written here once more, not taken from the project);
names and addresses come from Faker's Chinese locales, which comes with factory-boy.
"""

import random
from collections.abc import Callable
from dataclasses import dataclass

from faker import Faker
from stdnum import luhn

DIVISIONS = ["440305", "440103", "110105", "310115", "430103", "510107", "330106", "420111", "610113", "445281"]


class Inventor:
    """Invents one value after another."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.mainland, self.taiwan = Faker("zh_CN"), Faker("zh_TW")
        self.mainland.seed_instance(seed)
        self.taiwan.seed_instance(seed)

    def digits(self, count: int) -> str:
        return "".join(self.random.choice("0123456789") for _ in range(count))

    def pick(self, *choices: str) -> str:
        return self.random.choice(choices)

    def resident_id(self, first: int = 1940, last: int = 2005) -> str:
        day = f"{self.random.randint(first, last)}{self.random.randint(1, 12):02}{self.random.randint(1, 28):02}"
        body = self.random.choice(DIVISIONS) + day + self.digits(3)
        weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
        return body + "10X98765432"[sum(int(d) * w for d, w in zip(body, weights, strict=True)) % 11]

    def mobile(self) -> str:
        return self.pick("13", "15", "18", "17", "19") + self.pick("1", "3", "5", "7", "8") + self.digits(8)

    def bank_card(self) -> str:
        prefix = self.pick("622202", "621700", "623058", "439225", "518710", "622848")
        body = prefix + self.digits(9 if prefix[0] != "6" else self.random.choice((9, 12)))
        return body + luhn.calc_check_digit(body)

    def hkid(self) -> str:
        letter, body = self.random.choice("ACGKMPRVYZ"), self.digits(6)
        values = [36, ord(letter) - 55, *map(int, body)]
        rest = -sum(v * w for v, w in zip(values, range(9, 1, -1), strict=True)) % 11
        return f"{letter}{body}({'A' if rest == 10 else rest})"

    def macao_bir(self) -> str:
        return f"{self.pick('1', '5', '7')}{self.digits(6)}({self.digits(1)})"

    def passport(self) -> str:
        return self.pick("E", "G", "C", "H") + self.digits(8)

    def plate(self) -> str:
        city = self.pick("粤A", "粤B", "京N", "沪C", "湘A")
        return self.pick(
            city + self.digits(5),
            f"{city}·D{self.digits(5)}",
            f"粤Z{self.digits(4)}港",
            f"{city}{self.digits(2)}K{self.digits(2)}",
        )

    def landline(self) -> str:
        return self.pick("0755-", "020-", "(0769)", "010-") + self.pick("8", "2", "6") + self.digits(7)

    def hong_kong_phone(self) -> str:
        return (
            self.pick("+852 ", "+852-", "(852)", "+853 ")
            + self.pick("9", "6", "5")
            + self.digits(3)
            + " "
            + self.digits(4)
        )

    def imei(self) -> str:
        body = "86" + self.digits(12)
        return body + luhn.calc_check_digit(body)

    def mac(self) -> str:
        return ":".join(f"{self.random.randrange(256):02X}" for _ in range(6))

    def ip(self) -> str:
        return f"{self.random.randint(36, 223)}." + ".".join(str(self.random.randint(1, 254)) for _ in range(3))

    def day(self, first: int = 1950, last: int = 2004) -> str:
        return f"{self.random.randint(first, last)}-{self.random.randint(1, 12):02}-{self.random.randint(1, 28):02}"

    def moment(self) -> str:
        return f"{self.day(2025, 2025)} {self.random.randint(0, 23):02}:{self.pick('05', '27', '58')}:00"

    def name(self) -> str:
        return self.mainland.name()

    def traditional_name(self) -> str:
        return self.taiwan.name()

    def address(self) -> str:
        city = self.pick(
            "广东省深圳市南山区", "广州市天河区", "湖南省长沙市岳麓区", "上海市浦东新区", "四川省成都市武侯区"
        )
        street = self.pick("科技园路", "体育西路", "人民街", "建设大道", "幸福里")
        number, floor = self.random.randint(1, 300), self.random.randint(2, 30)
        return f"{city}{street}{number}号{self.pick('1', '3', 'A')}栋{floor}05室"

    def email(self) -> str:
        return self.mainland.email()

    def diagnosis(self) -> str:
        return self.pick(
            "高血压", "2型糖尿病", "急性支气管炎", "冠心病", "慢性胃炎", "腰椎间盘突出症", "抑郁症", "甲状腺结节"
        )

    def religion(self) -> str:
        return self.pick("无", "佛教", "基督教", "天主教", "伊斯兰教", "道教")

    def order_number(self) -> str:
        return self.day(2020, 2026).replace("-", "") + self.digits(10)

    def eighteen_digits(self) -> str:
        return str(self.random.randint(1, 9)) + self.digits(17)

    def eleven_digits(self) -> str:
        return str(self.random.randint(1, 9)) + self.digits(10)

    def sixteen_digits(self) -> str:
        return str(self.random.randint(1, 9)) + self.digits(15)

    def product(self) -> str:
        return self.pick(
            "苹果",
            "香蕉",
            "大米",
            "绿茶",
            "白酒",
            "黄瓜",
            "方便面",
            "洗衣液",
            "马铃薯",
            "金针菇",
            "牛肉",
            "面粉",
            "江米",
            "石榴",
            "电饭煲",
        )

    def place(self) -> str:
        return self.pick(
            "江门",
            "石家庄",
            "黄石",
            "金华",
            "安庆",
            "南山区",
            "马鞍山",
            "高雄市",
            "白云区",
            "龙岗区",
            "万州",
            "宁波",
            "成都",
            "梅州",
            "海口",
        )

    def company(self) -> str:
        return self.mainland.company()

    def uscc(self) -> str:
        return "91440300" + self.digits(8) + self.pick("A", "K", "X", "7") + self.pick("B", "3", "T")

    def version(self) -> str:
        return ".".join(str(self.random.randint(0 if n else 1, most)) for n, most in enumerate((12, 9, 20, 9)))

    def amount(self) -> str:
        return str(int(10 ** self.random.uniform(2, 12)))

    def decimal(self) -> str:
        return f"{self.random.uniform(-90, 180):.6f}"

    def milliseconds(self) -> str:
        return f"17{self.digits(11)}"

    def remark(self, thing: str = "") -> str:
        order = f"订单{self.order_number()}"
        return self.pick(
            f"客户要求尽快发货，{order}{thing}", f"已签收。{thing}", f"{thing}，下午三点以后送达", f"无特殊要求 {thing}"
        )


@dataclass(frozen=True)
class LabelledTable:
    """A table whose columns are labelled: `labels` are (position, code)."""

    name: str
    names: list[str]
    columns: list[list[str]]
    labels: frozenset[tuple[int, str]]


Maker = Callable[[Inventor], str]
# Column names of the three languages, how values are made, and what the column holds (in a table of persons).
PERSONAL: list[tuple[tuple[str, ...], Maker, tuple[str, ...]]] = [
    (("身份证号", "身分證號碼", "id_card", "证件号码"), Inventor.resident_id, ("resident_id",)),
    (("手机号", "手機號碼", "mobile", "联系电话", "phone"), Inventor.mobile, ("mobile",)),
    (("电话", "聯絡電話", "telephone"), Inventor.hong_kong_phone, ("hk_mo_phone",)),
    (("固定电话", "辦公電話", "tel"), Inventor.landline, ("landline",)),
    (("银行卡号", "銀行賬號", "card_no"), Inventor.bank_card, ("bank_card",)),
    (("香港身份证", "香港身份證號碼", "hkid"), Inventor.hkid, ("hkid",)),
    (("澳门身份证", "澳門居民身份證", "bir"), Inventor.macao_bir, ("macao_bir",)),
    (("护照号码", "通行證號碼", "passport_no"), Inventor.passport, ("passport",)),
    (("车牌号", "車牌", "plate_no"), Inventor.plate, ("plate",)),
    (("家庭住址", "住址", "address", "地址"), Inventor.address, ("address",)),
    (("邮箱", "電郵", "email"), Inventor.email, ("email",)),
    (("出生日期", "生日", "date_of_birth"), Inventor.day, ("birth_date",)),
    (("诊断", "診斷結果", "diagnosis"), Inventor.diagnosis, ("health",)),
    (("宗教信仰", "宗教信仰", "religion"), Inventor.religion, ("religion",)),
    (("登录IP", "客户端IP", "ip_address"), Inventor.ip, ("ip_address",)),
    (("设备号", "IMEI", "device_id"), Inventor.imei, ("device_id",)),
    (("MAC地址", "mac", "mac_address"), Inventor.mac, ("device_id",)),
    (("指纹特征", "人臉特徵", "face_embedding"), lambda i: i.digits(64), ("biometric",)),
    (
        ("备注", "備註", "remark", ""),
        lambda i: i.remark(i.pick("", f"联系{i.mobile()}", f"请致电 {i.mobile()}")),
        ("mobile",),
    ),
    (("说明", "note"), lambda i: i.remark(i.pick("", f"身份证{i.resident_id()}办理")), ("resident_id",)),
]
HARMLESS: list[tuple[tuple[str, ...], Maker]] = [
    (("订单号", "訂單編號", "order_id"), Inventor.order_number),
    (("流水号", "serial_no", "编号"), Inventor.eighteen_digits),
    (("编码", "code", "产品编码"), Inventor.eleven_digits),
    (("交易号", "trace_no", "凭证号"), Inventor.sixteen_digits),
    (("产品名称", "品名", "product", "商品"), Inventor.product),
    (("城市", "city", "地区", "所属地市"), Inventor.place),
    (("公司名称", "企業名稱", "company"), Inventor.company),
    (("统一社会信用代码", "uscc"), Inventor.uscc),
    (("版本", "version", "固件版本"), Inventor.version),
    (("金额", "GDP", "amount", "人口"), Inventor.amount),
    (("数值", "value", "气温"), Inventor.decimal),
    (("时间戳", "timestamp"), Inventor.milliseconds),
    (("时间", "created_at", "日期"), Inventor.moment),
    (("状态", "status"), lambda i: i.pick("完成", "进行中", "取消")),
    (("说明", "描述", "note"), Inventor.remark),
]


def table_of_persons(seed: int, *, rows: int = 150) -> LabelledTable:
    """Return persons with a name, some personal columns and some harmless ones."""
    inventor = Inventor(seed)
    traditional = seed % 3 == 1
    first = (
        ("姓名", "姓名", "name", "客户姓名"),
        Inventor.traditional_name if traditional else Inventor.name,
        ("person_name",),
    )
    personal = [first, *inventor.random.sample(PERSONAL, 5)]
    columns = [*personal, *[(*harmless, ()) for harmless in inventor.random.sample(HARMLESS, 4)]]
    return _table(f"persons {seed}", columns, inventor, rows)


def table_of_things(seed: int, *, rows: int = 150) -> LabelledTable:
    """Return a table without anything personal."""
    inventor = Inventor(seed)
    columns = [(*harmless, ()) for harmless in inventor.random.sample(HARMLESS, 9)]
    return _table(f"things {seed}", columns, inventor, rows)


def _table(
    name: str, columns: list[tuple[tuple[str, ...], Maker, tuple[str, ...]]], inventor: Inventor, rows: int
) -> LabelledTable:
    labels = frozenset((n, code) for n, (_, _, codes) in enumerate(columns) for code in codes)
    made = [[maker(inventor) for _ in range(rows)] for _, maker, _ in columns]
    return LabelledTable(name, [inventor.pick(*names) for names, _, _ in columns], made, labels)


def written_otherwise(inventor: Inventor, number: str) -> str:
    """Return a number as people write it: in full width, with spaces or hyphens, or within a sentence."""
    wide = number.translate({ord(c): ord(c) + 0xFEE0 for c in "0123456789"})
    spaced = f"{number[:3]} {number[3:7]} {number[7:]}" if len(number) == 11 else number
    hyphens = spaced.replace(" ", "-")
    return inventor.pick(number, wide, spaced, hyphens, f"请联系{number}，谢谢", f"({number})", f"電話：{spaced}。")
