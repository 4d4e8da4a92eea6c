"""The desk itself: what it must notice, it notices."""

from contextlib import ExitStack

import pytest

from tests.browser.desk import desk

BAD = """
<body><img src="https://example.invalid/spy.png"><p style="color:#ccc;background:#fff">too pale</p>
<script>throw new Error('broken')</script></body>
"""
FOREIGN_IMAGE = (
    "document.body.append(Object.assign(document.createElement('img'), {src: 'https://example.invalid/x.png'}))"
)


def test_a_desk_notices_foreign_hosts_errors_and_pale_text(browser, live_server):
    watch = ExitStack()
    mine = watch.enter_context(desk(browser, live_server.url))
    mine.page.set_content(BAD)
    mine.page.wait_for_load_state("networkidle")

    assert any("color-contrast" in fault for fault in mine.violations())
    assert "foreign host: example.invalid" in mine.faults
    assert any("broken" in fault for fault in mine.faults)
    with pytest.raises(AssertionError):
        watch.close()


def test_a_desk_notices_what_the_content_security_policy_refuses(browser, live_server, transactional_db):
    watch = ExitStack()
    mine = watch.enter_context(desk(browser, live_server.url))
    mine.go("/console/login/")
    with mine.page.expect_console_message(lambda said: "Content Security Policy" in said.text):
        mine.page.evaluate(FOREIGN_IMAGE)

    assert any("Content Security Policy" in fault for fault in mine.faults)
    with pytest.raises(AssertionError):
        watch.close()
