"""What an office's network leaves in the environment; loopback is nothing that its proxy could reach."""

from __future__ import annotations

from pathlib import Path

_NOBODY = "http://127.0.0.1:9"
"""Whoever obeys the proxy reaches nothing."""

PROXIES = dict.fromkeys(
    (
        *("http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"),
        *("telnet_proxy", "ws_proxy"),
    ),
    _NOBODY,
)


def office(folder: Path) -> dict[str, str]:
    """Proxies, credentials for loopback, and certificates that are not there; files go into the folder."""
    netrc = folder / ".netrc"
    netrc.write_text("machine 127.0.0.1 login office password secret\ndefault login office password secret\n")
    netrc.chmod(0o600)
    bundle = str(folder / "no-such-bundle.pem")
    return PROXIES | {
        "HOME": str(folder),
        "NETRC": str(netrc),
        "REQUESTS_CA_BUNDLE": bundle,
        "CURL_CA_BUNDLE": bundle,
        "SSL_CERT_FILE": bundle,
    }
