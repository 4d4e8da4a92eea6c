"""Translations without GNU gettext: collected from Python and templates, kept, compiled."""

import gettext
from pathlib import Path

import pytest
from babel.messages.pofile import read_po

from config import messages


@pytest.fixture
def locale(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A locale folder of its own, beside the real sources."""
    monkeypatch.setattr(
        messages, "catalogue_path", lambda name: tmp_path / "locale" / name / "LC_MESSAGES" / "django.po"
    )
    return tmp_path / "locale"


def test_texts_of_our_apps_and_of_the_console_theme_are_collected() -> None:
    collected = messages.collect()

    assert "There is nothing here that you can see." in collected
    assert any(name.startswith("unfold/templates/") for message in collected for name, _ in message.locations)
    plural = next(message for message in collected if isinstance(message.id, tuple))
    assert len(plural.id) == 2


def test_an_update_keeps_translations_drops_what_is_gone_and_compiles(
    locale: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = locale / "zh_Hans" / "LC_MESSAGES" / "django.po"
    path.parent.mkdir(parents=True)
    path.write_text(
        'msgid ""\nmsgstr "Content-Type: text/plain; charset=utf-8\\n"\n\n'
        'msgid "You may not do this."\nmsgstr "您无权进行此操作。"\n\n'
        'msgid "A text that no source has."\nmsgstr "无"\n'
    )

    messages.update()
    messages.compile_all()

    with path.open("rb") as file:
        catalogue = read_po(file, locale="zh_Hans")
    assert catalogue.get("You may not do this.").string == "您无权进行此操作。"
    assert "A text that no source has." not in catalogue
    assert catalogue.num_plurals == 1
    with path.with_suffix(".mo").open("rb") as file:
        compiled = gettext.GNUTranslations(file)
    assert compiled.gettext("You may not do this.") == "您无权进行此操作。"
    assert "untranslated" in capsys.readouterr().out


def test_a_second_update_changes_nothing(locale: Path) -> None:
    messages.update()
    path = locale / "zh_Hant" / "LC_MESSAGES" / "django.po"
    first = path.read_bytes()

    messages.update()

    assert path.read_bytes() == first


def test_missing_translations_are_listed_and_fail_the_command(locale: Path, capsys: pytest.CaptureFixture[str]) -> None:
    messages.update()

    assert messages.main(["missing"]) == 1
    assert "zh_Hant: You may not do this." in capsys.readouterr().out
