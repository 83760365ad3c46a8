"""The months as Arabic pages name them. Own list because no library has it: dateparser knows the Levantine names only in one
locale and neither dual names («24 من تموز/ يوليو») nor Maghrebi ones, htmldate puts every Levantine month on 1 January
(measured in 2026; see the decision record).
"""

from __future__ import annotations

import re

# Levantine, Egyptian and Gulf, Tunisian and Algerian, Moroccan; spellings with and without hamza, numbers as Joomla prints them.
MONTHS: dict[str, int] = {
    name: number
    for number, names in enumerate(
        (
            "كانون الثاني|كانون ثاني|كانون2|كانون 2|يناير|ينايرو|جانفي",
            "شباط|فبراير|فيفري|فبرائر",
            "آذار|اذار|أذار|مارس|مارت",
            "نيسان|أبريل|ابريل|إبريل|أفريل|افريل",
            "أيار|ايار|مايو|ماي|ماى",
            "حزيران|يونيو|يونيه|جوان|يونية",
            "تموز|يوليو|يوليه|جويلية|يوليوز|يولية",
            "آب|اب|أغسطس|اغسطس|أوت|اوت|غشت",
            "أيلول|ايلول|سبتمبر|شتنبر",
            "تشرين الأول|تشرين الاول|تشرين1|تشرين 1|تشرين أول|أكتوبر|اكتوبر|أوكتوبر|تشرين اول",
            "تشرين الثاني|تشرين ثاني|تشرين2|تشرين 2|نوفمبر|نونبر|نوفمبير",
            "كانون الأول|كانون الاول|كانون1|كانون 1|كانون أول|ديسمبر|دجنبر|كانون اول",
        ),
        start=1,
    )
    for name in names.split("|")
}
_SHORT = "jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec"
ENGLISH = {name: number for number, name in enumerate(re.findall(r"[a-z]+", _SHORT), start=1)}
MONTH = "(?:" + "|".join(name.replace(" ", r" ") for name in sorted(MONTHS, key=len, reverse=True)) + ")"
# One month, or the same month in two or three calendars: «تموز/ يوليو», «أيلول (سبتمبر - شتنبر)», «نوفمبر-تشرين الثاني».
NAMED_MONTH = rf"(?P<month>{MONTH})(?P<also>(?: ?[/\\(،-] ?{MONTH}){{0,2}}) ?\)?"
