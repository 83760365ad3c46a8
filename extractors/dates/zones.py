"""IANA time zones of dates that state no offset: of the city that a line names, of the outlet, of a country domain."""

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

# «17:30 بتوقيت بيروت». Not «عمان», which names two capitals, nor «طرابلس».
CITIES = {
    name: key
    for key, names in {
        "Asia/Damascus": "دمشق|سوريا|سورية",
        "Asia/Beirut": "بيروت|لبنان",
        "Asia/Hebron": "القدس|فلسطين|غزة",
        "Asia/Baghdad": "بغداد|العراق",
        "Africa/Cairo": "القاهرة|مصر",
        "Asia/Riyadh": "الرياض|السعودية",
        "Asia/Dubai": "دبي|أبوظبي|أبو ظبي|الإمارات",
        "Asia/Qatar": "الدوحة|قطر",
        "Asia/Kuwait": "الكويت",
        "Asia/Aden": "صنعاء|عدن|اليمن",
        "Africa/Tunis": "تونس",
        "Africa/Algiers": "الجزائر",
        "Africa/Casablanca": "الرباط|المغرب",
        "Africa/Khartoum": "الخرطوم|السودان",
        "Europe/Istanbul": "إسطنبول|اسطنبول|أنقرة|تركيا",
        "Europe/London": "لندن",
        "Europe/Paris": "باريس",
        "Europe/Berlin": "برلين",
        "Europe/Moscow": "موسكو",
    }.items()
    for name in names.split("|")
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
