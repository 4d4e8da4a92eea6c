"""Both Chinese catalogues are whole and true to the sources, and requests get the language that they ask for."""

import re
from collections import Counter
from collections.abc import Iterator

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import read_po
from django.apps import apps
from django.conf import settings
from django.contrib import admin
from django.db import models
from django.test import Client
from django.utils.functional import Promise
from django.utils.translation import override

from config import messages
from kernel.problems import PROBLEMS

OURS = ("kernel", "accounts", "settlements", "listings", "marketplace")
PLACEHOLDER = re.compile(r"%\(\w+\)[#0\- +]*[\d.]*[a-zA-Z]|%[\d.]*[a-zA-Z]|\{\w*(?::\w+)?\}|<[^>]+>")
HAN = re.compile(r"[\u4e00-\u9fff]")
# What the trade in Hong Kong and Macao writes otherwise than the mainland, beyond the characters.
MAINLAND_WORDS = (
    "信息",
    "账",
    "賬",
    "文件名",
    "字符",
    "字节",
    "字節",
    "登录",
    "登錄",
    "默认",
    "服务器",
    "接口",
    "数据",
)
CURRENCIES = re.compile(r"currency$|^base$|^counter$")  # named by their codes everywhere
NOT_CHINESE = {"SHA-256", "SM3"}

ASKED = [
    ("zh-HK", "zh-Hant"),
    ("zh-MO", "zh-Hant"),
    ("zh-TW", "zh-Hant"),
    ("zh-Hant", "zh-Hant"),
    ("zh-Hant-HK", "zh-Hant"),
    ("yue-HK, zh-HK;q=0.9, en;q=0.5", "zh-Hant"),
    ("zh-CN", "zh-Hans"),
    ("zh-SG", "zh-Hans"),
    ("zh-Hans", "zh-Hans"),
    ("zh-Hans-CN, zh-Hans;q=0.9", "zh-Hans"),
    ("zh", "zh-Hans"),
    ("en-GB", "en"),
    ("pt-PT", "en"),
    ("", "en"),
]
NOTHING_THERE = {
    "zh-Hans": "此处没有您可以查看的内容。",
    "zh-Hant": "此處沒有您可以查看的內容。",
    "en": "There is nothing here that you can see.",
}
SIGN_IN = {"zh-Hans": "登录", "zh-Hant": "登入", "en": "Log in"}


@pytest.fixture(scope="module", params=messages.LOCALES)
def catalogue(request: pytest.FixtureRequest) -> Catalog:
    with messages.catalogue_path(request.param).open("rb") as file:
        return read_po(file, locale=request.param)


@pytest.fixture(scope="module")
def collected() -> Catalog:
    return messages.collect()


def texts(catalogue: Catalog) -> Iterator[tuple[Message, list[str], list[str]]]:
    """Yield every message with its forms in English and in Chinese."""
    for message in catalogue:
        if message.id:
            yield message, _forms(message.id), _forms(message.string)


def _forms(text: object) -> list[str]:
    return [str(form) for form in text] if isinstance(text, (list, tuple)) else [str(text or "")]


def test_every_text_is_translated_and_none_is_fuzzy_or_obsolete(catalogue: Catalog) -> None:
    missing = [message.id for message, _english, chinese in texts(catalogue) if not all(chinese)]
    fuzzy = [message.id for message in catalogue if message.fuzzy and message.id]

    assert not missing
    assert not fuzzy
    assert not catalogue.obsolete


def test_the_catalogues_hold_exactly_the_texts_of_the_sources(catalogue: Catalog, collected: Catalog) -> None:
    def keys(each: Catalog) -> set[tuple[str | None, str]]:
        return {(message.context, english[0]) for message, english, _chinese in texts(each)}

    assert keys(collected) - keys(catalogue) == set(), "run make messages, and translate"
    assert keys(catalogue) - keys(collected) == set(), "run make messages"


def test_translations_keep_the_placeholders_and_tags(catalogue: Catalog) -> None:
    def placeholders(text: str) -> Counter[str]:
        return Counter(PLACEHOLDER.findall(text.replace("%%", "").replace(" %.", "")))

    changed = [
        (english, chinese)
        for _message, english, chinese in texts(catalogue)
        if any(placeholders(form) != placeholders(english[-1]) for form in chinese)
    ]

    assert not changed


