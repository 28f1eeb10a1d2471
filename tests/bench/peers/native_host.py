# SPDX-License-Identifier: MPL-2.0
"""The smallest native-messaging host: answers each message with a hello of its own. What starting Python alone costs (P6)."""
import json
import struct
import sys

while head := sys.stdin.buffer.read(4):
    request = json.loads(sys.stdin.buffer.read(struct.unpack("@I", head)[0]))
    reply = json.dumps({"v": 1, "id": request["id"], "type": "hello", "protocol": 1, "version": "0"}).encode()
    sys.stdout.buffer.write(struct.pack("@I", len(reply)) + reply)
    sys.stdout.buffer.flush()
