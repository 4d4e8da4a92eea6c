"""Numbers that name a person, an account or a device, checked by the rules of their issuers.

Each `find_…` takes any text, free text too, and returns the numbers in it in their one written form. Text is expected
in half-width characters (`half_width`).
"""

import re
import unicodedata
from collections.abc import Iterator
from datetime import UTC, date, datetime
from functools import partial

from accounts.places import PROVINCE_CODES

# Not yet in the table of places: persons of Hong Kong, Macao and Taiwan who live on the mainland (81, 82, 83), and 91.
ID_PROVINCES = PROVINCE_CODES | {"71", "81", "82", "83", "91"}
ID_WEIGHTS = tuple(pow(2, 17 - position, 11) for position in range(17))
ID_CHECKS = "10X98765432"
OLDEST_BIRTH = date(1890, 1, 1)

# A number that the words before it declare to be something else.
OTHER_NUMBER = re.compile(
    r"(?:订单|訂單|单号|單號|流水|运单|運單|快递|快遞|编号|編號|序列|发票|發票|order|serial|sn|no)\W*(?:号|號|码|碼)?\W*$",
    re.I,
)

RESIDENT_ID = re.compile(
    r"(?<![0-9A-Za-z])([1-9]\d{5})[ -]?((?:18|19|20)\d{6})[ -]?(\d{3})[ -]?([\dXx])(?![0-9A-Za-z])"
)
OLD_RESIDENT_ID = re.compile(r"(?<![0-9A-Za-z])([1-9]\d{5})(\d{6})\d{3}(?![0-9A-Za-z])")
# Segments in use for mobile service: 14x, 16x and 19x have gaps.
MOBILE = re.compile(
    r"(?<![\d.])(?:\+?(?:00)?86[ -]?)?"
    r"(1(?:3\d|4[5-9]|5[0-35-9]|6[25-7]|7[0-8]|8\d|9[0-35-9]))[ -]?(\d{4})[ -]?(\d{4})(?![\d.]\d|\d)"
)
TAIWAN_MOBILE = re.compile(r"(?<!\d)(?:\+?886[ -]?|0)(9\d{2})[ -]?(\d{3})[ -]?(\d{3})(?!\d)")
LANDLINE = re.compile(
    r"(?<![\d.-])(?:\+?86[ -]?)?[(（]?(0(?:10|2\d|[3-9]\d{2}))[)）]?[ -]?([2-9]\d{6,7})(?![\d.]\d|\d)"
)
TAIWAN_LANDLINE = re.compile(r"(?<![\d-])[(（]?(0[2-8]\d{0,2})(?:[)）] ?|-| )(\d{3,4})[ -]?(\d{3,4})(?!\d)")
PREFIXED_PHONE = re.compile(r"(?<!\d)(?:\+|00)?[(（]?\+?(852|853)[)）]?[ -]?([2-9]\d{3})[ -]?(\d{4})(?!\d)")
HONG_KONG_PHONE = re.compile(r"(?<![\d)）-])(?<!\d )([2-9]\d{3})[ -]?(\d{4})(?!\d)")
CARD = re.compile(r"(?<![0-9A-Za-z.])\d(?:[ -]?\d){13,18}(?![0-9A-Za-z]|\.\d)")
# UnionPay and its members have 16 to 19 digits; Visa, Mastercard and JCB have 16.
CARD_ISSUER = re.compile(r"(?:62|81|6[03-9])\d{14,17}|(?:4\d|5[1-5]|2[2-7]|35)\d{14}")
# Older domestic cards (range 9 and some of 8), American Express, Diners, and lengths that are rare.
RARE_CARD_ISSUER = re.compile(r"(?:62|81|6\d|9\d|8[478]|4\d|5\d)\d{13,17}|3[04-9]\d{12,14}")
HKID = re.compile(r"(?<![0-9A-Za-z])([A-Za-z]{1,2})(\d{6})(\(([0-9Aa])\)|[0-9Aa])(?![0-9A-Za-z(])")
TAIWAN_ID = re.compile(r"(?<![0-9A-Za-z])([A-Za-z])([1289]\d{8})(?![0-9A-Za-z])")
TAIWAN_LETTERS = "ABCDEFGHJKLMNPQRSTUVXYWZIO"  # A stands for 10, B for 11, …
MACAO_BIR = re.compile(r"(?<![0-9A-Za-z])([157]\d{6})\((\d)\)|(?<![0-9A-Za-z/])([157])/(\d{6})/(\d)(?![0-9/])")
PLAIN_MACAO_BIR = re.compile(r"[157]\d{7}")
# Ordinary passports (E, G), service ones (D, P, S), permits for Hong Kong and Macao (C, W), home return permits (H, M).
PASSPORT = re.compile(
    r"(?<![0-9A-Za-z])(?:E[A-HJ-NP-Z]\d{7}|C[A-HJ-NP-Z]\d{7}|[EGCWDPSK]\d{8}|[DPS]E\d{7}|[HM]\d{10}|[HM]\d{8}|MA\d{7}|K[A-Z]\d{7})(?![0-9A-Za-z])"
)
PLATE_PLACES = "京津沪滬渝冀豫云雲辽遼黑湘皖鲁魯新苏蘇浙赣贛鄂桂甘晋晉蒙陕陝吉闽閩贵貴粤粵青藏川宁寧琼瓊"
PLATE = re.compile(
    rf"([{PLATE_PLACES}])([A-Z])[·•∙. -]?"
    r"([DF][A-HJ-NP-Z0-9]\d{4}|\d{5}[DF]|[A-HJ-NP-Z0-9]{4}[A-HJ-NP-Z0-9挂掛学學警港澳])(?![A-Za-z0-9])",
    re.I,
)
LEAST_PLATE_DIGITS = 2
EMAIL = re.compile(r"(?<![\w.+-])([A-Za-z0-9_][\w.+-]{0,63})@((?:[A-Za-z0-9-]{1,63}\.)+[A-Za-z]{2,18})(?![\w-])", re.A)
# Mailboxes of an office, not of a person.
OFFICE_MAILBOX = re.compile(
    r"(?:info|service|services|support|admin|administrator|contact|contactus|webmaster|postmaster|noreply|no-reply"
    r"|sales|help|hr|office|marketing|press|media|opendata|data|enquiry|enquiries|feedback|mail|team|hello)\d*",
    re.I,
)
IPV4 = re.compile(r"(?<![\w.])(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})(?![\w]|\.\d)")
IPV6 = re.compile(r"(?<![\w:])(?:[0-9A-Fa-f]{1,4}:){2,7}(?::?[0-9A-Fa-f]{1,4}){1,6}(?![\w:])")
VERSION_WORD = re.compile(r"(?:\bv|ver|version|release|build|版本|固件)[ .:：]*$", re.I)
SMALL_PART = 32
IMEI = re.compile(r"(?<![0-9A-Za-z])(?:\d{15}|\d{2}-\d{6}-\d{6}-\d)(?![0-9A-Za-z])")
IMEI_BODY = re.compile(r"01|35|86|91|98|99|5[0-4]|4[4589]")
IMSI = re.compile(r"(?<!\d)46[01]\d{12}(?!\d)")
MAC = re.compile(r"(?<![0-9A-Fa-f:-])[0-9A-Fa-f]{2}(?:([:-])[0-9A-Fa-f]{2})(?:\1[0-9A-Fa-f]{2}){4}(?![0-9A-Fa-f:-])")
ADVERTISING_ID = re.compile(r"(?<![\w-])[0-9A-Fa-f]{8}-(?:[0-9A-Fa-f]{4}-){3}[0-9A-Fa-f]{12}(?![\w-])")


