#!/bin/sh
# SPDX-License-Identifier: MPL-2.0
# A host that prints something that is no frame.
echo "Segmentation of the fault; this is not a native message at all"
exec cat >/dev/null
