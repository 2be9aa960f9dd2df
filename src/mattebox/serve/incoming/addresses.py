"""Which addresses of the internet are public: that of whoever asks us to fetch something must be one."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

__all__ = ["is_public"]

UNICAST = IPv6Network("2000::/3")
"""All that is given out of IPv6; mapped, compatible, local and multicast addresses lie outside of it."""

TUNNELS = (IPv6Network("2001::/32"), IPv6Network("2002::/16"), IPv4Network("192.88.99.0/24"))
"""Teredo and 6to4, both given up: what is wrapped in them may be anything."""

SPECIAL = (
    IPv4Network("168.63.129.16/32"),  # where a machine in Azure reaches what runs it
    IPv4Network("192.0.0.0/24"),
    IPv6Network("3fff::/20"),
    IPv6Network("2620:4f:8000::/48"),
)
"""Further ones that are no public servers, which Python does not know everywhere (IANA's registries of special use)."""

NAT64 = IPv6Network("64:ff9b::/96")
"""How networks without IPv4 reach it (RFC 6052): the last four bytes are the address that is meant."""


def is_public(address: str) -> bool:
    """Whether an address, as the resolver gives it, belongs to the public internet.

    Networks with a NAT64 prefix of their own are not known here; where a server stands in one, its firewall has to
    know.

    Example:
        >>> [is_public(each) for each in ("93.184.215.14", "10.0.0.1", "::ffff:127.0.0.1", "64:ff9b::7f00:1")]
        [True, False, False, False]
    """
    try:
        ip = ip_address(address)
    except ValueError:
        return False
    if isinstance(ip, IPv6Address):
        if ip.scope_id is not None:
            return False
        if ip not in NAT64:
            return ip in UNICAST and is_plain(ip)
        ip = IPv4Address(int(ip) & 0xFFFFFFFF)
    return is_plain(ip) and not (ip.is_multicast or ip.is_reserved)


def is_plain(ip: IPv4Address | IPv6Address) -> bool:
    """Whether an address is of no network that is set aside."""
    return ip.is_global and not any(ip in network for network in (*TUNNELS, *SPECIAL))
