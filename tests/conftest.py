"""For every test. Examples are drawn without a deadline, since that would be an assertion on how fast this machine is. And Ctrl-C is what
it is for a person: whatever starts tests in the background may have it ignored, and every process that a test starts would inherit that.
"""

import signal

from hypothesis import HealthCheck, settings

settings.register_profile("any machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("any machine")

signal.signal(signal.SIGINT, signal.default_int_handler)
