"""What names, addresses, days of birth and matters of health or faith look like in Chinese (and English) text."""

import re
from datetime import date

from listings.grading.numbers import OLDEST_BIRTH, today
from listings.grading.words import alternation, words

HAN = "一-鿿"
LONGEST_NAME_CELL = 24
HAN_NAME = re.compile(rf"[{HAN}]{{2,4}}")
DOTTED_NAME = re.compile(rf"[{HAN}]{{2,10}}[·•][{HAN}]{{2,12}}")
ROMAN_NAME = re.compile(r"[A-Z][A-Za-z'’-]*\.?,?(?: [A-Z][A-Za-z'’-]*\.?,?){1,3}")
# A name of two to four characters that ends so is of a place, a firm, an illness or a good.
THING_ENDING = re.compile(
    r"(?:[省市县縣区區镇鎮乡鄉村街巷厂廠店馆館局处處科室病症癌]|街道|公司|集团|銀行|银行|大学|大學|学院|學院|中学|中學|小学|小學|医院|醫院|协会|協會"
    r"|酒店|中心|公园|公園|广场|廣場|社区|社區|小区|大厦|大廈|胶囊|政府|委员会|委員會|路线|系统|平台|项目|部门)$"
)
# Words that begin like surnames and stand where names do.
NO_NAMES = frozenset(
    {
        "谢谢",
        "謝謝",
        "应急",
        "時間",
        "时间",
        "安全",
        "方便",
        "常用",
        "和谐",
        "国家",
        "國家",
        "公共",
        "未知",
        "全部",
        "明天",
    }
)
TITLE = re.compile(alternation(words().titles))
OFFICE = re.compile(rf"^[{HAN}]{{1,8}}[课課组組处處室科部会會局]")
SEPARATOR = re.compile(r"[、，,;；/\s()（）:：]+")

ADMINISTRATION = re.compile(
    rf"[{HAN}]{{1,8}}(?:省|自治[区區]|特别行政区|市|[县縣区區州旗])|香港|九[龙龍]|新界|澳[门門]"
)
STREET = re.compile(rf"[{HAN}0-9]{{1,10}}(?:大道|[路街巷弄里村道镇鎮乡鄉]|胡同|社[区區]|小[区區]|花[园園]|苑|新村|屯)")
HOUSE = re.compile(r"[0-9一二三四五六七八九十百A-Za-z-]+ ?(?:之[0-9]+)?(?:[号號弄栋棟幢座室楼樓层層组組鄰邻]|单元)")
ENGLISH_ADDRESS = re.compile(
    r"\d.*\b(?:road|rd|street|st|avenue|ave|lane|drive|court|estate|house|building|tower|mansion|garden|block|terrace)\b"
    r"|\b(?:flat|room|rm|unit|block)\b.*\d",
    re.I,
)
LONGEST_ADDRESS = 120

DAY = re.compile(
    r"((?:18|19|20)\d{2})[-/.年]?(0?[1-9]|1[0-2])(?:[-/.月]?([0-2]?\d|3[01])日?)?(?:[ T]00:00(?::00(?:\.0+)?)?)?"
)
AGE = re.compile(r"(\d{1,3})(?:\.0)?(?:岁|周岁|歲)?")
OLDEST = 120
CHILDHOOD = 14  # PIPL art. 28: "不满十四周岁", under 14

HEALTH = re.compile(alternation(words().health), re.I)
RELIGION = re.compile(alternation(words().religions), re.I)
BIOMETRIC = re.compile(alternation(words().biometric), re.I)


def is_han_name(text: str) -> bool:
    """Tell whether two to four characters are a Chinese person's name: a surname, then one or two characters.

    Four characters need a compound surname or two surnames (a married woman's), and nothing that ends like a place,
    a firm or an illness is taken.
    """
    if not HAN_NAME.fullmatch(text) or (len(text) > 2 and THING_ENDING.search(text)):
        return False
    if text in NO_NAMES or HEALTH.search(text):
        return False
    known = words()
    if text[:2] in known.compound_surnames:
        return len(text) > 2
    if len(text) == 4:
        return text[0] in known.common_surnames and text[1] in known.surnames
    return text[0] in known.surnames


def find_names(text: str) -> list[str]:
    """Find persons' names in a cell of a column that is said to hold them, with or without titles and offices."""
    if len(text) > LONGEST_NAME_CELL * 2:
        return []
    if ROMAN_NAME.fullmatch(text.strip()) or DOTTED_NAME.fullmatch(text.strip()):
        return [text.strip()]
    found = []
    for part in SEPARATOR.split(text):
        if len(part) > LONGEST_NAME_CELL:
            continue
        bare = TITLE.sub("", part)
        candidates = dict.fromkeys((part, bare, OFFICE.sub("", bare), bare[-3:] if bare != part else ""))
        name = next((candidate for candidate in candidates if is_han_name(candidate)), None)
        if name:
            found.append(name)
    return found


def find_frequent_names(text: str) -> list[str]:
    """Find a name that is the whole cell and has one of the hundred frequent surnames or a compound one.

    About 85 of 100 persons bear one of them, but few words of two to four characters begin so: in a column, the share
    tells persons from things. Romanised names count by the surnames of Hong Kong, Macao and Pinyin.
    """
    cell = text.strip()
    if is_han_name(cell):
        known = words()
        return [cell] if cell[0] in known.common_surnames or cell[:2] in known.compound_surnames else []
    if ROMAN_NAME.fullmatch(cell):
        parts = re.split(r"[ ,.-]+", cell.lower())
        return [cell] if {parts[0], parts[-1]} & words().roman_surnames else []
    return []


def find_addresses(text: str) -> list[str]:
    """Find an address down to a street or a door: administration with street or number, or street with number."""
    cell = text.strip()
    if len(cell) > LONGEST_ADDRESS:
        return []
    street, house = STREET.search(cell), HOUSE.search(cell)
    if (street and house) or (ADMINISTRATION.search(cell) and (house or _street_after_administration(cell))):
        return [cell]
    return [cell] if ENGLISH_ADDRESS.search(cell) and len(cell) > 10 else []


def _street_after_administration(cell: str) -> bool:
    administration = ADMINISTRATION.match(cell)
    return administration is not None and STREET.search(cell[administration.end() :]) is not None


def day_in(text: str) -> date | None:
    """Return the day that a cell states, the first of the month or of the year where only these are given."""
    match = DAY.fullmatch(text.strip())
    if match is None:
        return None
    try:
        day = date(int(match[1]), int(match[2] or 1), int(match[3] or 1))
    except ValueError:
        return None
    return day if OLDEST_BIRTH <= day <= today() else None


def find_birth_days(text: str) -> list[str]:
    day = day_in(text)
    return [day.isoformat()] if day else []


def find_ages(text: str) -> list[str]:
    match = AGE.fullmatch(text.strip())
    return [match[1]] if match and int(match[1]) <= OLDEST else []


def is_child(day_of_birth: date, *, on: date) -> bool:
    """Tell whether somebody born on that day is under 14 on the day `on` (PIPL art. 28)."""
    years = on.year - day_of_birth.year - ((on.month, on.day) < (day_of_birth.month, day_of_birth.day))
    return years < CHILDHOOD


def find_health_terms(text: str) -> list[str]:
    return HEALTH.findall(text)


def find_religions(text: str) -> list[str]:
    return [text.strip()] if RELIGION.fullmatch(text.strip()) else []


def find_biometric_terms(text: str) -> list[str]:
    return BIOMETRIC.findall(text)
