"""The documented actions, one small function each."""

from types import MappingProxyType

from sms_notebook.sandbox.actions import activations, catalogue, ordering, rent
from sms_notebook.sandbox.state import ActionHandler

ACTIONS = MappingProxyType[str, ActionHandler](
    {
        "getNumbersStatus": catalogue.get_numbers_status,
        "getTopCountriesByService": catalogue.get_top_countries_by_service,
        "getTopCountriesByServiceRank": catalogue.get_top_countries_by_service_rank,
        "getBalance": catalogue.get_balance,
        "getBalanceAndCashBack": catalogue.get_balance_and_cash_back,
        "getOperators": catalogue.get_operators,
        "getActiveActivations": activations.get_active_activations,
        "getNumber": ordering.get_number,
        "getNumberV2": ordering.get_number_v2,
        "getMultiServiceNumber": ordering.get_multi_service_number,
        "setStatus": activations.set_status,
        "getStatus": activations.get_status,
        "getStatusV2": activations.get_status_v2,
        "getHistory": activations.get_history,
        "getListOfTopCountriesByService": catalogue.get_list_of_top_countries_by_service,
        "getIncomingCallStatus": activations.get_incoming_call_status,
        "getPrices": catalogue.get_prices,
        "getPricesExtended": catalogue.get_prices_extended,
        "getPricesVerification": catalogue.get_prices_verification,
        "getCountries": catalogue.get_countries,
        "getServicesList": catalogue.get_services_list,
        "getExtraActivation": ordering.get_extra_activation,
        "checkExtraActivation": ordering.check_extra_activation,
        "parseCall": activations.parse_call,
        "getRentServicesAndCountries": rent.get_rent_services_and_countries,
        "getRentNumber": rent.get_rent_number,
        "getRentStatus": rent.get_rent_status,
        "setRentStatus": rent.set_rent_status,
        "getRentList": rent.get_rent_list,
        "continueRentNumber": rent.continue_rent_number,
        "getContinueRentPriceNumber": rent.get_continue_rent_price_number,
        "continueRentInfo": rent.continue_rent_info,
        "buyPartnerProduct": ordering.buy_partner_product,
    }
)
"""Every action by its name on the wire, in the order of the API documentation."""
