"""What exists: countries, services, operators."""

from sms_notebook.protocol.catalogue import services
from sms_notebook.sandbox.answers import Answer, in_json, refused
from sms_notebook.sandbox.buying import country_of
from sms_notebook.sandbox.params import Params, text
from sms_notebook.sandbox.state import State

_ANY_OTHER = {"ru": "Любой другой", "es": "Cualquier otro", "cn": "任何其他"}
"""Brands have one name in all languages; this is the one name that is translated."""


def get_countries(state: State, _params: Params) -> Answer:
    """Answer getCountries."""
    return in_json(
        {
            str(land.id): {
                "id": land.id,
                "rus": land.country.rus,
                "eng": land.country.eng,
                "chn": land.country.chn,
                "visible": int(land.visible),
                "retry": int(land.retry),
                "rent": int(land.rent),
                "multiService": int(land.multi_service),
            }
            for land in state.lands.values()
        }
    )


def get_services_list(state: State, params: Params) -> Answer:
    """Answer getServicesList: of one country only what has a price there."""
    names = {service.code: service.name for service in services()}
    if "ot" in names:
        names["ot"] = _ANY_OTHER.get(params.get("lang", ""), names["ot"])
    codes = list(names)
    if text(params, "country") is not None:
        country = country_of(params)
        codes = [offer.service for offer in state.market.shelf(country)]
    rows = [{"code": code, "name": names[code]} for code in codes]
    return in_json({"status": "success", "services": rows})


def get_operators(state: State, params: Params) -> Answer:
    """Answer getOperators, for one country or for all."""
    known = {str(land.id): land.operators for land in state.lands.values() if land.operators}
    if text(params, "country") is not None:
        asked = str(country_of(params))
        known = {asked: known[asked]} if asked in known else {}
    if not known:
        raise refused("OPERATORS_NOT_FOUND")
    return in_json({"status": "success", "countryOperators": known})
