"""What stays of a panel when its kernel is restarted or gone, in JupyterLab."""

import pytest
from playwright.sync_api import expect


@pytest.mark.smoke
def test_after_a_restart_the_last_picture_stays_and_says_what_to_do(notebook):
    book = notebook("Dashboard(sms)")
    expect(book.page.get_by_role("tab", name="Watch")).to_be_visible()
    book.restart()
    expect(book.page.get_by_text("The kernel restarted: run this cell again.")).to_be_visible()
    assert book.page.locator(".jupyter-widgets-disconnected").count() == 0
    book.shoot("restarted")


def test_after_a_shutdown_likewise(notebook):
    book = notebook("Dashboard(sms)")
    expect(book.page.get_by_role("tab", name="Watch")).to_be_visible()
    book.page.evaluate("() => window.jupyterapp.shell.currentWidget.sessionContext.shutdown()")
    expect(book.page.get_by_text("The kernel is gone: run this cell again.")).to_be_visible()
    assert book.page.locator(".jupyter-widgets-disconnected").count() == 0
