"""Text for the cells of CSV files and workbooks that people open in a spreadsheet."""

# What spreadsheets take for the beginning of a formula or command (OWASP, CSV injection).
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "|", "＝", "＋", "－", "＠")


def plain_cell(text: str) -> str:
    """Return text that no spreadsheet runs: an apostrophe goes before what begins as a formula does."""
    return f"'{text}" if text.lstrip(" ").startswith(FORMULA) else text
