"""Registration numbers: what their issuers' algorithms accept and refuse."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum.cn import uscc

from accounts.identifiers import (
    IdentifierKind,
    check_identifier,
    normal_uscc,
    subject_check_digit,
)
from kernel.problems import Problem
from tests.world import valid_uscc

ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
REAL = ["91440300708461136T", "91110000802100433B", "91350100M000100Y43", "91110000600037341L"]


def refusal_of(jurisdiction: str, value: str) -> str:
    with pytest.raises(Problem) as caught:
        check_identifier(jurisdiction=jurisdiction, value=value)
    (error,) = caught.value.errors
    assert caught.value.code == "invalid"
    assert error.pointer == "/identifier"
    return error.code


@pytest.mark.parametrize("code", REAL)
def test_real_social_credit_codes_pass(code):
    assert check_identifier(jurisdiction="CN", value=code).value == code


@pytest.mark.parametrize("code", REAL)
def test_any_single_wrong_character_of_a_real_code_is_caught(code):
    for place in range(18):
        for other in set(ALPHABET) - {code[place]}:
            wrong = code[:place] + other + code[place + 1 :]
            with pytest.raises(ValueError, match=r"wrong|unknown"):
                normal_uscc(wrong)


def test_a_right_last_character_does_not_save_a_wrong_subject_code():
    front = "91440300" + "70846113" + "7"  # the subject code of 70846113 ends in 6
    forged = front + uscc.calc_check_digit(front)
    assert uscc.is_valid(forged), "python-stdnum alone would let it through"
    assert refusal_of("CN", forged) == "wrong_subject_code"


def test_a_wrong_check_digit_is_named():
    assert refusal_of("CN", "914403007084611360") == "wrong_check_digit"


def test_a_rural_collective_with_a_letter_in_front_passes():
    front = "N2440115" + "MF000000" + subject_check_digit("MF000000")
    code = front + uscc.calc_check_digit(front)
    assert check_identifier(jurisdiction="CN", value=code).kind is IdentifierKind.USCC


def test_a_code_of_no_province_is_refused():
    front = "91990000" + "70846113" + "6"
    assert refusal_of("CN", front + uscc.calc_check_digit(front)) == "unknown_place"


def test_a_code_registered_by_the_state_itself_passes():
    front = "91100000" + "10000300" + subject_check_digit("10000300")
    assert check_identifier(jurisdiction="CN", value=front + uscc.calc_check_digit(front))


def test_spaces_hyphens_and_small_letters_are_forgiven():
    assert check_identifier(jurisdiction="CN", value=" 9144 0300-708461136t ").value == "91440300708461136T"


@pytest.mark.parametrize(
    "value", ["", "9144", "91440300708461136I", "I1440300708461136T", "９１４４０３００７０８４６１１３６Ｔ\x00"]
)
def test_other_forms_are_refused(value):
    assert refusal_of("CN", value) == "wrong_format"


@given(st.integers(min_value=0, max_value=99_999_999))
def test_every_code_our_tests_make_is_valid_by_both_algorithms(number):
    code = valid_uscc(number)
    assert normal_uscc(code) == uscc.validate(code) == code


@pytest.mark.parametrize(
    ("value", "number"),
    [("52345678", "52345678"), ("52345678-000-04-23-7", "52345678"), (" 52345678-001-12-24-A ", "52345678")],
)
def test_a_hong_kong_number_is_its_first_eight_digits(value, number):
    identifier = check_identifier(jurisdiction="HK", value=value)
    assert (identifier.kind, identifier.value) == (IdentifierKind.HKBR, number)


@pytest.mark.parametrize(
    ("value", "code"),
    [
        ("5234567", "wrong_format"),
        ("523456789", "wrong_format"),
        ("00000000", "wrong_format"),
        ("52345678-000-13-23-7", "wrong_month"),
        ("52345678-000-00-23-7", "wrong_month"),
        ("52345678-000-04-23", "wrong_format"),
        ("91440300708461136T", "wrong_format"),
    ],
)
def test_other_hong_kong_numbers_are_refused(value, code):
    assert refusal_of("HK", value) == code


@pytest.mark.parametrize("value", ["12345 SO", "12345(SO)", "12345so", "12345 (SO)", "12345-SO"])
def test_a_macao_number_has_one_written_form(value):
    identifier = check_identifier(jurisdiction="MO", value=value)
    assert (identifier.kind, identifier.value) == (IdentifierKind.MOCR, "12345 SO")


@pytest.mark.parametrize("value", ["", "SO", "0123 SO", "1234567 SO", "12345 S", "12345 SOO"])
def test_other_macao_numbers_are_refused(value):
    assert refusal_of("MO", value) == "wrong_format"


def test_any_other_country_keeps_its_own_form():
    identifier = check_identifier(jurisdiction="SG", value="  201912345k ")
    assert (identifier.kind, identifier.value) == (IdentifierKind.OTHER, "201912345K")
    assert refusal_of("SG", "?") == "wrong_format"
    assert refusal_of("SG", "X" * 41) == "wrong_format"
