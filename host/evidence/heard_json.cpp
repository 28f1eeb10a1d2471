// SPDX-License-Identifier: MPL-2.0
#include "evidence/heard_json.hpp"

#include <nlohmann/json.hpp>

#include "evidence/json_reader.hpp"

namespace reprompt {

nlohmann::json heard_to_json(const std::vector<Heard>& heard) {
    auto out = nlohmann::json::array();
    for (const auto& entry : heard) {
        out.push_back({{"protocol", name_of(entry.protocol)},
                       {"mechanism", entry.mechanism},
                       {"lines", entry.lines},
                       {"tls", entry.tls}});
    }
    return out;
}

std::vector<Heard> heard_from_json(const nlohmann::json& list, Protocol protocol, std::string& error) {
    std::vector<Heard> out;
    if (!list.is_array()) {
        if (error.empty()) error = "/heard: expected a list";
        return out;
    }
    for (std::size_t i = 0; i < list.size(); ++i) {
        JsonReader in(list[i], "/heard/" + std::to_string(i), error);
        Heard entry;
        entry.protocol = in.word("protocol", protocol, protocol_from);
        entry.mechanism = to_upper(in.text("mechanism"));
        entry.lines = in.lines("lines");
        entry.tls = in.flag("tls", false);
        out.push_back(std::move(entry));
    }
    return out;
}

}  // namespace reprompt
