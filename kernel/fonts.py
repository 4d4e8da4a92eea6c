"""Fonts for PDF pages with Chinese text: PDF readers bring them along, so that none has to be shipped."""

SONG = "STSong-Light"  # Adobe-GB1
MING = "MSung-Light"  # Adobe-CNS1


def chinese_font(language: str) -> str:
    """Return the name of a registered font for a language: one with traditional forms for zh-Hant."""
    from reportlab.pdfbase import pdfmetrics  # noqa: PLC0415 - few requests need it
    from reportlab.pdfbase.cidfonts import UnicodeCIDFont  # noqa: PLC0415

    name = MING if language.lower().startswith("zh-hant") else SONG
    if name not in pdfmetrics.getRegisteredFontNames():
        pdfmetrics.registerFont(UnicodeCIDFont(name))
    return name
