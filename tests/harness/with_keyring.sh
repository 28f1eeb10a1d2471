#!/bin/sh
# SPDX-License-Identifier: MPL-2.0
# Runs "$@" on a session bus of its own beside an unlocked, empty keyring in a throw-away home, and ends with its status. Sets REPROMPT_TEST_KEYRING=1 and REPROMPT_TEST_KEYRING_PID (the
# daemon, which a test may stop and continue). Does not belong here: what is tested.
set -eu

if [ "${1-}" != --on-the-bus ]; then
    exec dbus-run-session -- "$0" --on-the-bus "$@"
fi
shift

place=$(mktemp -d)
mkdir -m 700 "$place/home" "$place/runtime"
export HOME="$place/home" XDG_RUNTIME_DIR="$place/runtime" REPROMPT_TEST_KEYRING=1
# GLib is not built for ThreadSanitizer, which then takes its locks for missing (1700 reports, all inside GLib). Our own code stays checked.
export TSAN_OPTIONS="${TSAN_OPTIONS-} ignore_noninstrumented_modules=1"
unset XDG_STATE_HOME XDG_DATA_HOME XDG_CONFIG_HOME XDG_CACHE_HOME DISPLAY WAYLAND_DISPLAY

# An empty password on standard input makes and opens the login keyring, which becomes the default one.
printf '\n' | gnome-keyring-daemon --unlock --components=secrets --foreground >"$place/keyring.log" 2>&1 &
REPROMPT_TEST_KEYRING_PID=$!
export REPROMPT_TEST_KEYRING_PID
finish() {
    kill -CONT "$REPROMPT_TEST_KEYRING_PID" 2>/dev/null || :
    kill "$REPROMPT_TEST_KEYRING_PID" 2>/dev/null || :
    wait "$REPROMPT_TEST_KEYRING_PID" 2>/dev/null || :
    rm -rf "$place"
}
trap finish EXIT
trap 'exit 130' INT TERM

# Ready when the default keyring answers that it is open; 10 s at most.
ready() {
    # Asked first, because any other question would make the bus start a second daemon.
    dbus-send --session --print-reply --dest=org.freedesktop.DBus / org.freedesktop.DBus.NameHasOwner \
        string:org.freedesktop.secrets 2>/dev/null | grep -q 'boolean true' || return 1
    dbus-send --session --print-reply --dest=org.freedesktop.secrets /org/freedesktop/secrets/aliases/default \
        org.freedesktop.DBus.Properties.Get string:org.freedesktop.Secret.Collection string:Locked 2>/dev/null |
        grep -q 'boolean false'
}
tries=0
until ready; do
    tries=$((tries + 1))
    if [ "$tries" -ge 100 ] || ! kill -0 "$REPROMPT_TEST_KEYRING_PID" 2>/dev/null; then
        echo "with_keyring.sh: no unlocked keyring" >&2
        cat "$place/keyring.log" >&2
        exit 1
    fi
    sleep 0.1
done

status=0
"$@" || status=$?
exit "$status"
