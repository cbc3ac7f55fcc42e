"""How examples are drawn in every test: no deadline for one of them, since that would be an assertion on how fast this machine is."""

from hypothesis import HealthCheck, settings

settings.register_profile("any machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("any machine")
