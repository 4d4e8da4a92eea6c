"""How the console shows values to people: texts in their languages, JSON laid out, keys as links, four eyes."""

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.conf import settings
from django.contrib import admin
from django.contrib.postgres.fields import ArrayField
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import OuterRef, Subquery
from django.db.models.functions import Coalesce
from django.urls import NoReverseMatch, reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from kernel.actors import Actor
from kernel.languages import LanguageMapField, in_language
from kernel.money import Currency, Money, grouped

LANGUAGE_NAMES = {
    "zh-Hans": gettext_lazy("Simplified Chinese"),
    "zh-Hant": gettext_lazy("Traditional Chinese"),
    "en": gettext_lazy("English"),
}
NOTHING = "–"
TOLD_BY = {"subject_id": "subject_type", "source_id": "source"}  # which field names the kind of what a key points to
READ_BADLY = (models.JSONField, models.BinaryField, ArrayField)


@dataclass(frozen=True)
class Shown:
    """A field of a row's page, shown for people; Django's admin takes it for the name of the field."""

    field: models.Field[Any, Any]
    actor: Actor

    @property
    def __name__(self) -> str:
        return f"shown_{self.field.name}"

    @property
    def short_description(self) -> str:
        return capfirst(str(self.field.verbose_name))

    def __call__(self, row: models.Model) -> SafeString | str:
        value = self.field.value_from_object(row)
        if value in (None, "", {}, []):
            return NOTHING
        if self.field.name.endswith("_minor"):
            currency = getattr(row, "currency", None)
            return str(Money(value, Currency(currency))) if currency else grouped(value)
        if isinstance(self.field, LanguageMapField):
            return definitions({LANGUAGE_NAMES.get(tag, tag): text for tag, text in value.items()})
        if isinstance(self.field, models.JSONField):
            return laid_out(value)
        if isinstance(self.field, models.BinaryField):
            return bytes(value).hex()
        if isinstance(self.field, ArrayField):
            labels = dict(self.field.base_field.flatchoices)
            return ", ".join(str(labels.get(each, each)) for each in value)
        shown = linked(target_of(self.field.name, row), value, self.actor)
        return getattr(row, f"{self.field.name}_number", None) or shown if shown == str(value) else shown


@dataclass(frozen=True)
class Listed:
    """A column of a list, shown for people: a name in their language, or the number of what a plain key points to."""

    field: models.Field[Any, Any]

    @property
    def __name__(self) -> str:
        return f"listed_{self.field.name}"

    @property
    def short_description(self) -> str:
        return capfirst(str(self.field.verbose_name))

    @property
    def admin_order_field(self) -> str:
        return self.field.name

    def __call__(self, row: models.Model) -> str:
        if isinstance(self.field, LanguageMapField):
            return in_language(self.field.value_from_object(row))
        return getattr(row, f"{self.field.name}_number") or NOTHING


def numbered_keys(model: type[models.Model], names: Sequence[Any]) -> list[str]:
    """Return those of a list's columns that are keys without a foreign key, of what has a short number."""
    plain = {field.name for field in model._meta.concrete_fields if not field.is_relation}
    return [name for name in names if name in plain and name in settings.CONSOLE_NUMBERS]


def with_numbers(rows: models.QuerySet[Any], names: Sequence[Any]) -> models.QuerySet[Any]:
    """Return the rows with the numbers of what their plain keys point to, which `Listed` shows."""
    for name in numbered_keys(rows.model, names):
        numbers = [
            Subquery(apps.get_model(target)._default_manager.filter(pk=OuterRef(name)).values(path)[:1])
            for target, path in settings.CONSOLE_NUMBERS[name]
        ]
        rows = rows.annotate(**{f"{name}_number": Coalesce(*numbers)})
    return rows


def keys_numbered(name: str, number: str) -> list[Any]:
    """Return the keys of what a plain key may point to and has this number."""
    found = (
        apps.get_model(target)._default_manager.filter(**{path: number}).values_list("pk", flat=True)
        for target, path in settings.CONSOLE_NUMBERS[name]
    )
    return [key for keys in found for key in keys]


def listed_field(model: type[models.Model], name: Any, keys: Collection[str]) -> Any:
    """Return what a list is to show for a column: its name, or a `Listed` where the plain value reads badly."""
    field = next((field for field in model._meta.concrete_fields if field.name == name), None)
    return Listed(field) if field is not None and (name in keys or isinstance(field, LanguageMapField)) else name


