#!/usr/bin/env bash
# SPDX-License-Identifier: MPL-2.0
# A host that may leave a core file. Usage: dumping_core.sh FOLDER HOST, then what Thunderbird gives.
ulimit -c unlimited
cd "$1" || exit
shift
exec "$@"