def half_width(text: str) -> str:
    """Return text with full-width digits, letters and punctuation made half-width."""
    return text if text.isascii() else unicodedata.normalize("NFKC", text)


def today() -> date:
    return datetime.now(UTC).date()


def find_resident_ids(text: str) -> list[str]:
    """Find resident identity numbers of 18 characters (GB 11643-1999): province, day of birth and check character."""
    found = ("".join(match.groups()).upper() for match in RESIDENT_ID.finditer(text))
    return [number for number in found if _is_resident_id(number)]


def _is_resident_id(number: str) -> bool:
    if number[:2] not in ID_PROVINCES or birth_of(number) is None:
        return False
    total = sum(int(digit) * weight for digit, weight in zip(number, ID_WEIGHTS, strict=False))
    return ID_CHECKS[total % 11] == number[17]


def birth_of(resident_id: str) -> date | None:
    """Return the day of birth that a resident identity number of 18 characters states, None when it is no such day."""
    try:
        day = date(int(resident_id[6:10]), int(resident_id[10:12]), int(resident_id[12:14]))
    except ValueError:
        return None
    return day if OLDEST_BIRTH <= day <= today() else None


def find_old_resident_ids(text: str) -> list[str]:
    """Find resident identity numbers of the first generation: 15 digits without a check, so only for hinted columns."""
    return [
        match[0]
        for match in OLD_RESIDENT_ID.finditer(text)
        if match[1][:2] in ID_PROVINCES and _is_day("19" + match[2])
    ]


