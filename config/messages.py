"""Collect translatable texts and compile translations, with Babel: GNU gettext need not be installed.

    python -m config.messages extract|compile|missing

The catalogues are ``locale/zh_Hans/LC_MESSAGES/django.po`` and ``locale/zh_Hant/…``, committed; the ``.mo`` files that
Django reads are made from them by `make setup` and by the Dockerfile, and are not committed. The console theme ships
no translations, so its texts are collected with ours.
"""

import argparse
import io
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

import unfold
from babel.messages.catalog import Catalog
from babel.messages.extract import extract, extract_python
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).resolve().parent.parent
LOCALES = ("zh_Hans", "zh_Hant")
APPS = ("kernel", "accounts", "settlements", "listings", "marketplace", "config")
KEYWORDS: dict[str, tuple[Any, ...] | None] = {
    "_": None,
    "_now": None,
    "gettext": None,
    "gettext_lazy": None,
    "gettext_noop": None,
    "ngettext": (1, 2),
    "ngettext_lazy": (1, 2),
    "pgettext": ((1, "c"), 2),
    "pgettext_lazy": ((1, "c"), 2),
    "npgettext": ((1, "c"), 2, 3),
}


def catalogue_path(locale: str) -> Path:
    """Return where the translations of a locale are kept."""
    return ROOT / "locale" / locale / "LC_MESSAGES" / "django.po"


def extract_template(file: IO[bytes], keywords: Any, comment_tags: Any, options: Any) -> Iterator[Any]:
    """Extract from a Django template, turned by Django into something that reads like Python."""
    from django.utils.translation.template import templatize  # noqa: PLC0415 - it reads the settings

    source = templatize(file.read().decode(), origin=getattr(file, "name", None))
    # What is no message has become words without meaning; their indentation would mislead Python's tokenizer.
    flush = "\n".join(line.lstrip() for line in source.splitlines())
    yield from extract_python(io.BytesIO(flush.encode()), keywords, comment_tags, options)


def collect() -> Catalog:
    """Return every translatable text of our apps and of the console theme."""
    catalogue = Catalog(project="Dawan Exchange", charset="utf-8", fuzzy=False)
    for path, name in _sources():
        method: Any = "python" if path.suffix == ".py" else extract_template
        with path.open("rb") as file:
            for _line, message, comments, context in extract(method, file, KEYWORDS, ("Translators:",)):
                catalogue.add(message, None, [(name, 0)], context=context, auto_comments=comments)
    return catalogue


def update() -> None:
    """Bring every locale's catalogue up to date, keeping the translations it has."""
    collected = collect()
    for locale in LOCALES:
        path = catalogue_path(locale)
        catalogue = _read(locale) if path.exists() else Catalog(locale=locale, fuzzy=False)
        # No guessing from similar texts: a wrong legal term is worse than an English one.
        collected.creation_date = catalogue.creation_date  # else every run would change the files
        catalogue.update(collected, no_fuzzy_matching=True)
        catalogue.obsolete.clear()
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("wb") as file:
            write_po(file, catalogue, width=120, sort_output=True, include_lineno=False, omit_header=False)
        print(f"{locale}: {len(catalogue)} texts, {len(untranslated(catalogue))} untranslated")


def compile_all() -> None:
    """Write the .mo file beside every catalogue."""
    for locale in LOCALES:
        if (path := catalogue_path(locale)).exists():
            fresh = path.with_suffix(".mo.new")
            with fresh.open("wb") as file:
                write_mo(file, _read(locale))
            fresh.replace(path.with_suffix(".mo"))  # whoever reads meanwhile finds a whole file


def untranslated(catalogue: Catalog) -> list[str]:
    """Return the texts that have no translation."""
    messages = (message for message in catalogue if message.id)
    return [str(message.id) for message in messages if not (message.string if message.string else "")]


def _read(locale: str) -> Catalog:
    with catalogue_path(locale).open("rb") as file:
        return read_po(file, locale=locale)


def _sources() -> Iterator[tuple[Path, str]]:
    theme = Path(str(unfold.__file__)).parent
    folders = [*((ROOT / app, ROOT) for app in APPS), (theme, theme.parent)]
    for folder, base in folders:
        for path in sorted(folder.rglob("*")):
            name = path.relative_to(base)
            # Of the theme's optional parts we install none.
            if path.suffix in {".py", ".html", ".txt"} and not {"migrations", "contrib"} & set(name.parts):
                yield path, str(name)


def main(arguments: list[str] | None = None) -> int:
    """Run the command line and return its exit status: of `missing`, 1 when a text has no translation."""
    parser = argparse.ArgumentParser(prog="config.messages")
    parser.add_argument("act", choices=["extract", "compile", "missing"])
    act = parser.parse_args(arguments).act
    if act == "missing":
        missing = [(locale, text) for locale in LOCALES for text in untranslated(_read(locale))]
        for locale, text in missing:
            print(f"{locale}: {text}")
        return 1 if missing else 0
    if act == "compile":
        compile_all()
        return 0
    import django  # noqa: PLC0415 - compiling needs no settings

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    update()
    return 0


if __name__ == "__main__":
    sys.exit(main())
