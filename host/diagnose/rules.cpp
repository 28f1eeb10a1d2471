// SPDX-License-Identifier: MPL-2.0
#include "diagnose/rules.hpp"

#include <algorithm>
#include <cstdio>
#include <cstdlib>

#include "base/text.hpp"
#include "diagnose/compiled_rules.hpp"
#include "diagnose/embedded_rules.hpp"
#include "diagnose/rule_content.hpp"
#include "diagnose/rules_load.hpp"

namespace reprompt {

bool is_host_or_below(std::string_view host, std::string_view name) noexcept {
    if (!host.ends_with(name)) return false;
    return host.size() == name.size() || host[host.size() - name.size() - 1] == '.';
}

const Provider* RuleBook::Content::provider(std::string_view id) const noexcept {
    const auto it =
        std::find_if(providers.begin(), providers.end(), [&](const Provider& each) { return each.id == id; });
    return it == providers.end() ? nullptr : &*it;
}

RuleBook::RuleBook() : content_(std::make_unique<Content>()) {}
RuleBook::~RuleBook() = default;
RuleBook::RuleBook(RuleBook&&) noexcept = default;
RuleBook& RuleBook::operator=(RuleBook&&) noexcept = default;

namespace {

RuleBook::Content built_in_content() {
    auto content = read_compiled_rules(embedded_rules());
    if (!content) {
        std::fputs("reprompt: the built-in rules are damaged\n", stderr);
        std::abort();
    }
    return std::move(*content);
}

}  // namespace

const RuleBook& RuleBook::built_in() {
    static const RuleBook book = [] {
        RuleBook made;
        *made.content_ = built_in_content();
        return made;
    }();
    return book;
}

Expected<RuleBook, std::string> RuleBook::parse(std::string_view json_text, std::string_view file_name) {
    const RuleFile file{file_name, json_text};
    auto content = load_rules({&file, 1});
    if (!content) return Unexpected<std::string>(content.error());
    RuleBook made;
    *made.content_ = std::move(*content);
    return made;
}

RuleBook RuleBook::with_folders(const std::vector<OutsideRuleFile>& files,
                                std::vector<std::string>& complaints) {
    RuleBook made;
    auto content = built_in_content();
    if (!files.empty()) {
        auto lists = read_compiled_lists(embedded_rules(), content);
        content = add_rules(std::move(content), std::move(lists), files, complaints);
    }
    *made.content_ = std::move(content);
    return made;
}

std::vector<RuleBook::OutsideSample> RuleBook::outside_samples() const {
    std::vector<OutsideSample> out;
    for (const auto& rule : content_->rules) {
        if (rule.origin != RuleOrigin::built_in) out.push_back({rule.id, rule.sample, rule.place});
    }
    return out;
}

const Provider* RuleBook::Content::provider_of_host(std::string_view host) const noexcept {
    const Provider* best = nullptr;
    std::size_t longest = 0;
    for (const auto& each : providers) {
        for (const auto& name : each.hosts) {
            if (name.size() > longest && is_host_or_below(host, name)) {
                longest = name.size();
                best = &each;
            }
        }
    }
    return best;
}

std::string RuleBook::provider_of(std::string_view host) const {
    auto name = to_lower(host);
    if (name.ends_with('.')) name.pop_back();
    const auto* provider = content_->provider_of_host(name);
    return provider == nullptr ? std::string() : provider->id;
}

}  // namespace reprompt