def _is_day(digits: str) -> bool:
    try:
        date(int(digits[:4]), int(digits[4:6]), int(digits[6:8]))
    except ValueError:
        return False
    return True


def find_mobiles(text: str) -> list[str]:
    """Find mobile numbers of the mainland (11 digits) and of Taiwan (09…)."""
    mainland = ["".join(match.groups()) for match in _undeclared(MOBILE, text)]
    return mainland + ["0" + "".join(match.groups()) for match in TAIWAN_MOBILE.finditer(text)]


def _undeclared(pattern: re.Pattern[str], text: str) -> Iterator[re.Match[str]]:
    for match in pattern.finditer(text):
        if match.start() == 0 or not OTHER_NUMBER.search(text[max(0, match.start() - 12) : match.start()]):
            yield match


def find_landlines(text: str) -> list[str]:
    """Find landline numbers with their area code, of the mainland and (with a separator) of Taiwan."""
    mainland = ["".join(match.groups()) for match in LANDLINE.finditer(text)]
    return mainland or ["".join(match.groups()) for match in TAIWAN_LANDLINE.finditer(text)]


def find_prefixed_phones(text: str) -> list[str]:
    """Find telephone numbers of Hong Kong and Macao that carry +852 or +853."""
    return ["".join(match.groups()) for match in PREFIXED_PHONE.finditer(text)]


def find_eight_digit_phones(text: str) -> list[str]:
    """Find telephone numbers of Hong Kong and Macao, with or without prefix: only for columns whose name hints."""
    return find_prefixed_phones(text) or ["".join(match.groups()) for match in HONG_KONG_PHONE.finditer(text)]


def find_cards(text: str, *, issuer: re.Pattern[str] = CARD_ISSUER) -> list[str]:
    """Find numbers of bank cards: an issuer's prefix and length, Luhn (ISO/IEC 7812-1)."""
    found = []
    for match in _undeclared(CARD, text):
        digits = re.sub(r"\D", "", match[0])
        if issuer.fullmatch(digits) and luhn(digits):
            found.append(digits)
    return found


find_rare_cards = partial(find_cards, issuer=RARE_CARD_ISSUER)


def luhn(digits: str) -> bool:
    """Tell whether the last digit is the Luhn check digit of the others; a number of one digit over is none."""
    doubled = [int(digit) * 2 for digit in digits[-2::-2]]
    total = sum(map(int, digits[-1::-2])) + sum(n - 9 if n > 9 else n for n in doubled)
    return total % 10 == 0 and len(set(digits)) > 1


def find_hkids(text: str) -> list[str]:
    """Find Hong Kong identity card numbers by their check digit (weights 9 to 2, modulus 11)."""
    found = []
    for match in HKID.finditer(text):
        letters, check = match[1].upper(), (match[4] or match[3]).upper()
        values = [36 if c == " " else int(c, 36) for c in letters.rjust(2)] + [int(c) for c in match[2]]
        total = sum(value * weight for value, weight in zip(values, range(9, 1, -1), strict=True)) + int(check, 16)
        if total % 11 == 0:
            found.append(letters + match[2] + check)
    return found


