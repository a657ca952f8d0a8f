"""Panels of a client that masks: no number, code or text of a message is to be seen or copied."""

from panels.conftest import state_of_all

from sms_notebook.panels import Dashboard, OrderPanel, RentPanel, WatchPanel

TEXT = "Your code is 24680. Do not share it."


def bought(sms):
    """Order a number whose code has come; return all that must not be seen."""
    number = sms.order("tg", "Kazakhstan").loc[0]
    sms.sandbox.send_sms(number["activation_id"], TEXT)
    bare = str(number["phone_number"])
    return [bare, f"{bare[1:4]} {bare[4:7]} {bare[7:]}", "24680"]


def seen_anywhere(panel):
    """Return all that is in widgets and in what is saved with a notebook."""
    return state_of_all() + str(panel._repr_mimebundle_())


def hidden(panel, secrets):
    everything = seen_anywhere(panel)
    return not any(one in everything for one in secrets)


def test_a_masked_client_shows_masked_rows(sms, look):
    secrets = bought(sms)
    sms.mask()
    seen = look(WatchPanel(sms, every=0.2))
    seen.shows('value="•••"')  # the code as it can be copied
    seen.shows(f'value="{secrets[0][:4]}•••{secrets[0][-4:]}"')
    seen.shows(f"+{secrets[0][:4]}•••{secrets[0][-4:]}")
    assert hidden(seen.panel, [*secrets, "Do not share"])


def test_masking_hides_at_once_what_is_on_the_screen(sms, look):
    secrets = bought(sms)
    seen = look(Dashboard(sms, every=0.2))
    seen.shows(f'value="{secrets[0]}"')
    seen.shows('value="24680"')
    sms.mask()
    bundle = str(seen.panel._repr_mimebundle_())
    assert not any(one in bundle for one in secrets)  # not even in this very moment
    seen.until(lambda: hidden(seen.panel, secrets), 2.0)
    sms.mask(False)
    seen.shows('value="24680"')


def test_what_was_said_of_an_order_is_hidden_too(sms, look):
    seen = look(OrderPanel(sms, every=0.2))
    seen.shows("Pick a service")
    seen.named("Name or code").value = "tg"
    seen.named("Name, ISO").value = "2"
    seen.until(lambda: not seen.named("Order").disabled)
    seen.click("Order")
    seen.says("Ordered +7 ")
    sms.mask()
    seen.until(lambda: "Ordered" not in seen.status(), 2.0)
    seen.until(lambda: not seen.named("Order").disabled)
    seen.click("Order")
    seen.says("•••")
    assert "for 0.86 USD" in seen.status()


def test_messages_of_a_rent_are_masked_and_come_back(sms, look):
    ref = str(sms.rent("full", "Kazakhstan", 24).loc[0, "rent_id"])
    seen = look(RentPanel(sms, every=0.2))
    seen.shows(f"rent {ref}")
    sms.sandbox.send_sms(ref, TEXT)
    seen.shows(TEXT)
    sms.mask()
    seen.until(lambda: hidden(seen.panel, ["24680", "Do not share"]), 2.0)
    seen.shows("•••")
    sms.mask(False)
    seen.shows(TEXT, 2.0)
