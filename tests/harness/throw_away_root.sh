#!/bin/sh
# SPDX-License-Identifier: MPL-2.0
# Runs "$@" as root in a throw-away copy of this machine: an overlay of /, with processes and a network (loopback only) of its own, where packages can be
# installed and removed. Nothing of it is left afterwards. The working folder stays the same one. Sets REPROMPT_THROW_AWAY_ROOT=1.
# Does not belong here: what is tried in it.
set -eu

fail() {
    echo "throw_away_root.sh: $*" >&2
    exit 1
}

if [ "${1-}" != --inside ]; then
    [ "$(id -u)" -eq 0 ] || fail "needs root: run it as root or with sudo"
    place=$(mktemp -d)
    trap 'rmdir "$place"' EXIT
    unshare --mount --net --pid --fork --kill-child --propagation private "$0" --inside "$place" "$@" &
    inside=$!
    # With unshare goes the first process inside, and with that one all others.
    trap 'kill -KILL "$inside"; wait "$inside" || exit 130' HUP INT TERM
    status=0
    wait "$inside" || status=$?
    exit "$status"
fi
shift
place=$1
shift

# overlay LOWER NAME PLACE: LOWER with changes kept in memory, seen at PLACE.
overlay() {
    mkdir -p "$place/$2/upper" "$place/$2/work" "$3"
    mount -t overlay -o "lowerdir=$1,upperdir=$place/$2/upper,workdir=$place/$2/work" none "$3" ||
        fail "no overlay of $1: this kernel or container has no overlayfs, or does not let root mount it"
}

mount -t tmpfs -o mode=755 none "$place" || fail "no tmpfs: this container does not let root mount"
root=$place/root
overlay / system "$root"
project=$(pwd -P)
# What lies on another disk is not in an overlay of /: the project, and the Node.js of a tool cache.
if [ "$(stat -c %d "$project")" != "$(stat -c %d /)" ]; then overlay "$project" project "$root$project"; fi
program=$(command -v "$1") || fail "there is no $1"
program=$(readlink -f "$program")
if [ ! -e "$root$program" ]; then
    mkdir -p "$root${program%/*}"
    mount --bind "${program%/*}" "$root${program%/*}"
fi

mount -t proc none "$root/proc"
mount --rbind /sys "$root/sys"
mount --rbind /dev "$root/dev"
mount -t tmpfs -o mode=1777 none "$root/dev/shm"
mount -t tmpfs -o mode=755 none "$root/run"
chmod 1777 "$root/tmp"
# An X server takes the file of another one's socket for its own.
mkdir -p "$root/tmp/.X11-unix"
mount -t tmpfs -o mode=1777 none "$root/tmp/.X11-unix"
ip link set lo up

unset DBUS_SESSION_BUS_ADDRESS XDG_RUNTIME_DIR XDG_STATE_HOME XDG_DATA_HOME XDG_CONFIG_HOME XDG_CACHE_HOME DISPLAY WAYLAND_DISPLAY
export REPROMPT_THROW_AWAY_ROOT=1
exec chroot "$root" /bin/sh -c 'cd "$1" && shift && exec "$@"' sh "$project" "$@"
