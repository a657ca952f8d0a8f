"""Advice in the words of ``%sms``: errors of the client speak of Python's methods."""

import re

from sms_notebook.protocol.errors import SmsError

_PHRASES = (
    (r"sms\.wait_code\('([^']*)'\)", r"%sms wait \1"),
    (r"sms\.(again|finish|cancel)\('([^']*)'\)", r"%sms \1 \2"),
    (r"sms\.(reconcile|ledger)\(\)", r"%sms \1"),
    (r"Name those .*: sms\.watch\(rents=\[…\]\)", "%sms rent messages ID shows those of one"),
    (r"get_active_activations\(\)", "%sms active"),
    (r"get_balance\(\)", "%sms balance"),
    (r"get_countries\(\)", "%sms countries"),
    (r"get_history\(\)", "%sms history"),
    (r"get_rent_list\(\)", "%sms rent list"),
    (r"get_rent_status\(\)", "%sms rent messages"),
    (r"get_rent_services_and_countries\(country=…\)", "%sms rent offers"),
    (r"get_services_list\(\)", "%sms services"),
    (r"get_status\(\)", "%sms code"),
    (r"get_status_v2\(\)", "%sms code ID --text"),
    (r"get_top_countries_by_service\b", "%sms top"),
    (r"set_rent_status\(rent_id, 1\)", "%sms rent finish ID"),
    (r"\bPass max_price\b", "Add --max-price"),
    (r"\bpass max_price\b", "add --max-price"),
    (r"\bmax_price\b", "--max-price"),
    (r"^(timeout|every) takes", r"--\1 takes"),
    (r"^start (is|has)", r"--since \1"),
    (r"^end (is|has)", r"--until \1"),
    (r"pass the key as api_key", "give the key to %sms login"),
    (r"pass base_url\b", "use --base-url"),
    (r"\bbase_url\b", "--base-url"),
    (
        r"Before a code: 1 = .*; after it: 3 = one more, 6 = finish",
        "Before a code: %sms ready or %sms cancel; after it: %sms again or %sms finish",
    ),
    (r"\bphone_exception\b", "--exclude"),
    (r"\brent_time\b", "--hours"),
    (r"\buser_id\b", "--user"),
    (r"make a client with a higher budget", "raise it with %sms budget"),
    (r"Buy it with a client that has no budget", "%sms budget none takes it away"),
    (r"pass api_key=…", "use %sms login"),
    (r"Pass provider=… or set SMS_PROVIDER", "Choose one with %sms provider, or set SMS_PROVIDER"),
    (r"Client\(provider='sandbox'\)", "%sms provider sandbox"),
)


def in_words_of_the_magic(text: str) -> str:
    """Put commands in place of methods.

    Examples
    --------
    >>> in_words_of_the_magic("Unknown. get_countries() lists them; sms.wait_code('7') waits.")
    'Unknown. %sms countries lists them; %sms wait 7 waits.'
    """
    for pattern, phrase in _PHRASES:
        text = re.sub(pattern, phrase, text)
    return text


def rephrase(problem: SmsError | KeyboardInterrupt) -> None:
    """Let an error speak so."""
    problem.args = tuple(
        in_words_of_the_magic(arg) if isinstance(arg, str) else arg for arg in problem.args
    )