def find_taiwan_ids(text: str) -> list[str]:
    """Find Taiwan identity card numbers: a letter that stands for two digits, nine digits, weights 1, 9 to 1, 1."""
    found = []
    for match in TAIWAN_ID.finditer(text):
        letter, digits = match[1].upper(), match[2]
        tens, ones = divmod(TAIWAN_LETTERS.index(letter) + 10, 10)
        values = [tens, ones, *map(int, digits)]
        if sum(v * w for v, w in zip(values, (1, 9, 8, 7, 6, 5, 4, 3, 2, 1, 1), strict=True)) % 10 == 0:
            found.append(letter + digits)
    return found


def find_macao_birs(text: str) -> list[str]:
    """Find Macao resident identity card numbers as they are printed: 1234567(8) or 1/234567/8."""
    return ["".join(group for group in match.groups() if group) for match in MACAO_BIR.finditer(text)]


def find_plain_macao_birs(text: str) -> list[str]:
    """Find the same without brackets: eight digits, so only for columns whose name hints."""
    stripped = text.strip()
    return [stripped] if PLAIN_MACAO_BIR.fullmatch(stripped) else find_macao_birs(text)


def find_passports(text: str) -> list[str]:
    """Find passports and travel permits by their form; they carry no check digit."""
    return PASSPORT.findall(text)


def find_plates(text: str) -> list[str]:
    """Find mainland number plates (GA 36), those of new-energy vehicles and of cross-border vehicles (粤Z…港) too."""
    found = ["".join(match.groups()).upper() for match in PLATE.finditer(text)]
    return [plate for plate in found if sum(c.isdigit() for c in plate) >= LEAST_PLATE_DIGITS]


def find_emails(text: str) -> list[str]:
    """Find e-mail addresses of persons: not of an office such as info@ or service@."""
    return [match[0].lower() for match in EMAIL.finditer(text) if not OFFICE_MAILBOX.fullmatch(match[1])]


def find_ip_addresses(text: str) -> list[str]:
    """Find IPv4 and IPv6 addresses; four small numbers, or what follows "version", are a version."""
    found = []
    for match in IPV4.finditer(text):
        parts = [int(part) for part in match.groups()]
        ordinary = max(parts) <= 255 and 1 <= parts[0] <= 239 and parts[0] != 127
        padded = any(len(part) > 1 and part[0] == "0" for part in match.groups())
        if (
            ordinary
            and not padded
            and max(parts) >= SMALL_PART
            and not VERSION_WORD.search(text[: match.start()][-12:])
        ):
            found.append(match[0])
    return found or [match[0] for match in IPV6.finditer(text) if len(match[0]) > 9 and not MAC.search(match[0])]


def find_imeis(text: str) -> list[str]:
    """Find IMEIs (15 digits, Luhn, a reporting body's prefix) and IMSIs of the mainland."""
    found = [re.sub(r"\D", "", match[0]) for match in _undeclared(IMEI, text)]
    return [n for n in found if IMEI_BODY.match(n) and luhn(n)]


def find_macs(text: str) -> list[str]:
    """Find MAC addresses; all zeros and broadcast are nobody's."""
    found = [match[0].upper().replace("-", ":") for match in MAC.finditer(text)]
    return [mac for mac in found if mac not in ("00:00:00:00:00:00", "FF:FF:FF:FF:FF:FF")]


def find_device_ids(text: str) -> list[str]:
    """Find device identifiers of any kind, advertising identifiers and IMSIs too: for columns whose name hints."""
    return find_imeis(text) or find_macs(text) or ADVERTISING_ID.findall(text) or IMSI.findall(text)


def find_plain_device_ids(text: str) -> list[str]:
    """Find device identifiers that show themselves: IMEI and MAC address."""
    return find_imeis(text) or find_macs(text)
