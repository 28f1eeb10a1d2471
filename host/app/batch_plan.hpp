// SPDX-License-Identifier: MPL-2.0
// BatchPlan: what a batch knows before it reads the first line. Belongs here: checking the arguments, the
// password and the earlier answers. Does not belong here: the run (batch_command).
#pragma once

#include <string>

#include "app/answered_ids.hpp"
#include "app/batch_command.hpp"
#include "app/batch_line.hpp"

namespace reprompt::app {

/// `terms` points at `password`, so it stays where it is made.
struct BatchPlan {
    BatchPlan() = default;
    BatchPlan(const BatchPlan&) = delete;
    BatchPlan& operator=(const BatchPlan&) = delete;
    ~BatchPlan() = default;
    BatchTerms terms;
    Secret password;
    net::TrustPolicy trust;
    AnsweredIds answered;
};

/// Fills `plan`. Reads the password's descriptor and the file of --resume to their ends, however long that
/// takes. Error: one English line.
Expected<void, std::string> make_plan(const BatchArguments& arguments, const BatchPlace& place,
                                      BatchPlan& plan);

}  // namespace reprompt::app
