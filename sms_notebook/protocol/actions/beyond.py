"""What several providers have beyond the API documentation, each once for all of them."""

from sms_notebook.protocol import arguments as arg
from sms_notebook.protocol.arguments import CountryLike, OneNumber
from sms_notebook.protocol.calls import Caller, Frame, Params, action
from sms_notebook.protocol.frames import tables
from sms_notebook.protocol.readers import activations as read
from sms_notebook.protocol.readers.market import delivery_rates
from sms_notebook.protocol.readers.prices import price_tiers
from sms_notebook.protocol.readers.shapes import NOTHING
from sms_notebook.protocol.replies import Status


class Beyond(Caller[Frame]):
    """Actions beyond the API documentation."""

    @action(
        "getAllSms",
        tables.ALL_MESSAGES,
        read.all_messages,
        is_beyond=True,
        answers=(*NOTHING, Status.WAIT_CODE, Status.WAIT_RETRY, Status.OK, "FULL_SMS"),
    )
    def get_all_sms(
        self, activation_id: OneNumber, *, page: int | None = None, size: int | None = None
    ) -> Params:
        """All messages of a number: of an activation, or of a rent where that is one.

        getStatus and getStatusV2 tell the latest alone. ``attrs["total"]`` says how many there are
        in all, where the provider does.

        Parameters
        ----------
        activation_id : str, int or DataFrame
            The activation.
        page : int, optional
            The page, from 1.
        size : int, optional
            Rows a page.

        Raises
        ------
        ActivationNotFound
            If there is none, or it is over: ``.is_over`` tells.
        UsageProblem
            If the provider does not have this. Nothing was sent.
        BadKey, ServerError

        Examples
        --------
        >>> sms.get_all_sms(1)
        Traceback (most recent call last):
            ...
        sms_notebook.UsageProblem: ...
        """
        return {
            "id": arg.activation_id(activation_id),
            "page": arg.whole("page", page, 1),
            "size": arg.whole("size", size, 1),
        }

    @action(
        "getPricesV2",
        tables.PRICE_TIERS,
        price_tiers,
        is_beyond=True,
        extras={"bySupplier": "by_supplier"},
    )
    def get_price_tiers(
        self,
        service: str,
        country: CountryLike | None = None,
        *,
        by_supplier: bool | None = None,
    ) -> Params:
        """Prices of a service with how many numbers there are at each, the same for all providers.

        ``count_kind`` says what the count means: ``exact`` (so many cost exactly that),
        ``cumulative`` (so many cost that or less) or ``not known``. The same offers are getPricesV2
        or getPricesV3 at one provider, getPricesExtended or a ranking at another.

        Parameters
        ----------
        service : str
            Code or name.
        country : int or str, optional
            Id, ISO code or English name; all countries if not given.
        by_supplier : bool, optional
            True tells whose numbers they are, in ``provider_id``, where the provider names them.

        Raises
        ------
        UsageProblem
            If the provider does not have this. Nothing was sent.
        BadService, BadCountry, BadKey, ServerError

        Examples
        --------
        >>> tiers = sms.get_price_tiers("tg", "Kazakhstan")
        >>> tiers.columns[:5].tolist()
        ['service', 'country', 'price', 'currency', 'count']
        """
        return {
            "service": arg.required("service", arg.text("service", service)),
            "country": arg.identifier("country", country),
            "bySupplier": arg.flag("by_supplier", by_supplier or None),
        }

    @action(
        "getDeliveryRates",
        tables.DELIVERY_RATES,
        delivery_rates,
        is_beyond=True,
        answers=NOTHING,
    )
    def get_delivery_rates(self, service: str, country: CountryLike | None = None) -> Params:
        """How many numbers of a service get their code, in percent, the same for all providers.

        By country, or by supplier where the provider tells it so: then ``provider_id`` names the
        supplier, as `get_number_v2` takes it.

        Parameters
        ----------
        service : str
            Code or name.
        country : int or str, optional
            Id, ISO code or English name; all that the provider tells if not given.

        Raises
        ------
        UsageProblem
            If the provider does not have this. Nothing was sent.
        BadService, BadKey, ServerError

        Examples
        --------
        >>> rates = sms.get_delivery_rates("tg")
        >>> bool(rates["rate"].between(0, 100).all())
        True
        """
        return {
            "service": arg.required("service", arg.text("service", service)),
            "country": arg.identifier("country", country),
        }
