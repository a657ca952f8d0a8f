"""What waits is told to a person: where, how often, in which words, and what is left at the end."""

import asyncio

import pytest

from sms_notebook import AsyncClient, Client, CodeTimeout
from sms_notebook.watching import progress as waits
from sms_notebook.watching.progress import NARRATOR

from .conftest import QUICK, Board, begin, interrupt_when, until


@pytest.fixture
def board(monkeypatch) -> type[Board]:
    """Show what waits at once, in place of a notebook or a terminal."""
    kind = type("Seen", (Board,), {"views": [], "last": []})
    monkeypatch.setattr(NARRATOR, "face", lambda: kind)
    monkeypatch.setattr(waits, "SOON", 0.0)
    return kind


def bought(sms: Client) -> tuple[str, str]:
    order = sms.order("tg", 2)
    return order.loc[0, "activation_id"], order.loc[0, "phone_number"]


# What is shown ----------------------------------------------------------------------------------


def test_a_wait_shows_number_service_and_time_left(board, shop):
    with Client(sandbox=shop) as sms:
        ref, number = bought(sms)
        waiting = begin(sms.wait_code, ref, 60, every=QUICK)
        with pytest.raises(CodeTimeout):
            sms.wait_code(ref, 0.6, every=QUICK)
        shop.say(ref, "01234")
        waiting.result(5)
    view = board.views[0]
    assert view.title == f"the code of {number} (Telegram)"
    assert view.whole == 0.6
    assert 0 < view.left <= 0.6
    assert view.stop == "stops only the wait"
    [last] = board.last  # what waits beside the main thread draws nothing
    assert last == (
        f"CodeTimeout: no code for activation {ref} at sandbox in 0.6 seconds. It is still alive. "
        f"sms.wait_code('{ref}') goes on waiting. sms.cancel('{ref}') gives it back."
    )


@pytest.mark.parametrize("is_masked", [False, True])
def test_the_last_line_says_which_code_came_unless_it_is_masked(board, shop, is_masked):
    with Client(sandbox=shop) as sms:
        ref, number = bought(sms)
        sms.mask(is_masked)
        saying = begin(lambda: (until(lambda: board.views), shop.say(ref, "01234")))
        sms.wait_code(ref, every=QUICK)
        saying.result(5)
    masked = f"{number[:4]}•••{number[-4:]}"
    came = f"A code came for {masked}" if is_masked else f"The code 01234 came for {number}"
    assert board.last == [f"{came} (Telegram)."]
    if is_masked:
        assert number not in repr(board.views)
        assert board.views[0].title == f"the code of {masked} (Telegram)"


def test_a_mask_that_is_put_on_meanwhile_hides_the_rest(board, shop):
    with Client(sandbox=shop) as sms:
        ref, number = bought(sms)

        def meanwhile() -> None:
            until(lambda: board.views)
            sms.mask()
            shown = len(board.views)
            until(lambda: len(board.views) > shown + 1)
            shop.say(ref, "01234")

        saying = begin(meanwhile)
        sms.wait_code(ref, every=QUICK)
        saying.result(5)
    assert number not in board.views[-1].title
    assert "01234" not in board.last[0]


def test_an_interrupt_leaves_what_stays_and_how_to_go_on(board, shop):
    with Client(sandbox=shop) as sms:
        ref, _ = bought(sms)
        interrupting = begin(interrupt_when, lambda: board.views)
        with pytest.raises(KeyboardInterrupt):
            sms.wait_code(ref, every=QUICK)
        interrupting.result(5)
    [last] = board.last
    assert last == (
        f"Stopped waiting. Activation {ref} is still alive. sms.wait_code('{ref}') goes on "
        f"waiting. sms.cancel('{ref}') gives it back."
    )


def test_an_async_wait_is_shown_too_and_a_cancelled_one_says_whose_number_it_is(board, shop):
    with Client(sandbox=shop, quiet=True) as sms:
        ref, number = bought(sms)

    async def cancelled() -> None:
        async with AsyncClient(sandbox=shop) as sms:
            waiting = asyncio.ensure_future(sms.wait_code(ref, every=QUICK))
            await asyncio.to_thread(until, lambda: board.views)
            assert not waiting.done(), "its loop goes on meanwhile"
            waiting.cancel()
            with pytest.raises(asyncio.CancelledError):
                await waiting

    asyncio.run(cancelled())
    assert board.views[0].title == f"the code of {number} (Telegram)"
    [last] = board.last
    assert last == (
        f"Interrupted; {number} (Telegram) is still yours: sms.wait_code('{ref}') goes on waiting. "
        f"sms.cancel('{ref}') gives it back."
    )


def test_a_watch_has_one_display_from_event_to_event(board, shop):
    with Client(sandbox=shop) as sms:
        ref, number = bought(sms)
        with sms.watch(ref, every=QUICK) as watch:
            for code in ("01234", "56789"):
                shown = len(board.views)
                saying = begin(
                    lambda shown=shown, code=code: (
                        until(lambda: len(board.views) > shown),
                        shop.say(ref, code),
                    )
                )
                assert next(watch).code == code
                saying.result(5)
                sms.again(ref)
        assert board.views[-1].title == f"events of {number} (tg)"
        assert board.views[-1].stop == "only stops watching"
        assert board.last == ["Stopped watching. The numbers stay as they are."]


def test_a_watch_whose_numbers_are_over_says_so(board, shop):
    with Client(sandbox=shop) as sms:
        ref, _ = bought(sms)
        shop.step(130)
        ending = begin(
            lambda: (until(lambda: board.views), shop.tool("setStatus", id=ref, status=8))
        )
        assert [event.kind for event in sms.watch(ref, every=QUICK)] == ["over"]
        ending.result(5)
    assert board.last == ["All that was watched is over."]


def test_what_is_quick_shows_nothing(monkeypatch, shop):
    kind = type("Seen", (Board,), {"views": [], "last": []})
    monkeypatch.setattr(NARRATOR, "face", lambda: kind)
    with Client(sandbox=shop) as sms:
        sms.get_balance()
        NARRATOR.tick()
    assert (kind.views, kind.last, NARRATOR.waits) == ([], [], {})


@pytest.mark.parametrize("how", ["argument", "environment"])
def test_a_quiet_client_says_nothing(board, shop, monkeypatch, how):
    options = {"quiet": True} if how == "argument" else {}
    if how == "environment":
        monkeypatch.setenv("SMS_QUIET", "1")
    with Client(sandbox=shop, **options) as sms:
        ref, _ = bought(sms)
        with pytest.raises(CodeTimeout):
            sms.wait_code(ref, 0.6, every=QUICK)
        with sms.watch(ref, every=QUICK) as watch:
            shop.say(ref, "01234")
            next(watch)
    assert (board.views, board.last) == ([], [])


def test_an_argument_says_more_than_the_environment(board, shop, monkeypatch):
    monkeypatch.setenv("SMS_QUIET", "1")
    with Client(sandbox=shop, quiet=False) as sms:
        ref, _ = bought(sms)
        with pytest.raises(CodeTimeout):
            sms.wait_code(ref, 0.6, every=QUICK)
    assert board.views
