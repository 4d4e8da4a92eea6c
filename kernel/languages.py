"""Text in the three languages of the bay: maps of zh-Hans, zh-Hant and en, and the folding by which they compare."""

import unicodedata
from collections.abc import Mapping
from functools import cache
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _
from opencc import OpenCC
from rest_framework import serializers

LANGUAGE_TAGS = ("zh-Hans", "zh-Hant", "en")
# Which text to show when the wanted one is missing.
FALLBACKS = {
    "zh-Hans": ("zh-Hans", "zh-Hant", "en"),
    "zh-Hant": ("zh-Hant", "zh-Hans", "en"),
    "en": ("en", "zh-Hans", "zh-Hant"),
}
_TAG_OF_DJANGO = {
    "zh-hans": "zh-Hans",
    "zh-hant": "zh-Hant",
    "zh-cn": "zh-Hans",
    "zh-hk": "zh-Hant",
    "zh-tw": "zh-Hant",
}


def language_tag() -> str:
    """Return the tag of the language in force for this request."""
    return _TAG_OF_DJANGO.get((get_language() or "en").lower(), "en")


def in_language(texts: Mapping[str, str], tag: str | None = None) -> str:
    """Return the text in the wanted language, or the nearest one there is."""
    wanted = FALLBACKS[tag or language_tag()]
    return next((texts[language] for language in wanted if texts.get(language)), "")


def check_language_map(value: Any, *, max_length: int | None = None) -> None:
    """Raise ValidationError unless `value` maps known languages to text of 1 to `max_length` characters."""
    if not isinstance(value, dict) or not value:
        raise ValidationError(_("Give the text in at least one language."), code="required")
    for tag, text in value.items():
        if tag not in LANGUAGE_TAGS:
            raise ValidationError(_("Languages are zh-Hans, zh-Hant and en."), code="unknown_language")
        if not isinstance(text, str) or not text.strip():
            raise ValidationError(_("The text is empty."), code="blank")
        if max_length is not None and len(text) > max_length:
            message = _("At most %(limit)d characters in each language; there are %(count)d.")
            raise ValidationError(message, code="max_length", params={"limit": max_length, "count": len(text)})


class LanguageMapField(models.JSONField):
    """A JSON map of language tag to text; `max_length` counts characters per language, not bytes."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.text_length: int | None = kwargs.pop("text_length", None)
        kwargs.setdefault("default", dict)
        super().__init__(*args, **kwargs)

    def deconstruct(self) -> Any:
        name, path, args, kwargs = super().deconstruct()
        if self.text_length is not None:
            kwargs["text_length"] = self.text_length
        return name, path, args, kwargs

    def validate(self, value: Any, model_instance: models.Model | None) -> None:
        super().validate(value, model_instance)
        if value or not self.blank:
            check_language_map(value, max_length=self.text_length)


class LanguageMapSerializerField(serializers.JSONField):
    """The API's side of a language map; config/openapi.py describes it."""

    def __init__(self, *, text_length: int | None = None, **kwargs: Any) -> None:
        self.text_length = text_length
        super().__init__(**kwargs)

    def to_internal_value(self, data: Any) -> dict[str, str]:
        try:
            check_language_map(data, max_length=self.text_length)
        except ValidationError as error:
            raise serializers.ValidationError(error.messages[0], code=error.code or "invalid") from error
        return dict(data)


@cache
def _to_simplified() -> OpenCC:
    return OpenCC("t2s")


def simplified(text: str) -> str:
    """Fold widths and case (NFKC) and make Traditional characters Simplified, so that 數據 and 数据 are the same."""
    folded: str = _to_simplified().convert(unicodedata.normalize("NFKC", text).lower())
    return folded
