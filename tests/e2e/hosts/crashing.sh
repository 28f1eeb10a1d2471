#!/bin/sh
# SPDX-License-Identifier: MPL-2.0
# A host that dies of a signal after the first octets it hears.
head -c 4 >/dev/null
kill -SEGV $$
