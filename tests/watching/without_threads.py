"""A Python as poor as that of a browser: it starts no thread, opens no connection, has no psutil.

Run by test_without_threads.py, which reads what is printed.
"""

import _thread
import asyncio
import socket
import subprocess
import sys
import threading

from IPython.core.interactiveshell import InteractiveShell


def refuse(*_args: object, **_options: object) -> None:
    raise RuntimeError("can't start new thread")


def poor() -> None:
    for module in (_thread, threading):
        for name in ("start_new_thread", "start_joinable_thread"):
            for mangled in (name, f"_{name}"):
                if hasattr(module, mangled):
                    setattr(module, mangled, refuse)
    for name in ("psutil", "vl_convert"):
        sys.modules[name] = None
    socket.socket.connect = socket.socket.bind = socket.getaddrinfo = refuse
    subprocess.Popen = refuse


the_shell = InteractiveShell()
poor()

from sms_notebook import AsyncClient, Client, UsageProblem  # noqa: E402 - it needs no thread


async def a_code(turn: int) -> None:
    """Order, wait for the code, finish; all beside something else on the same loop."""
    async with AsyncClient() as sms:
        number = await sms.order("tg", "Kazakhstan", key=f"number {turn}")
        ref = number.loc[0, "activation_id"]
        waiting = asyncio.ensure_future(sms.wait_code(number))
        await asyncio.sleep(0)
        sms.sandbox.send_sms(ref, "Your code is 12345")
        print("code", (await waiting).loc[0, "code"])
        watched = asyncio.ensure_future(anext(sms.events(ref)))
        print("event", (await watched).kind)
        print("finished", (await sms.finish(number)).loc[0, "status"])
        print("settled", len(await sms.reconcile()))


def say(what: str, shell: InteractiveShell) -> None:
    done = shell.run_cell(what, silent=True)
    print("failed" if done.error_in_exec else "done", done.error_in_exec or what)


async def in_a_kernel(shell: InteractiveShell) -> None:
    """What %sms does where the loop of a kernel runs."""
    say("%load_ext sms_notebook", shell)
    say("%sms balance", shell)
    say("number = %sms order tg KZ --key kernel", shell)
    say("%sms wait {number}", shell)
    say("%sms watch {number}", shell)
    say("%sms webhooks start --port 0", shell)
    sms = Client()
    try:
        sms.wait_code(shell.user_ns["number"])
    except UsageProblem as error:
        print("UsageProblem", error)
    sms.close()


def in_a_script() -> None:
    """What the other client does where no loop runs."""
    with Client() as sms:
        number = sms.order("tg", "Kazakhstan", key="script")
        sms.sandbox.send_sms(number.loc[0, "activation_id"], "Your code is 54321")
        print("code", sms.wait_code(number).loc[0, "code"])
        with sms.watch(number) as watch:
            print("event", next(watch).kind, len(watch.frame))


if __name__ == "__main__":
    asyncio.run(a_code(1))
    asyncio.run(a_code(2))
    asyncio.run(in_a_kernel(the_shell))
    in_a_script()
