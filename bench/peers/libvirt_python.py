"""The C library through its Python binding, over one connection that stays open.

Reads the name of an operation a line, does it, prints how many seconds it took and how many domains it told of.
Measured in here, so that the pipe to the bench costs it nothing.
"""

import sys
import time

import libvirt


def list_with_state(connection):
    """Every domain with its state, in the one call that the library has for it."""
    return [
        (domain.UUIDString(), domain.name(), stats["state.state"])
        for domain, stats in connection.getAllDomainStats(libvirt.VIR_DOMAIN_STATS_STATE)
    ]


# The six groups that every contender asks for.
GROUPS = (
    libvirt.VIR_DOMAIN_STATS_STATE
    | libvirt.VIR_DOMAIN_STATS_CPU_TOTAL
    | libvirt.VIR_DOMAIN_STATS_BALLOON
    | libvirt.VIR_DOMAIN_STATS_VCPU
    | libvirt.VIR_DOMAIN_STATS_INTERFACE
    | libvirt.VIR_DOMAIN_STATS_BLOCK
)


def all_stats(connection):
    flags = libvirt.VIR_CONNECT_GET_ALL_DOMAINS_STATS_NOWAIT
    return [(domain.UUIDString(), stats) for domain, stats in connection.getAllDomainStats(GROUPS, flags)]


# That one call is also how to ask for the state alone.
OPERATIONS = {"list": list_with_state, "state": list_with_state, "stats": all_stats}


def main():
    connection = libvirt.open(sys.argv[1])
    print("ready", flush=True)
    for line in sys.stdin:
        operation = OPERATIONS[line.strip()]
        started = time.perf_counter()
        count = len(operation(connection))
        print(time.perf_counter() - started, count, flush=True)


main()
