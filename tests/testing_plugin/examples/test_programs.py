import asyncio
import subprocess
import sys

import httpx


def test_async_code(sms_async, sms_sandbox):
    async def code() -> str:
        number = (await sms_async.order("tg", "Kazakhstan")).loc[0, "activation_id"]
        return str((await sms_async.wait_code(number)).loc[0, "code"])

    sms_sandbox.reply("Your code is 01234")
    assert asyncio.run(code()) == "01234"


def test_a_program_in_another_process(sms_server):
    sms_server.sandbox.reply("Your code is 01234")
    program = "import signup; print(signup.code_for('tg', ['Kazakhstan']))"
    run = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert run.stdout == "01234\n"
    assert len(sms_server.sandbox.purchases()) == 1


def test_a_program_in_any_language(sms_server):
    question = {"api_key": sms_server.key, "action": "getBalance"}
    assert httpx.get(sms_server.url, params=question).text == "ACCESS_BALANCE:50.00"
    assert httpx.get(sms_server.url, params={"action": "getBalance"}).text == "BAD_KEY"
