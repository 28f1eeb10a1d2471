# SPDX-License-Identifier: MPL-2.0
# shellcheck shell=bash
# What the entry points (packaging/*, tests/run) share: saying things, working as root, installing what they need.
# Belongs here: nothing that only one of them uses. Source it, do not run it; the caller sets -euo pipefail.

# The project's folder.
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

say() { printf '%s\n' "$*"; }
step() { printf '\n== %s\n' "$*"; }
die() {
    printf '%s: %s\n' "${0##*/}" "$*" >&2
    exit 1
}

# as_root COMMAND…: runs it as root, through sudo if we are somebody else.
as_root() {
    if [ "$(id -u)" -eq 0 ]; then
        "$@"
    elif command -v sudo >/dev/null; then
        sudo "$@"
    else
        die "needs root for: $* (run it as root, or install sudo)"
    fi
}

# The names in packaging/requirements-NAME…, without comments.
requirements() {
    local name
    for name in "$@"; do
        sed -e 's/#.*//' -e '/^[[:space:]]*$/d' "$root/packaging/requirements-$name"
    done | sort -u
}

# Those of the given Debian packages that are not installed.
missing_packages() {
    local package
    for package in "$@"; do
        dpkg-query -W -f '${db:Status-Status}\n' "$package" 2>/dev/null | grep -qx installed || printf '%s\n' "$package"
    done
}

# need_packages NAME…: installs what is missing of packaging/requirements-NAME. Starts no daemons, removes nothing, asks nothing.
need_packages() {
    local wanted missing
    mapfile -t wanted < <(requirements "$@")
    mapfile -t missing < <(missing_packages "${wanted[@]}")
    if [ "${#missing[@]}" -gt 0 ]; then
        install_packages "${missing[@]}"
    fi
}

install_packages() {
    say "Installing with apt-get: $*"
    # As one root shell, so that sudo asks once and the policy is taken away again whatever happens.
    as_root sh -eu -c '
        policy=/usr/sbin/policy-rc.d
        if [ ! -e "$policy" ]; then
            # 101: "you may not start it" (invoke-rc.d). Mail servers must not begin to listen because we want their programs.
            printf "#!/bin/sh\nexit 101\n" >"$policy"
            chmod 755 "$policy"
            trap "rm -f $policy" EXIT
            trap "exit 1" HUP INT TERM
        fi
        export DEBIAN_FRONTEND=noninteractive
        apt-get -q update
        apt-get -q -y --no-install-recommends --no-remove install "$@"
        # Nor after the next start of the computer.
        for service in dovecot postfix; do
            case " $* " in *" $service "* | *" $service-core "*) update-rc.d "$service" disable ;; esac
        done
    ' install "$@"
}

# need_node [npm]: a Node.js of at least version 18, and npm if asked for. One that is there already is fine, wherever it came from.
need_node() {
    local packages=()
    if ! command -v node >/dev/null || ! node_is_new_enough; then packages+=(nodejs); fi
    if [ "${1:-}" = npm ] && ! command -v npm >/dev/null; then packages+=(npm); fi
    if [ "${#packages[@]}" -gt 0 ]; then install_packages "${packages[@]}"; fi
    node_is_new_enough || die "needs Node.js 18 or newer; here is $(node --version)"
}

node_is_new_enough() { node -e 'process.exit(Number(process.versions.node.split(".")[0]) >= 18 ? 0 : 1)'; }

version() { head -n 1 "$root/packaging/VERSION"; }
