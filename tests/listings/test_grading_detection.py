"""Personal data is found where it stands, and not where it only seems to stand."""

from datetime import date

import pyarrow as pa
import pytest

from listings.grading import numbers
from listings.grading.scanning import FieldScanner
from tests.listings.grading_measure import all_tables, field_scores, labelled_values, scan, value_scores
from tests.listings.grading_people import Inventor

AIM = 0.95


def found(names, columns):
    return {(finding.position, finding.code) for finding in scan(names, columns).findings}


def made(maker, count=60, seed=5):
    inventor = Inventor(seed)
    return [maker(inventor) for _ in range(count)]


def test_fields_are_found_with_the_precision_and_recall_that_are_claimed():
    scores = field_scores(all_tables())
    assert {code: (s.precision, s.recall) for code, s in scores.items() if min(s.precision, s.recall) < AIM} == {}


def test_values_are_found_with_the_precision_and_recall_that_are_claimed():
    scores = value_scores(labelled_values())
    assert {code: (s.precision, s.recall) for code, s in scores.items() if min(s.precision, s.recall) < AIM} == {}


@pytest.mark.parametrize(
    ("find", "text", "expected"),
    [
        (numbers.find_resident_ids, "11010519491231002X", ["11010519491231002X"]),
        (numbers.find_resident_ids, "身份证：110105 19491231 002x，男", ["11010519491231002X"]),
        (numbers.find_resident_ids, "110105194912310021", []),
        (numbers.find_resident_ids, "11010519491331002X", []),
        (numbers.find_old_resident_ids, "110105491231002", ["110105491231002"]),
        (numbers.find_mobiles, "+86 138-1234-5678", ["13812345678"]),
        (numbers.find_mobiles, "订单号13812345678", []),
        (numbers.find_mobiles, "12812345678", []),
        (numbers.find_mobiles, "0937600483", ["0937600483"]),
        (numbers.find_landlines, "(089)325301", ["089325301"]),
        (numbers.find_prefixed_phones, "(852) 9123 4567", ["85291234567"]),
        (numbers.find_cards, "6222 0212 3456 7890 129", []),
        (numbers.find_cards, "4111 1111 1111 1111", ["4111111111111111"]),
        (numbers.find_hkids, "A123456(3)", ["A1234563"]),
        (numbers.find_hkids, "A123456(4)", []),
        (numbers.find_taiwan_ids, "A123456789", ["A123456789"]),
        (numbers.find_taiwan_ids, "A123456788", []),
        (numbers.find_macao_birs, "1/234567/8", ["12345678"]),
        (numbers.find_plates, "粤Z1234港", ["粤Z1234港"]),
        (numbers.find_plates, "粤B·D12345", ["粤BD12345"]),
        (numbers.find_emails, "info@example.com", []),
        (numbers.find_emails, "找 li.wei@example.com.cn。", ["li.wei@example.com.cn"]),
        (numbers.find_ip_addresses, "版本 10.200.3.4", []),
        (numbers.find_ip_addresses, "203.0.113.9", ["203.0.113.9"]),
    ],
)
def test_numbers_are_judged_by_the_rules_of_their_issuers(find, text, expected):
    assert find(text) == expected


def test_full_width_digits_are_digits():
    assert numbers.find_mobiles(numbers.half_width("１３８１２３４５６７８")) == ["13812345678"]


def test_a_single_mobile_number_late_in_a_remark_is_found():
    remarks = [f"客户要求尽快发货，单号{n:016}" for n in range(150_000)]
    remarks[140_001] = "请联系 138 1234 5678"
    assert found(["备注"], [remarks]) == {(0, "mobile")}


def test_a_late_column_of_a_json_file_is_looked_at():
    scanner = FieldScanner()
    scanner.see(pa.table({"a": ["x"] * 10}))
    scanner.see(pa.table({"a": ["x"] * 10, "b": ["13812345678"] * 10}))
    assert [(f.position, f.code) for f in scanner.findings(["a", "手机"]).findings] == [(1, "mobile")]


def test_persons_without_a_header_are_found_by_their_values():
    columns = [made(Inventor.name), made(Inventor.mobile), made(Inventor.resident_id)]
    assert {(0, "person_name"), (1, "mobile"), (2, "resident_id")} <= found(["", "", ""], columns)


def test_a_shelters_address_is_the_shelters_and_a_residents_is_the_residents():
    addresses = made(Inventor.address)
    shelters = [made(Inventor.company), made(Inventor.name), addresses]
    assert found(["收容所名稱", "管理人", "地址"], shelters) == {(1, "person_name")}
    residents = [made(Inventor.name), made(lambda i: i.pick("男", "女")), addresses]
    assert found(["姓名", "性别", "地址"], residents) == {(0, "person_name"), (2, "address")}


def test_poets_are_not_persons_whose_data_is_sold():
    assert found(["title", "author", "content"], [["静夜思"], ["李白"], ["床前明月光"]]) == set()


def test_diseases_are_sensitive_beside_a_patient_and_not_in_a_statistic():
    illnesses = made(Inventor.diagnosis)
    counts = [str(n) for n in range(60)]
    assert found(["疾病名称", "发病数", "死亡率"], [illnesses, counts, counts]) == set()
    assert (1, "health") in found(["患者姓名", "诊断"], [made(Inventor.name), illnesses])


def test_a_taxi_that_moves_leaves_a_track_and_a_sensor_that_stands_does_not():
    inventor = Inventor(3)
    cars = ["粤B12345", "粤B54321"] * 30
    times = [inventor.moment() for _ in cars]
    moving = [f"{113 + inventor.random.random():.6f}" for _ in cars]
    standing = ["113.100001", "113.200002"] * 30
    names = ["车辆", "时间", "经度", "纬度"]
    assert {(2, "location_track"), (3, "location_track")} <= found(names, [cars, times, moving, moving])
    assert not {code for _, code in found(names, [cars, times, standing, standing])} & {"location_track"}


def test_children_are_told_by_number_day_of_birth_and_age():
    children = made(lambda i: i.resident_id(2015, 2020))
    scan_of_children = scan(["姓名", "身份证号", "年龄"], [made(Inventor.name), children, ["9"] * 60])
    assert {(1, "minor"), (2, "minor")} <= {(f.position, f.code) for f in scan_of_children.findings}
    assert "minor" not in scan(["年龄", "人口数"], [["1", "9", "80"], ["5", "6", "7"]]).codes()


def test_persons_are_counted_by_their_strongest_number():
    ids = made(Inventor.resident_id, 300)
    persons = scan(
        ["姓名", "身份证号", "手机"], [made(Inventor.name, 600), ids * 2, made(Inventor.mobile, 600)]
    ).persons
    assert (persons.count, persons.basis, persons.columns, persons.exact) == (len(set(ids)), "resident_id", [1], True)


def test_many_persons_are_counted_to_about_one_percent():
    mobiles = [f"138{n:08}" for n in range(300_000)]
    persons = scan(["手机"], [mobiles]).persons
    assert persons.count == pytest.approx(300_000, rel=0.01)
    assert not persons.exact


def test_examples_never_show_a_value():
    columns = [made(Inventor.name), made(Inventor.resident_id), made(Inventor.mobile), made(Inventor.address)]
    for finding in scan(["姓名", "身份证号", "手机", "住址"], columns).findings:
        assert not set(finding.examples) & set(columns[finding.position])
        assert all("*" in example for example in finding.examples)


def test_an_empty_table_tells_of_nobody():
    result = FieldScanner(on=date(2026, 11, 24)).findings([])
    assert (result.findings, result.persons.count, result.personal_information) == ([], 0, "none")
