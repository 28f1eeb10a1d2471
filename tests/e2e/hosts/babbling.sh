#!/bin/sh
# SPDX-License-Identifier: MPL-2.0
# A host that prints something that is no frame.
echo "Segmentation of the fault; this is not a native message at all"
# Not exec: the shell keeps our end of the answers open, or it would look like a host that has ended.
cat >/dev/null
