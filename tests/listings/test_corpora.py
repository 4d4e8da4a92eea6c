"""Corpora: languages measured on labelled lines, repetitions, personal data, tokens, and the licence chain."""

import gettext
import io
import json
import random
import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import django.conf
import pyarrow as pa
import pytest

from listings.corpora import near_duplicates
from listings.corpora.languages import CHINESE, ENGLISH, HANS, HANT, LANGUAGES, OTHER, languages_of
from listings.corpora.licences import Source, judge_chain, rules_on
from listings.corpora.near_duplicates import NearDuplicates
from listings.examination import examine
from listings.grading.grade import Facts
from listings.profiling.reading import detect_format, profile_file
from listings.quality.score import Declared

from .files import chunks, data, parquet

DAY = date(2026, 11, 28)
LOCALES = Path(django.conf.__file__).parent / "locale"
PLACEHOLDERS = re.compile(r"%\(\w+\)\w|%\w|\{\w*\}|<[^>]*>|&\w+;")


def translated(locale: str) -> list[str]:
    """Return the lines that Django says in a language: real ones, labelled by those who translated them."""
    with (LOCALES / locale / "LC_MESSAGES" / "django.mo").open("rb") as file:
        catalogue: dict[Any, str] = gettext.GNUTranslations(file)._catalog  # type: ignore[attr-defined]
    pairs = catalogue.items() if locale != "en" else ((line, line) for line in catalogue_of_english())
    return [
        PLACEHOLDERS.sub(" ", line)
        for key, line in pairs
        if isinstance(key, str) and len(PLACEHOLDERS.sub(" ", key).split()) >= 5 and sum(map(str.isalpha, line)) >= 4
    ]


def catalogue_of_english() -> list[str]:
    with (LOCALES / "fr" / "LC_MESSAGES" / "django.mo").open("rb") as file:
        return [key for key in gettext.GNUTranslations(file)._catalog if isinstance(key, str)]  # type: ignore[attr-defined]


def share_of(lines: list[str], *languages: str) -> float:
    found = [LANGUAGES[position] for position in languages_of(pa.array(lines))]
    return sum(language in languages for language in found) / len(found)


@pytest.mark.parametrize(
    ("locale", "languages", "least"),
    [
        ("zh_Hans", (HANS, CHINESE), 0.97),
        ("zh_Hant", (HANT, CHINESE), 0.98),
        ("en", (ENGLISH,), 0.97),
        *((locale, (OTHER,), 0.9) for locale in ("ja", "ko", "fr", "de", "es", "pt", "nl", "ru", "vi", "ar")),
    ],
)
def test_languages_are_told_on_labelled_lines(locale: str, languages: tuple[str, ...], least: float) -> None:
    lines = translated(locale)
    assert len(lines) > 25
    assert share_of(lines, *languages) >= least


def test_the_two_chinese_scripts_are_never_taken_for_each_other_in_real_descriptions() -> None:
    traditional = [line for line in data("catalogue/kaohsiung-catalogue.csv").decode().splitlines() if len(line) > 30]
    assert share_of(traditional, HANS) == 0
    assert share_of(traditional, HANT) > 0.95
    simplified = [text for chapter in json.loads(data("corpus/lunyu.json")) for text in chapter["paragraphs"]]
    assert share_of(simplified, HANT) <= 0.01
    assert share_of(simplified, HANS, CHINESE) > 0.98


def corpus(content: bytes, name: str) -> dict[str, Any] | None:
    return examine(
        lambda observers: profile_file(
            detect_format(name, content[:65536]),
            chunks=chunks(content),
            open_seekable=lambda: io.BytesIO(content),
            size=len(content),
            observers=observers,
        ),
        declared=Declared(),
        facts=Facts(),
    ).corpus


def measured(content: bytes, name: str) -> dict[str, Any]:
    found = corpus(content, name)
    assert found is not None
    json.dumps(found, allow_nan=False)
    return found


SENTENCES = (
    "广州是岭南文化的发源地之一，沙面岛上至今保留着许多欧式建筑。",
    "香港的茶餐廳裏，奶茶與菠蘿包是最受歡迎的下午茶。",
    "The harbour has been the heart of the city for more than a century, and its lights are famous.",
)


def lines(count: int = 300, *, seed: int = 7) -> Iterator[str]:
    noise = random.Random(seed)
    for number in range(count):
        yield SENTENCES[number % 3] + f"（{noise.randrange(10**9)}）"


@pytest.mark.parametrize("shape", ["txt", "jsonl", "parquet"])
def test_a_corpus_is_measured_alike_in_every_format(shape: str) -> None:
    texts = list(lines())
    content = {
        "txt": "\n".join(texts).encode(),
        "jsonl": "\n".join(json.dumps({"id": n, "text": t}) for n, t in enumerate(texts)).encode(),
        "parquet": parquet(pa.table({"id": range(len(texts)), "text": texts})),
    }[shape]
    found = measured(content, f"a.{shape}")
    assert (found["documents"], found["text_columns"]) == (300, ["text"])
    assert {language: each["documents"] for language, each in found["languages"].items()} == {
        HANS: 100,
        HANT: 100,
        ENGLISH: 100,
    }
    assert found["characters"] == sum(map(len, texts))
    assert sum(each["tokens"] for each in found["languages"].values()) == pytest.approx(found["tokens"], abs=3)
    assert found["duplicates"]["exact_share"] == 0


