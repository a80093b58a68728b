"""Forms that change something are taken from this service's own pages only."""

from urllib.parse import urlsplit

from flask import request

from churn_service.errors import CrossSiteError


def refuse_other_sites() -> None:
    """Refuse a form that no page of this origin has sent.

    Browsers say where a form comes from: by Sec-Fetch-Site on HTTPS and on this
    machine, by Origin elsewhere. Who says nothing is no browser.

    Raises:
        CrossSiteError: When the request at hand does not prove its origin.
    """
    site = request.headers.get("Sec-Fetch-Site")
    origin = urlsplit(request.headers.get("Origin", "")).netloc
    is_ours = site == "same-origin" if site else origin == request.host
    if not is_ours:
        raise CrossSiteError(
            "A browser may only change things from the pages of this site. Programs use "
            "PUT /models/aliases/champion."
        )
