"""What text may have in it, as patterns for the API's description; the code that takes the text is what decides."""

from locksley.people.credentials import EMAIL_CHARS_MAX, NAME_CHARS_MAX

_CONTROL = r"\x00-\x1f\x7f-\x9f"
# Unicode's format characters (Cf), with the control characters.
_INVISIBLE = _CONTROL + (
    r"\u00ad\u0600-\u0605\u061c\u06dd\u070f\u0890-\u0891\u08e2\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f"
    r"\ufeff\ufff9-\ufffb"
    "\U000110bd\U000110cd\U00013430-\U0001343f\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0001\U000e0020-\U000e007f"
)
_TICKER = rf"[^,\s{_CONTROL}\ufffd]+"

EMAIL = {
    "maxLength": EMAIL_CHARS_MAX,
    "pattern": rf'^[^\s@<>()\[\],;:\\"{_INVISIBLE}]{{1,64}}@([\w-]{{1,63}}\.)+[\w-]{{2,63}}$',
}
PASSWORD = {"minLength": 8, "maxLength": 128, "pattern": f"^[^{_CONTROL}]*$"}
NAME = {
    "minLength": 1,
    "maxLength": NAME_CHARS_MAX,
    "pattern": rf"^[^{_INVISIBLE}]*[^\s{_INVISIBLE}][^{_INVISIBLE}]*$",
}
VISIBLE = {"allOf": [{"pattern": f"^[^{_INVISIBLE}]*$"}]}  # beside a pattern that is checked as it is
READABLE = {"pattern": rf"^[^{_CONTROL}\ufffd]*$"}
TICKERS = {"pattern": f"^({_TICKER}(,{_TICKER})*)?$"}
