"""The table of detectors: what personal and sensitive data look like, and under which column names they stand.

A detector judges in three steps of rising cost: `shape` is a pattern that Arrow's RE2 runs over whole columns, `find`
checks the few values that pass (check digits, days, surnames), and a column is believed by the share of its look-alikes
that are valid. `hint` is matched against the folded column name (`words.folded_name`). Which kinds are
sensitive is a rule of the dated file listings/data/grading (`rules.category_of`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from listings.grading import names, numbers, phrases
from listings.grading.words import alternation, words
from listings.profiling.arrow import compute as pc
from listings.profiling.columns import PLAIN

if TYPE_CHECKING:
    import pyarrow as pa

LABELS: dict[str, Promise] = {
    "resident_id": _("resident identity number"),
    "mobile": _("mobile number"),
    "hk_mo_phone": _("telephone number of Hong Kong or Macao"),
    "landline": _("landline number"),
    "bank_card": _("bank card number"),
    "hkid": _("Hong Kong identity card number"),
    "taiwan_id": _("Taiwan identity card number"),
    "macao_bir": _("Macao resident identity card number"),
    "passport": _("passport or travel permit number"),
    "plate": _("vehicle number plate"),
    "address": _("address of a person"),
    "person_name": _("name of a person"),
    "email": _("e-mail address"),
    "biometric": _("biometric information"),
    "health": _("health information"),
    "religion": _("religious belief"),
    "location_track": _("location track"),
    "birth_date": _("date of birth"),
    "minor": _("person under 14"),
    "ip_address": _("IP address"),
    "device_id": _("device identifier"),
}


@dataclass(frozen=True)
class Detector:
    """One row of the table. Shares are of a column's values that are not null.

    `always`: looked for in every value of every column, so that a single late hit is found. `needs_hint`: too weak a
    form to be believed without a column name. `lookalike`: what valid hits are measured against ("" is the shape).
    `valid_share`: the least share of look-alikes that must be valid, without a hint.
    """

    code: str
    shape: str
    find: Callable[[str], list[str]]
    hint: str
    always: bool = False
    needs_hint: bool = False
    lookalike: str = ""
    valid_share: float = 0.6
    hinted_share: float = 0.02


D = "[0-9０-９]"
EDGE = "(?:^|[^0-9A-Za-z０-９])"
END = "(?:[^0-9A-Za-z０-９]|$)"
PHONE = (
    "手机|电话|联系方式|联络方式|联系号码|_(?:mobile|phone|tel|cell|cellphone|telephone|msisdn|mobilephone|phonenumber"
    "|contact_(?:no|number)|sjh|sjhm|lxdh|lxfs|dh|whatsapp)_"
)
IDENTITY = (
    "身份证|身分证|公民身份|证件号|证件编号|身份号|_(?:id_card|idcard|id_no|idno|id_number|idnumber|identity|citizen_id"
    "|national_id|cert_no|certno|sfzh|sfz|sfzhm|zjhm|resident_id|identification)_"
)
CARD = (
    "银行卡|卡号|银行账|银行帐|账号|帐号|信用卡|储蓄卡|借记卡|收款账|_(?:bank_card|bankcard|card_no|cardno|card_number"
    "|cardnumber|account_no|bank_account|credit_card|debit_card|card|yhk|yhkh|pan)_"
)
TRAVEL_DOCUMENT = (
    "护照|通行证|回乡证|台胞证|证件号|证件编号|旅行证|_(?:passport|passport_no|passport_number|travel_document"
    "|travel_permit|permit_no|hzhm)_"
)
DEVICE = (
    "设备号|设备标识|设备码|串号|设备id|设备_id|终端号|_(?:imei|imsi|meid|mac|mac_address|device_id|deviceid|idfa|oaid"
    "|gaid|android_id|udid)_"
)
INTERNET = (
    "_(?:ip|ipv4|ipv6|ip_address|ipaddress|ip_addr|client_ip|remote_addr|source_ip|src_ip)_"
    "|登录地址|访问地址|客户端地址"
)
RESIDENT_ID = (
    f"{EDGE}[1-9１-９]{D}{{5}}[ -]?(?:18|19|20|１８|１９|２０){D}{{2}}[01０１]{D}[0-3０-３]{D}[ -]?{D}{{3}}"
    f"[ -]?[0-9０-９XxＸｘ]{END}"
)
MOBILE = (
    f"(?:^|[^0-9０-９.])(?:[+＋]?(?:00)?86[ -]?)?[1１][3-9３-９]{D}[ -]?{D}{{4}}[ -]?{D}{{4}}(?:[^0-9０-９]|$)"
    f"|(?:^|[^0-9０-９])(?:[+]?886[ -]?|0)9{D}{{2}}[ -]?{D}{{3}}[ -]?{D}{{3}}(?:[^0-9０-９]|$)"
)
ADDRESS = (
    "[省市县縣区區州镇鎮乡鄉村路街道巷里弄屯港澳門门龍龙].*[号號弄栋棟幢座室楼樓层層组組鄰邻元]"
    "|[省市区區县縣].{1,16}[区區县縣镇鎮乡鄉路街道村]|[0-9].*[A-Za-z]{2}|[A-Za-z]{2}.*[0-9]"
)
PLATE = f"[{numbers.PLATE_PLACES}][A-Za-zＡ-Ｚ][·•∙. -]?[A-HJ-NP-Za-hj-np-z0-9０-９Ａ-Ｚ]{{4,6}}"

DETECTORS: tuple[Detector, ...] = (
    Detector(
        "resident_id",
        RESIDENT_ID,
        numbers.find_resident_ids,
        IDENTITY,
        always=True,
        valid_share=0.35,
    ),
    Detector(
        "resident_id", f"{EDGE}[1-9１-９]{D}{{14}}{END}", numbers.find_old_resident_ids, IDENTITY, needs_hint=True
    ),
    Detector(
        "mobile",
        MOBILE,
        numbers.find_mobiles,
        PHONE,
        always=True,
        valid_share=0.8,
        lookalike=f"(?:^|[^0-9０-９]){D}{{10,11}}(?:[^0-9０-９]|$)|1{D}{{2}}[ -]{D}{{4}}[ -]?{D}{{4}}|[+]86",
    ),
    Detector(
        "hk_mo_phone",
        f"85[23][)）]?[ -]?[2-9]{D}{{3}}[ -]?{D}{{4}}(?:[^0-9]|$)",
        numbers.find_prefixed_phones,
        PHONE,
        always=True,
        lookalike=f"{D}{{11}}|85[23][)）]?[ -]?{D}{{4}}",
    ),
    Detector(
        "hk_mo_phone",
        f"(?:^|[^0-9)）-])[2-9]{D}{{3}}[ -]?{D}{{4}}(?:[^0-9]|$)",
        numbers.find_eight_digit_phones,
        PHONE,
        needs_hint=True,
        hinted_share=0.1,
    ),
    Detector(
        "landline",
        f"(?:^|[^0-9.-])(?:[+]?86[ -]?)?[(（]?0{D}{{1,3}}[)）]?[ -]?{D}{{3,8}}",
        numbers.find_landlines,
        PHONE + "|座机|固话|宅电",
    ),
    Detector(
        "bank_card",
        f"(?:^|[^0-9A-Za-z.])[2-6２-６8８]{D}(?:[ -]?{D}){{14,17}}(?:[^0-9A-Za-z.]|$)",
        numbers.find_cards,
        CARD,
        always=True,
        lookalike=f"(?:^|[^0-9A-Za-z.]){D}(?:[ -]?{D}){{15,18}}(?:[^0-9A-Za-z.]|$)",
    ),
    Detector(
        "bank_card",
        f"{EDGE}[3-9]{D}(?:[ -]?{D}){{12,17}}{END}",
        numbers.find_rare_cards,
        CARD,
        needs_hint=True,
    ),
    Detector(
        "hkid",
        f"{EDGE}[A-Za-zＡ-Ｚ]{{1,2}}{D}{{6}}(?:[(（][0-9A-Aa０-９][)）]|[0-9Aa０-９]){END}",
        numbers.find_hkids,
        IDENTITY + "|_hkid|香港",
        always=True,
        valid_share=0.7,
    ),
    Detector("taiwan_id", f"{EDGE}[A-Za-z][1289]{D}{{8}}{END}", numbers.find_taiwan_ids, IDENTITY, valid_share=0.8),
    Detector(
        "macao_bir",
        r"[157]\d{6}[(（]\d[)）]|[157]/\d{6}/\d",
        numbers.find_macao_birs,
        IDENTITY + "|澳门|_bir_",
        valid_share=0.8,
    ),
    Detector(
        "macao_bir",
        r"^\s*[157]\d{7}\s*$",
        numbers.find_plain_macao_birs,
        "澳门.*(?:身份|证)|_bir_|_macao_id",
        needs_hint=True,
        hinted_share=0.3,
    ),
    Detector(
        "passport",
        f"{EDGE}[A-Z]{{1,2}}{D}{{7,10}}{END}",
        numbers.find_passports,
        TRAVEL_DOCUMENT,
        needs_hint=True,
    ),
    Detector(
        "plate",
        PLATE,
        numbers.find_plates,
        "车牌|号牌|车号|牌照|_(?:plate|license_plate|licence_plate|plate_no|plate_number|cph|cphm)_",
        always=True,
        valid_share=0.5,
    ),
    Detector(
        "address",
        ADDRESS,
        phrases.find_addresses,
        "地址|住址|住所|居住地|户籍地|户口所在地|现住|常住地|_(?:address|addr|residence|domicile|dz|zz|jtzz)_",
    ),
    # Hints: names.NAME_OF_PERSON. What has no letter is no name, but counts against the column.
    Detector("person_name", "[A-Za-z]|[^\\x00-\\x7f]", phrases.find_names, "", needs_hint=True, lookalike="^"),
    Detector(
        "person_name", f"^\\s*(?:[{phrases.HAN}]{{2,4}}|[A-Z][A-Za-z,.' -]+)\\s*$", phrases.find_frequent_names, ""
    ),
    Detector(
        "email",
        "[0-9A-Za-z_＠]@[0-9A-Za-z-]",
        numbers.find_emails,
        "邮箱|邮件|电邮|信箱|_(?:email|mail|e_mail|yx|dzyx)_",
        always=True,
        valid_share=0.1,
    ),
    Detector("biometric", alternation(words().biometric), phrases.find_biometric_terms, ""),
    Detector("health", alternation(words().health), phrases.find_health_terms, ""),
    Detector("religion", alternation(words().religions), phrases.find_religions, ""),
    Detector(
        "birth_date",
        r"^\s*(?:18|19|20)\d{2}[-/.年0-1]",
        phrases.find_birth_days,
        "出生|生日|_(?:birth|birthday|birthdate|birth_date|date_of_birth|dob|csrq|sr|born)_",
        needs_hint=True,
        hinted_share=0.3,
    ),
    Detector(
        "minor", r"^\s*[0-9]{1,3}(?:\.0)?(?:岁|周岁|歲)?\s*$", phrases.find_ages, names.AGE.pattern, needs_hint=True
    ),
    Detector(
        "ip_address",
        r"(?:\d{1,3}\.){3}\d{1,3}|[0-9A-Fa-f]{1,4}:[0-9A-Fa-f:]{4}",
        numbers.find_ip_addresses,
        INTERNET,
        lookalike=r"^\s*v?\d+\.\d+\.\d+\.\d+|(?:\d{1,3}\.){3}\d{1,3}|[0-9A-Fa-f]{1,4}:[0-9A-Fa-f:]{4}",
        valid_share=0.7,
    ),
    Detector(
        "device_id",
        f"{EDGE}{D}{{15}}{END}|[0-9A-Fa-f]{{2}}(?:[:-][0-9A-Fa-f]{{2}}){{5}}|\\d{{2}}-\\d{{6}}-\\d{{6}}-\\d",
        numbers.find_plain_device_ids,
        DEVICE,
        valid_share=0.8,
    ),
    Detector(
        "device_id",
        f"{D}{{15}}|[0-9A-Fa-f]{{8}}-[0-9A-Fa-f]{{4}}-|[0-9A-Fa-f]{{2}}[:-][0-9A-Fa-f]{{2}}",
        numbers.find_device_ids,
        DEVICE,
        needs_hint=True,
        hinted_share=0.3,
    ),
)
ALWAYS = tuple(number for number, detector in enumerate(DETECTORS) if detector.always)
# One pattern for all that is looked for in every value: one walk over the text instead of eight.
ALARM = "|".join(f"(?:{DETECTORS[number].shape})" for number in ALWAYS)
# A number of so many characters, without leading zeros as the profile reads them, is too short for any of these; days,
# moments and truth values have no run of digits that is long enough.
SHORT_NUMBER = 10


def may_alarm(values: pa.Array[Any], reading: str) -> bool:
    """Tell whether `ALARM` may match any of the values, as far as their reading tells (`profiling.columns.PLAIN`)."""
    if reading in ("integer", "decimal"):
        return (pc.max(pc.binary_length(values)).as_py() or 0) > SHORT_NUMBER
    return reading not in PLAIN
