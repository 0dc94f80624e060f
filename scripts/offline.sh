#!/bin/sh
# Runs a command with no network but the loopback, where the system allows it; says so where it does not.
if unshare -rn sh -c 'ip link set lo up' 2> /dev/null; then
    exec unshare -rn sh -c 'ip link set lo up && exec "$@"' sh "$@"
fi
echo "The network is not blocked for the lessons: that needs Linux with user namespaces and the command ip."
exec "$@"
