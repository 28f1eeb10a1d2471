#!/bin/sh
# SPDX-License-Identifier: MPL-2.0
# A host whose frames are well formed and mean nothing: no version, an unknown type, and no answer to anything.
frame() {
    printf "\\$(printf '%03o' "${#1}")\\000\\000\\000%s" "$1"
}
frame '{"verdict":"stale_password","may_clear":"at_once"}'
frame '{"v":1,"id":"probe-1","type":"verdict","verdict":"stale_password"}'
frame '{"v":1,"id":"probe-2","type":"verdict","verdict":"stale_password"}'
frame '{"v":1,"id":null,"type":"surprise"}'
# Not exec: the shell keeps our end of the answers open, or it would look like a host that has ended.
cat >/dev/null
