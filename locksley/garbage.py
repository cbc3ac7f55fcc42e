"""When Python looks for garbage in cycles: seldom, and not among what stays for good.

A look at everything stopped the whole broker for 86 to 175 ms with 1,000 streams open (`docs/decisions/0009-garbage.md`). Most of that is
modules and their like, which never become garbage: they are set aside once.
"""

import gc

YOUNG_OBJECTS = 10_000  # net new containers before the young are looked at
YOUNG_LOOKS = 10  # before their elders are
MIDDLE_LOOKS = 100  # before all are


def look_seldom() -> None:
    """From now on, and whatever there is now is not looked at again. Of the whole process: to be called once it has started."""
    gc.set_threshold(YOUNG_OBJECTS, YOUNG_LOOKS, MIDDLE_LOOKS)
    gc.collect()
    gc.freeze()
