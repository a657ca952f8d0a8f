"""Your own code: gets a code for a service, wherever there is a number."""

from collections.abc import Iterable

from sms_notebook import Client, NoNumbers


def code_for(service: str, countries: Iterable[str], sms: Client | None = None) -> str | None:
    """Order a number in the first country that has one, wait for its code, and confirm it."""
    sms = sms or Client()
    for country in countries:
        try:
            number = sms.order(service, country, max_price="1.00").loc[0, "activation_id"]
        except NoNumbers:
            continue
        code = str(sms.wait_code(number).loc[0, "code"])
        sms.finish(number)
        return code
    return None
