"""The desk itself: what it must notice, it notices."""

import pytest

from tests.browser.desk import desk

BAD = """
<body><img src="https://example.invalid/spy.png"><p style="color:#ccc;background:#fff">too pale</p>
<script src="data:text/javascript,throw new Error('broken')"></script></body>
"""


def test_a_desk_notices_foreign_hosts_errors_and_pale_text(browser, live_server):
    with pytest.raises(AssertionError), desk(browser, live_server.url) as mine:
        mine.page.set_content(BAD)
        mine.page.wait_for_load_state("networkidle")
        assert any("color-contrast" in fault for fault in mine.violations())
        assert any("foreign host: example.invalid" in fault for fault in mine.faults)
        assert any("broken" in fault for fault in mine.faults)
        found = len(mine.faults)
        assert found >= 2


def test_a_desk_notices_what_the_content_security_policy_refuses(browser, live_server, db):
    with pytest.raises(AssertionError), desk(browser, live_server.url) as mine:
        mine.go("/console/login/")
        mine.page.evaluate("document.body.append(Object.assign(document.createElement('img'), {src: 'https://example.invalid/x.png'}))")
        mine.page.wait_for_timeout(300)
        assert any("Content Security Policy" in fault for fault in mine.faults)
