"""The time zone of dates that state none: the outlet's, else that of a country domain."""

from __future__ import annotations

from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

# Country domains whose pages print local time without an offset.
ZONES = {
    "sy": "Asia/Damascus",
    "lb": "Asia/Beirut",
    "jo": "Asia/Amman",
    "ps": "Asia/Hebron",
    "iq": "Asia/Baghdad",
    "eg": "Africa/Cairo",
    "sa": "Asia/Riyadh",
    "ae": "Asia/Dubai",
    "qa": "Asia/Qatar",
    "kw": "Asia/Kuwait",
    "bh": "Asia/Bahrain",
    "om": "Asia/Muscat",
    "ye": "Asia/Aden",
    "ly": "Africa/Tripoli",
    "tn": "Africa/Tunis",
    "dz": "Africa/Algiers",
    "ma": "Africa/Casablanca",
    "mr": "Africa/Nouakchott",
    "sd": "Africa/Khartoum",
}


def zone_of(name: str | None, host: str = "") -> ZoneInfo | None:
    """A time zone by name, else by the country domain of a host; None when neither tells."""
    key = name or ZONES.get(host.rpartition(".")[2])
    if key is None:
        return None
    try:
        return ZoneInfo(key)
    except ZoneInfoNotFoundError:
        return None
