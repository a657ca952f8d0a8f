"""Names and addresses of hosts: which of them are this machine."""

from ipaddress import ip_address


def bare(host: str) -> str:
    """Return a host as it is compared: without brackets, a dot at its end, and capitals."""
    return host.strip().strip("[]").rstrip(".").lower()


def is_address(host: str) -> bool:
    """Tell whether a host is written as an address."""
    try:
        ip_address(bare(host))
    except ValueError:
        return False
    return True


def is_loopback(host: str) -> bool:
    """Tell whether a host is this machine.

    Examples
    --------
    >>> [is_loopback(host) for host in ("LOCALHOST.", "127.1.2.3", "[::1]", "localhost.example")]
    [True, True, True, False]
    """
    name = bare(host)
    if not is_address(name):
        return name == "localhost" or name.endswith(".localhost")
    address = ip_address(name)
    return bool((getattr(address, "ipv4_mapped", None) or address).is_loopback)