def shown_field(model: type[models.Model], name: Any, actor: Actor) -> Any:
    """Return what the admin is to show for a field: its name, or a `Shown` where the plain value reads badly."""
    if not isinstance(name, str):
        return tuple(shown_field(model, part, actor) for part in name) if isinstance(name, (list, tuple)) else name
    field = next((field for field in model._meta.concrete_fields if field.name == name), None)
    is_plain_key = name in settings.CONSOLE_KEYS or name in TOLD_BY
    if is_plain_key and not isinstance(field, models.ForeignKey) and field is not None:
        return Shown(field, actor)
    reads_badly = isinstance(field, READ_BADLY) or name.endswith("_minor")
    return Shown(field, actor) if field is not None and reads_badly else name


def definitions(values: Mapping[Any, Any]) -> SafeString:
    """Return a list of names and values, one below the other."""
    rows = format_html_join("", "<dt>{}</dt><dd>{}</dd>", values.items())
    return format_html('<dl class="console-map">{}</dl>', rows)


def laid_out(value: Any) -> SafeString:
    """Return JSON as people read it: names and values where it is flat, else indented."""
    if isinstance(value, dict) and all(isinstance(each, (str, int, float, bool)) for each in value.values()):
        return definitions(value)
    if isinstance(value, list) and all(isinstance(each, str) for each in value):
        return format_html("<ol>{}</ol>", format_html_join("", "<li>{}</li>", ((each,) for each in value)))
    if isinstance(value, list) and value and all(_is_flat(each) for each in value):
        return _table(value)
    text = json.dumps(value, indent=2, ensure_ascii=False, cls=DjangoJSONEncoder)
    return format_html('<pre class="console-json" tabindex="0">{}</pre>', text)


def _is_flat(value: Any) -> bool:
    plain = (str, int, float, bool, type(None))
    return isinstance(value, dict) and all(isinstance(each, plain) for each in value.values())


def _table(rows: Sequence[Mapping[str, Any]]) -> SafeString:
    """Return flat rows as a table, their amounts as people read them."""
    names = list(dict.fromkeys(name for row in rows for name in row))
    head = format_html_join("", '<th scope="col">{}</th>', ((name.removesuffix("_minor"),) for name in names))
    cells = (format_html_join("", "<td{}>{}</td>", (_cell(row.get(name), name) for name in names)) for row in rows)
    body = format_html_join("", "<tr>{}</tr>", ((each,) for each in cells))
    frame = '<div class="console-table-frame" tabindex="0"><table class="console-table"><thead><tr>{}</tr></thead>'
    return format_html(frame + "<tbody>{}</tbody></table></div>", head, body)


def _cell(value: Any, name: str) -> tuple[SafeString | str, Any]:
    if value is None:
        return "", NOTHING
    if name.endswith("_minor"):
        return mark_safe(' class="console-number"'), grouped(value)
    return "", value


def target_of(name: str, row: models.Model) -> type[models.Model] | None:
    """Return the model that a key without a foreign key points to, or whose kind another field tells."""
    if name in settings.CONSOLE_KEYS:
        return apps.get_model(settings.CONSOLE_KEYS[name])
    kind = str(getattr(row, TOLD_BY.get(name, ""), "")).lower()
    return next((model for model in apps.get_models() if kind and model._meta.model_name == kind), None)


def linked(model: type[models.Model] | None, key: Any, actor: Actor) -> SafeString | str:
    """Return a link to the console's page of a row, named if the actor may see it; the bare key where there is none."""
    address = address_of(model, key)
    if model is None or address is None:
        return str(key)
    row = model._default_manager.visible_to(actor).filter(pk=key).first()  # type: ignore[attr-defined]
    if row is None:
        return str(key)
    return format_html('<a href="{}" class="text-link">{}</a>', address, row)


def address_of(model: type[models.Model] | None, key: Any) -> str | None:
    """Return the address of a row's page in the console, or None if it has none."""
    if model is None:
        return None
    try:
        return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_change", args=[key])
    except NoReverseMatch:
        return None


def numbered(number: str, actor: Actor) -> list[str]:
    """Return the ids of the rows with this short number that the actor may see, whatever they are."""
    has_number = (model for model in admin.site._registry if _is_unique(model, "number"))
    found = (model._default_manager.visible_to(actor).filter(number=number) for model in has_number)  # type: ignore[attr-defined]
    return [str(key) for rows in found for key in rows.values_list("pk", flat=True)]


def _is_unique(model: type[models.Model], name: str) -> bool:
    constraints = [constraint.fields for constraint in model._meta.total_unique_constraints]
    return any(
        field.name == name and isinstance(field, models.CharField) and (field.unique or (name,) in constraints)
        for field in model._meta.concrete_fields
    )


def four_eyes(people: Iterable[object]) -> SafeString | str:
    """Return the sentence that these people, who made or reviewed a row, may not approve it."""
    names = ", ".join(sorted({str(person) for person in people if person is not None}))
    if not names:
        return _("Nobody yet: it has not been submitted.")
    sentence = _("%(people)s may not approve this: it takes a different person.") % {"people": names}
    return format_html('<p class="console-four-eyes">{}</p>', sentence)