def test_poems_are_documents_made_of_paragraphs() -> None:
    found = measured(data("corpus/chuci.json"), "chuci.json")
    assert found["text_columns"] == ["content"]
    assert set(found["languages"]) == {HANS}


def test_a_table_of_names_and_numbers_is_no_corpus() -> None:
    assert corpus(data("tables/guangdong-streets.csv"), "a.csv") is None
    assert corpus(data("reference/hk-mo-tw.json"), "a.json") is None
    digests = "\n".join(json.dumps({"sha": f"{n:064x}"}) for n in range(300))
    assert corpus(digests.encode(), "a.jsonl") is None


def test_a_text_in_two_languages_counts_with_the_one_that_says_more() -> None:
    english = "The harbour has been the heart of the city for more than a century."
    texts = pa.array([f"{english} 维多利亚港", f"维多利亚港是香港的心脏，已有百余年的历史。{english[:11]}"])
    assert [LANGUAGES[position] for position in languages_of(texts)] == [ENGLISH, HANS]


def test_numbers_of_persons_are_counted_by_document() -> None:
    texts = list(lines())
    texts[10] += "联系张三，手机13800138000，身份证11010519491231002X。"
    texts[20] += "请致电 13912345678。"
    found = measured("\n".join(texts).encode(), "a.txt")["personal_data"]
    assert (found["documents"], found["kinds"]) == (2, {"mobile": 2, "resident_id": 1})
    assert found["share"] == pytest.approx(2 / 300, abs=1e-6)


def documents(count: int, *, length: int = 200, seed: int = 3) -> list[str]:
    noise = random.Random(seed)
    return ["".join(chr(0x4E00 + noise.randrange(4000)) for _ in range(length)) for _ in range(count)]


def near_share(texts: list[str]) -> dict[str, Any]:
    found = NearDuplicates()
    for start in range(0, len(texts), 500):
        found.add(texts[start : start + 500])
    return found.result()


def test_texts_that_are_nearly_the_same_are_found_by_minhash() -> None:
    texts = documents(600)
    changed = [text[:90] + "改" + text[91:] for text in texts[:150]]
    other = [text[:60] + text[140:] for text in texts[150:300]]  # some half of it is left
    found = near_share([*texts, *changed, *other, *texts[:50]])
    assert found["near_share"] == pytest.approx(200 / 950, abs=0.01)
    assert found["all_compared"]
    assert near_share(["  Ab cd EFG ", "abcdefg"])["near_share"] == 0.5


def test_of_many_documents_some_are_compared_and_the_share_holds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(near_duplicates, "MOST_COMPARED", 600)
    texts = documents(3000)
    texts += [text[:90] + "改" + text[91:] for text in texts[:1000]]
    found = near_share(texts)
    assert not found["all_compared"]
    assert 200 <= found["compared"] <= 900
    assert found["near_share"] == pytest.approx(0.25, abs=0.08)
    assert near_share(texts) == found


@pytest.mark.parametrize(
    ("licence", "offered", "reason"),
    [
        ("MIT", "COMMERCIAL", ""),
        ("PUBLIC-DOMAIN", "CC0-1.0", ""),
        ("CC-BY-4.0", "CC-BY-SA-4.0", ""),
        ("CC-BY-4.0", "CC0-1.0", "attribution_lost"),
        ("CC-BY-SA-3.0", "CC-BY-SA-4.0", ""),
        ("CC-BY-SA-4.0", "COMMERCIAL", "share_alike"),
        ("CC-BY-NC-4.0", "COMMERCIAL", "non_commercial"),
        ("CC-BY-NC-4.0", "CC-BY-NC-4.0", ""),
        ("CC-BY-ND-4.0", "CC-BY-ND-4.0", None),
        ("CC-BY-ND-4.0", "CC-BY-4.0", "no_derivatives"),
        ("ODbL-1.0", "ODbL-1.0", ""),
        ("CONTRACT", "COMMERCIAL", ""),
        ("CONTRACT", "CC-BY-4.0", "contract_only"),
        ("NOASSERTION", "COMMERCIAL", "no_licence"),
        ("whatever", "COMMERCIAL", "unknown_licence"),
    ],
)
def test_a_licence_is_judged_against_the_one_offered(licence: str, offered: str, reason: str | None) -> None:
    if reason is None:
        with pytest.raises(LookupError):
            judge_chain([Source("a", licence)], offered=offered, on=DAY)
        return
    verdict = judge_chain([Source("a", licence)], offered=offered, on=DAY)
    assert (verdict.sources[0].reason, verdict.compatible) == (reason, not reason)


def test_one_source_spoils_a_chain_and_duties_add_up() -> None:
    good = [Source("唐诗", "PUBLIC-DOMAIN"), Source("标注", "CC-BY-4.0")]
    verdict = judge_chain(good, offered="COMMERCIAL", on=DAY)
    assert (verdict.compatible, verdict.duties) == (True, ["attribution"])
    assert not judge_chain([*good, Source("博客", "CC-BY-NC-4.0")], offered="COMMERCIAL", on=DAY).compatible
    assert not judge_chain([], offered="COMMERCIAL", on=DAY).compatible


def test_the_licence_table_holds_together() -> None:
    rules = rules_on(DAY)
    assert set(rules["licences"].values()) == set(rules["groups"])
    for group in rules["groups"].values():
        assert set(group["offered_under"]) <= set(rules["offered"])
