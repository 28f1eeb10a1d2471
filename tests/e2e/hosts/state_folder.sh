#!/bin/sh
# SPDX-License-Identifier: MPL-2.0
# The real host with a state folder on a disk that is full or read-only. Needs root. Usage: state_folder.sh full|ro HOST, then what Thunderbird gives.
how=$1
shift
folder=$HOME/.local/state/reprompt
mkdir -p "$folder"
case $how in
    full) mount='mount -t tmpfs -o size=4k,mode=700 tmpfs "$0" && ! head -c 65536 /dev/zero >"$0/filling" 2>/dev/null' ;;
    ro) mount='mount -t tmpfs -o ro,mode=700 tmpfs "$0"' ;;
esac
exec unshare --mount sh -c "$mount && exec \"\$@\"" "$folder" "$@"
