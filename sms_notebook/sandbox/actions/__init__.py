"""The documented actions, one small function each."""

from collections.abc import Callable
from types import MappingProxyType

from sms_notebook.sandbox.actions import (
    catalogue,
    listing,
    money,
    ordering,
    partner,
    prices,
    progress,
    rent_orders,
    rent_progress,
)
from sms_notebook.sandbox.answers import Answer
from sms_notebook.sandbox.params import Params
from sms_notebook.sandbox.state import State

Action = Callable[[State, Params], Answer]

ACTIONS = MappingProxyType[str, Action](
    {
        "getNumbersStatus": prices.get_numbers_status,
        "getTopCountriesByService": prices.get_top_countries_by_service,
        "getTopCountriesByServiceRank": prices.get_top_countries_by_service_rank,
        "getBalance": money.get_balance,
        "getBalanceAndCashBack": money.get_balance_and_cash_back,
        "getOperators": catalogue.get_operators,
        "getActiveActivations": listing.get_active_activations,
        "getNumber": ordering.get_number,
        "getNumberV2": ordering.get_number_v2,
        "getMultiServiceNumber": ordering.get_multi_service_number,
        "setStatus": progress.set_status,
        "getStatus": progress.get_status,
        "getStatusV2": progress.get_status_v2,
        "getHistory": listing.get_history,
        "getListOfTopCountriesByService": prices.get_list_of_top_countries_by_service,
        "getIncomingCallStatus": progress.get_incoming_call_status,
        "getPrices": prices.get_prices,
        "getPricesExtended": prices.get_prices_extended,
        "getPricesVerification": prices.get_prices_verification,
        "getCountries": catalogue.get_countries,
        "getServicesList": catalogue.get_services_list,
        "getExtraActivation": ordering.get_extra_activation,
        "checkExtraActivation": ordering.check_extra_activation,
        "parseCall": progress.parse_call,
        "getRentServicesAndCountries": rent_orders.get_rent_services_and_countries,
        "getRentNumber": rent_orders.get_rent_number,
        "getRentStatus": rent_progress.get_rent_status,
        "setRentStatus": rent_progress.set_rent_status,
        "getRentList": rent_progress.get_rent_list,
        "continueRentNumber": rent_orders.continue_rent_number,
        "getContinueRentPriceNumber": rent_orders.get_continue_rent_price_number,
        "continueRentInfo": rent_orders.continue_rent_info,
        "buyPartnerProduct": partner.buy_partner_product,
    }
)
"""Every action by its name on the wire, in the order of the API documentation."""
