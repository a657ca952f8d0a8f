"""Activations that are under way: their states, codes, calls and history."""

from sms_notebook.protocol import arguments as arg
from sms_notebook.protocol.arguments import Moment, OneNumber
from sms_notebook.protocol.calls import Caller, Effect, Frame, Params, action
from sms_notebook.protocol.frames import tables
from sms_notebook.protocol.readers import activations as read
from sms_notebook.protocol.readers.shapes import NOTHING


class Activations(Caller[Frame]):
    """Actions on activations."""

    @action(
        "getActiveActivations",
        tables.ACTIVE_ACTIVATIONS,
        read.active_activations,
        section="Request active activations",
        answers=(*NOTHING, "null"),
    )
    def get_active_activations(
        self, *, start: int | None = None, limit: int | None = None
    ) -> Params:
        """Activations that are alive, with the codes so far; an empty frame where there are none.

        The API documentation has no pages; some providers list 50 or 100 at most.

        Parameters
        ----------
        start : int, optional
            How many to leave out, where the provider lists them in pages.
        limit : int, optional
            How many to return, where it does.

        Raises
        ------
        BadKey, ServerError

        Examples
        --------
        >>> "sms_code" in sms.get_active_activations()
        True
        """
        return {"start": arg.whole("start", start, 0), "limit": arg.whole("limit", limit, 1)}

    @action(
        "setStatus",
        tables.STATUS_CHANGE,
        read.status_change,
        section="Change of activation status",
        effect=Effect.CHANGE,
        answers=("ACCESS_", "NO_CONTENT"),
    )
    def set_status(self, activation_id: OneNumber, status: int) -> Params:
        """Change an activation: one more code, finish, cancel.

        Parameters
        ----------
        activation_id : str, int or DataFrame
            The activation.
        status : {1, 3, 6, 8}
            1 the SMS has been sent, 3 one more code (free), 6 finish, 8 cancel.

        Raises
        ------
        EarlyCancelDenied
            Within the first two minutes; ``.retry_after`` seconds.
        CodeAlreadyReceived
            A code came before the change; it is in ``.messages``.
        ActivationNotFound, BadStatus, BadKey, BadAction, ServerError

        Examples
        --------
        >>> bought = sms.get_number("tg", 2)
        >>> sms.set_status(bought.loc[0, "activation_id"], 1).loc[0, "status"]
        'ACCESS_READY'
        """
        return {
            "id": arg.activation_id(activation_id),
            "status": arg.required("status", arg.whole("status", status, such_as="1, 3, 6 or 8")),
        }

    @action(
        "getStatus",
        tables.STATUS,
        read.status,
        section="Get activation status",
        answers=("STATUS_", "ACCESS_CANCEL", "FULL_SMS"),
    )
    def get_status(self, activation_id: OneNumber) -> Params:
        """State of an activation, and its code.

        ``STATUS_OK`` comes with the code. With ``STATUS_WAIT_RETRY`` the code is the past one.
        ``STATUS_CANCEL`` means over: cancelled, ended, or finished; get_history() has the code.

        Parameters
        ----------
        activation_id : str, int or DataFrame
            The activation.

        Raises
        ------
        ActivationNotFound, BadKey, BadAction, ServerError

        Examples
        --------
        >>> bought = sms.get_number("tg", 2)
        >>> sms.get_status(bought.loc[0, "activation_id"]).loc[0, "status"]
        'STATUS_WAIT_CODE'
        """
        return {"id": arg.activation_id(activation_id)}

    @action(
        "getStatusV2",
        tables.MESSAGES,
        read.status_v2,
        section="Get an activation status Version 2",
        answers=("STATUS_", "ACCESS_CANCEL", "FULL_SMS"),
    )
    def get_status_v2(self, activation_id: OneNumber) -> Params:
        """Messages and calls of an activation, with text, time and recording.

        An empty frame means that nothing has come: ``attrs["status"]`` tells the state, and
        ``attrs["verification_type"]`` whether ``sms``, ``call`` or ``voice`` is awaited.

        Parameters
        ----------
        activation_id : str, int or DataFrame
            The activation.

        Raises
        ------
        ActivationNotFound, BadKey, BadAction, ServerError

        Examples
        --------
        >>> bought = sms.get_number("tg", 2)
        >>> sms.get_status_v2(bought.loc[0, "activation_id"]).attrs["status"]
        'STATUS_WAIT_CODE'
        """
        return {"id": arg.activation_id(activation_id)}

    @action(
        "getHistory",
        tables.HISTORY,
        read.history,
        section="Get activation history",
        answers=NOTHING,
    )
    def get_history(
        self,
        *,
        start: Moment | None = None,
        end: Moment | None = None,
        offset: int | None = None,
        limit: int | None = None,
    ) -> Params:
        """Past and present activations, at most 30 days back.

        Parameters
        ----------
        start, end : datetime, str or float, optional
            From when to when: a datetime with a zone, the same as text, or a Unix timestamp.
        offset : int, optional
            How many to leave out; 0 if not given.
        limit : int, optional
            How many to return, 100 at most; 50 if not given.

        Raises
        ------
        BadValue
            If a date is over 30 days ago (``WRONG_DATE``).
        BadKey, BadAction, ServerError

        Examples
        --------
        >>> len(sms.get_history(limit=1)) <= 1
        True
        """
        return {
            "start": arg.moment("start", start),
            "end": arg.moment("end", end),
            "offset": arg.whole("offset", offset, 0),
            "limit": arg.whole("limit", limit, 1, 100),
        }

    @action(
        "getIncomingCallStatus",
        tables.INCOMING_CALL,
        read.incoming_call,
        section="Get the status of an incoming call",
    )
    def get_incoming_call_status(self, activation_id: OneNumber) -> Params:
        """Whether somebody has called the number of an activation.

        Parameters
        ----------
        activation_id : str, int or DataFrame
            The activation.

        Raises
        ------
        ActivationNotFound, BadKey

        Examples
        --------
        >>> bought = sms.get_number("tg", 2, activation_type=1)
        >>> sms.get_incoming_call_status(bought.loc[0, "activation_id"]).loc[0, "status"]
        '2'
        """
        return {"activationId": arg.activation_id(activation_id)}

    @action(
        "parseCall",
        tables.PARSE_CALL,
        read.parse_call,
        section="Repeated voice parsing",
        effect=Effect.CHANGE,
    )
    def parse_call(self, activation_id: OneNumber, new_lang: str) -> Params:
        """Have the recording of a call parsed again, in another language; 4 times at most.

        Parameters
        ----------
        activation_id : str, int or DataFrame
            The activation.
        new_lang : str
            The language, for example ``en``.

        Raises
        ------
        VoiceError
            No call has come yet, or it was parsed 4 times.
        ActivationNotFound, BadKey, BadAction, ServerError

        Examples
        --------
        >>> bought = sms.get_number("tg", 2, activation_type=2, language="en")
        >>> sms.parse_call(bought.loc[0, "activation_id"], "ru")
        Traceback (most recent call last):
            ...
        sms_notebook.VoiceError: ...
        """
        return {
            "id": arg.activation_id(activation_id),
            "newLang": arg.required("new_lang", arg.text("new_lang", new_lang)),
        }
