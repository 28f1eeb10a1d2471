// SPDX-License-Identifier: MPL-2.0
// SecondLook: after a conversation that failed before any sign-in, a second connection to the same port asks
// what is there instead: TLS where clear text was expected, a web server, a captive portal, an obsolete TLS.
// No credential can leave on it: there is no door. Belongs here: which question fits which failure. Does not
// belong here: what the answer means (diagnose/connection.hpp).
#pragma once

#include "probe/visit.hpp"

namespace reprompt::probe {

/// Fills `evidence.second_look` if its failure leaves a question open that a second connection can answer; at
/// most 5 seconds, within the run's deadline. Nothing is done after an attempt, a cancel, a failure that
/// explains itself, or where the evidence speaks of another port than the configured one.
void look_again(const Visitor& visitor, Evidence& evidence);

}  // namespace reprompt::probe
