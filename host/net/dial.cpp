// SPDX-License-Identifier: MPL-2.0
#include "net/dial.hpp"

#include "net/race.hpp"
#include "net/resolver.hpp"
#include "net/wait.hpp"

namespace reprompt::net {
namespace {

class Stopwatch {
  public:
    [[nodiscard]] std::int64_t elapsed() const {
        return std::chrono::duration_cast<Milliseconds>(Deadline::Clock::now() - start_).count();
    }

  private:
    Deadline::Clock::time_point start_ = Deadline::Clock::now();
};

}  // namespace

Expected<Channel, IoError> dial(const std::string& host, std::uint16_t port, Evidence& evidence,
                                Deadline deadline, const Cancel& cancel, const StageReport& report,
                                const AddressRule& allowed) {
    const auto begin = [&](Stage stage) {
        evidence.stage = stage;
        if (report) report(stage);
    };
    begin(Stage::resolve);
    const Stopwatch resolving;
    auto addresses = resolve(host, port, deadline.clip(resolve_limit), cancel);
    evidence.timings_ms[name_of(Stage::resolve)] = resolving.elapsed();
    if (!addresses) return Unexpected<IoError>(addresses.error());

    begin(Stage::connect);
    if (allowed) std::erase_if(*addresses, [&](const Address& each) { return !allowed(each); });
    if (addresses->empty()) return fail(Failure::host_unreachable, "its addresses are not for the public");
    const Stopwatch connecting;
    auto channel =
        connect_first(interleaved(*addresses), deadline.clip(connect_limit), cancel, &evidence.addresses);
    evidence.timings_ms[name_of(Stage::connect)] = connecting.elapsed();
    if (channel) evidence.loopback = channel->loopback();
    return channel;
}

}  // namespace reprompt::net
