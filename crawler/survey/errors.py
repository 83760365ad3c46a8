"""Why no outlet can be made of a site."""

from __future__ import annotations


class SurveyError(Exception):
    """No outlet can be made of the site; the message says why in one line."""
