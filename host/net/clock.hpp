// SPDX-License-Identifier: MPL-2.0
// Clock: what this machine knows about the time. Belongs here: the wall clock, and moments that are surely
// over. Does not belong here: what a wrong clock means for a certificate (diagnose/connection.hpp), deadlines
// (base/deadline.hpp).
#pragma once

#include "evidence/evidence.hpp"

namespace reprompt::net {

/// The clock now, and the latest of: the moment when this program was built, and the time to which
/// systemd-timesyncd last set the clock (systemd-timesyncd.service(8), /var/lib/systemd/timesync/clock).
ClockFacts clock_facts();

}  // namespace reprompt::net