def test_translations_begin_and_end_lines_as_their_texts_do(catalogue: Catalog) -> None:
    for message, english, chinese in texts(catalogue):
        assert chinese[0].startswith("\n") == english[0].startswith("\n"), message.id


def test_translations_are_chinese(catalogue: Catalog) -> None:
    foreign = {english[0] for _message, english, chinese in texts(catalogue) if not HAN.search(chinese[0])}

    assert {text for text in foreign if re.search("[a-z]{3}", text)} == set()


def test_the_traditional_catalogue_speaks_as_hong_kong_does() -> None:
    with messages.catalogue_path("zh_Hant").open("rb") as file:
        catalogue = read_po(file, locale="zh_Hant")

    found = {
        (word, chinese[0])
        for _message, _english, chinese in texts(catalogue)
        for word in MAINLAND_WORDS
        if word in chinese[0]
    }

    assert not found


@pytest.mark.parametrize("tag", ["zh-hans", "zh-hant"])
def test_every_problem_has_a_chinese_title(tag: str) -> None:
    with override(tag):
        english = {code: str(title) for code, (_status, title) in PROBLEMS.items() if not HAN.search(str(title))}

    assert not english


def test_the_names_of_tables_fields_and_states_can_be_translated() -> None:
    plain: list[str] = []
    for model in (model for name in OURS for model in apps.get_app_config(name).get_models()):
        plain += _plain_names(model)

    assert not plain


def _plain_names(model: type[models.Model]) -> list[str]:
    meta = model._meta
    shown = [field for field in meta.local_fields if field.name not in {"id", "pk", "search"}]
    names: list[tuple[str, object]] = [(meta.label, meta.verbose_name), (meta.label, meta.verbose_name_plural)]
    if model in admin.site._registry:
        names += [(f"{meta.label}.{field.name}", field.verbose_name) for field in shown]
    names += [(f"{meta.label}.{field.name}?", field.help_text) for field in shown if field.help_text]
    names += [
        (f"{meta.label}.{field.name}={value}", label)
        for field in shown
        if field.name != "format" and not CURRENCIES.search(field.name)
        for value, label in field.flatchoices
    ]
    return [f"{place}: {name}" for place, name in names if not isinstance(name, Promise) and name not in NOT_CHINESE]


def test_the_headings_of_the_console_can_be_translated() -> None:
    plain = []
    for model, page in admin.site._registry.items():
        titles = [title for title, _options in page.fieldsets or () if title]
        fields = {"__str__", *(field.name for field in model._meta.get_fields())}
        columns = [getattr(page, str(name), None) for name in page.list_display if name not in fields]
        titles += [getattr(column, "short_description", None) for column in columns if callable(column)]
        plain += [f"{model.__name__}: {title}" for title in titles if not isinstance(title, Promise)]

    assert not plain


@pytest.mark.django_db
@pytest.mark.parametrize(("asked", "given"), ASKED)
def test_a_problem_comes_in_the_language_that_is_asked_for(asked: str, given: str) -> None:
    answer = Client().get("/api/v1/nothing-here", headers={"Accept-Language": asked} if asked else {})

    assert answer.json()["detail"] == NOTHING_THERE[given]
    assert answer.headers["Content-Language"].lower() == given.lower()
    assert "Accept-Language" in answer.headers["Vary"]


@pytest.mark.django_db
@pytest.mark.parametrize(("asked", "given"), ASKED)
def test_the_console_comes_in_the_language_that_is_asked_for(asked: str, given: str) -> None:
    page = Client().get("/console/login/", headers={"Accept-Language": asked} if asked else {}).content.decode()

    assert SIGN_IN[given] in page
    assert f'lang="{given.lower()}"' in page


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("asked", "detail"),
    [("zh-MO", "不是有效的字串。"), ("zh-SG", "不是有效的字符串。"), ("en", "Not a valid string.")],
)
def test_what_is_wrong_with_a_field_is_told_in_the_same_language(asked: str, detail: str) -> None:
    answer = Client().post(
        "/api/v1/sign-up",
        data={"person": {"name": True}},
        content_type="application/json",
        headers={"Accept-Language": asked, "Idempotency-Key": "a-sign-up-without-a-name"},
    )

    assert answer.status_code == 400
    assert detail in {error["detail"] for error in answer.json()["errors"]}


def test_the_languages_offered_are_the_three_of_the_bay() -> None:
    assert [code for code, _name in settings.LANGUAGES] == ["zh-hans", "zh-hant", "en"]
    assert settings.LANGUAGE_CODE == "en"
