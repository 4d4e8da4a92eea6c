"""How documents become bytes: JSON that may be put into a page, and text that may be put into XML."""

import json
import re
from typing import Any

# Neither is allowed in XML 1.0, escaped or not.
_NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_FOR_PAGES = str.maketrans({"<": "\\u003c", ">": "\\u003e", "&": "\\u0026", "\u2028": "\\u2028", "\u2029": "\\u2029"})


def json_text(document: Any) -> str:
    """Return JSON that stays inside the <script> element of whoever embeds it: no provider's text can end that."""
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).translate(_FOR_PAGES)


def xml_text(text: str) -> str:
    """Return text without the characters that no XML document can hold."""
    return _NOT_XML.sub("", text)
