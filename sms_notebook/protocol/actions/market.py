"""The market: what there is, where, and for how much. Reading it costs nothing."""

from typing import Literal

from sms_notebook.protocol import arguments as arg
from sms_notebook.protocol.arguments import CountryLike, Texts
from sms_notebook.protocol.calls import Caller, Frame, Params, action
from sms_notebook.protocol.frames import tables
from sms_notebook.protocol.readers import market as read
from sms_notebook.protocol.readers.prices import decode_prices, prices, top_countries
from sms_notebook.protocol.readers.shapes import NOTHING


class Market(Caller[Frame]):
    """Actions that look at the market."""

    @action(
        "getNumbersStatus",
        tables.NUMBERS_STATUS,
        read.numbers_status,
        section="Request the available quantity of virtual numbers",
    )
    def get_numbers_status(
        self, *, country: CountryLike | None = None, operator: Texts | None = None
    ) -> Params:
        """Numbers in stock, for each service of a country.

        Parameters
        ----------
        country : int or str, optional
            Id, ISO code or English name.
        operator : str or list of str, optional
            Only these operators; known for Ukraine (1) and Kazakhstan (2).

        Raises
        ------
        BadKey, ServerError

        Examples
        --------
        >>> stock = sms.get_numbers_status(country="Kazakhstan")
        >>> stock.columns.tolist()
        ['service', 'count', 'forward']
        """
        return {
            "country": arg.identifier("country", country),
            "operator": arg.joined("operator", operator),
        }

    @action(
        "getTopCountriesByService",
        tables.TOP_COUNTRIES,
        top_countries,
        section="Request for top countries by service",
    )
    def get_top_countries_by_service(
        self, service: str, *, free_price: bool | None = None
    ) -> Params:
        """Countries for a service, the best first.

        Parameters
        ----------
        service : str
            Code or name.
        free_price : bool, optional
            True adds the FreePrice tiers: one row per tier.

        Raises
        ------
        BadService

        Examples
        --------
        >>> top = sms.get_top_countries_by_service("tg")
        >>> top.loc[0, "service"]
        'tg'
        """
        return {
            "service": arg.required("service", arg.text("service", service)),
            "freePrice": arg.flag("free_price", free_price),
        }

    @action(
        "getTopCountriesByServiceRank",
        tables.TOP_COUNTRIES,
        top_countries,
        section="Request top countries by service (current user rank is considered)",
    )
    def get_top_countries_by_service_rank(
        self, service: str, *, free_price: bool | None = None
    ) -> Params:
        """Countries for a service, the best first, with the prices of your rank.

        Parameters
        ----------
        service : str
            Code or name.
        free_price : bool, optional
            True adds the FreePrice tiers: one row per tier.

        Raises
        ------
        BadService

        Examples
        --------
        >>> tiers = sms.get_top_countries_by_service_rank("tg", free_price=True)
        >>> bool(tiers["free_price"].notna().any())
        True
        """
        return {
            "service": arg.required("service", arg.text("service", service)),
            "freePrice": arg.flag("free_price", free_price),
        }

    @action(
        "getListOfTopCountriesByService",
        tables.TOP_LIST,
        read.top_list,
        section="Get TOP 10 countries by a service",
        answers=NOTHING,
    )
    def get_list_of_top_countries_by_service(
        self, service: str, *, length: int | None = None, page: int | None = None
    ) -> Params:
        """The countries most used for a service, with the share that got its code.

        Parameters
        ----------
        service : str
            Code or name.
        length : int, optional
            Rows a page; 10 if not given.
        page : int, optional
            The page, from 1.

        Raises
        ------
        BadService, BadKey, BadAction, ServerError

        Examples
        --------
        >>> len(sms.get_list_of_top_countries_by_service("tg", length=3))
        3
        """
        return {
            "service": arg.required("service", arg.text("service", service)),
            "length": arg.whole("length", length, 1),
            "page": arg.whole("page", page, 1),
        }

    @action("getOperators", tables.OPERATORS, read.operators, section="Request available operators")
    def get_operators(self, *, country: CountryLike | None = None) -> Params:
        """Mobile operators, of one country or of all.

        Parameters
        ----------
        country : int or str, optional
            Id, ISO code or English name; all countries if not given.

        Raises
        ------
        BadCountry, BadKey, ServerError

        Examples
        --------
        >>> "kyivstar" in sms.get_operators(country="UA")["operator"].tolist()
        True
        """
        return {"country": arg.identifier("country", country)}

    @action(
        "getPrices",
        tables.PRICES,
        prices(tables.PRICES),
        section="Get current prices by country",
        decode_json=decode_prices,
    )
    def get_prices(self, service: str | None = None, country: CountryLike | None = None) -> Params:
        """Current prices and stock, by country and service.

        ``count`` may be large while ``physical_count`` is 0: then nothing can be bought now.

        Parameters
        ----------
        service : str, optional
            Code or name; all services if not given.
        country : int or str, optional
            Id, ISO code or English name; all countries if not given.

        Raises
        ------
        BadKey, ServerError

        Examples
        --------
        >>> prices = sms.get_prices(service="tg", country=2)
        >>> prices[["country", "service"]]
           country service
        0        2      tg
        """
        return {
            "service": arg.text("service", service),
            "country": arg.identifier("country", country),
        }

    @action(
        "getPricesExtended",
        tables.PRICES_EXTENDED,
        prices(tables.PRICES_EXTENDED),
        section="Get current prices by country FreePrice",
        decode_json=decode_prices,
    )
    def get_prices_extended(
        self,
        service: str | None = None,
        country: CountryLike | None = None,
        *,
        free_price: bool | None = None,
    ) -> Params:
        """Current prices and stock, with the FreePrice tiers where asked.

        Parameters
        ----------
        service : str, optional
            Code or name; all services if not given.
        country : int or str, optional
            Id, ISO code or English name; all countries if not given.
        free_price : bool, optional
            True adds the FreePrice tiers: one row per tier.

        Raises
        ------
        BadKey, ServerError

        Examples
        --------
        >>> tiers = sms.get_prices_extended("tg", 2, free_price=True)
        >>> bool(tiers["free_price"].is_monotonic_increasing)
        True
        """
        return {
            "service": arg.text("service", service),
            "country": arg.identifier("country", country),
            "freePrice": arg.flag("free_price", free_price),
        }

    @action(
        "getPricesVerification",
        tables.PRICES_VERIFICATION,
        prices(tables.PRICES_VERIFICATION, service_first=True),
        section="Get up-to-date prices for services for verification",
    )
    def get_prices_verification(self, service: str | None = None) -> Params:
        """Current prices of activations by call, by service and country.

        Parameters
        ----------
        service : str, optional
            Code or name; all services if not given.

        Raises
        ------
        BadKey, BadAction, ServerError

        Examples
        --------
        >>> calls = sms.get_prices_verification("tg")
        >>> calls["service"].unique().tolist()
        ['tg']
        """
        return {"service": arg.text("service", service)}

    @action("getCountries", tables.COUNTRIES, read.countries, section="Get a list of all countries")
    def get_countries(self) -> Params:
        """All countries of the provider.

        Raises
        ------
        BadKey, ServerError

        Examples
        --------
        >>> countries = sms.get_countries()
        >>> countries.loc[countries["country"] == 2, "eng"].item()
        'Kazakhstan'
        """
        return {}

    @action("getServicesList", tables.SERVICES, read.services, section="Get a list of all services")
    def get_services_list(
        self,
        *,
        country: CountryLike | None = None,
        lang: Literal["ru", "en", "es", "cn"] | None = None,
    ) -> Params:
        """All services, or those that have a price in a country.

        Parameters
        ----------
        country : int or str, optional
            Id, ISO code or English name.
        lang : {"ru", "en", "es", "cn"}, optional
            Language of the names; English if not given.

        Raises
        ------
        BadKey, ServerError

        Examples
        --------
        >>> services = sms.get_services_list()
        >>> services.loc[services["service"] == "aoo", "name"].item()
        'Pegasus Airlines'
        """
        return {
            "country": arg.identifier("country", country),
            "lang": arg.text("lang", lang),
        }
