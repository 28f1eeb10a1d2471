// SPDX-License-Identifier: MPL-2.0
// RuleBook: knowledge as data (host/rules/*.json, compiled into the program, and files of rule folders).
// Belongs here: loading, validating, and asking. Does not belong here: the decision (diagnose.cpp).
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/expected.hpp"
#include "diagnose/verdict.hpp"
#include "evidence/evidence.hpp"

namespace reprompt {

/// The closed set of words that `advice` may hold; the add-on has a text and a button for each:
///   app_password      make an app password (link "app_password") and enter it
///   two_step_first    the provider makes app passwords only where two-step sign-in is on
///   use_imap, use_pop the server names this protocol as one that is on
///   oauth2            switch the account to OAuth2
///   enable_imap, enable_pop, enable_smtp   switch the protocol on in the provider's settings (link of the
///   same name) reset_password    choose a new password at the provider (link "reset") contact_admin     only
///   the administrator or the provider can help (link "help") wait              nothing to do but wait
///   use_full_address  the whole mail address as user name
///   use_tls           an encrypted connection
///   change_mechanism  another authentication method
///   sign_in_web       sign in with a browser once (link "web_login")
///   check_settings    host name, port or kind of encryption is wrong
///   check_clock       the clock of this computer is wrong
///   check_network     the network of this computer does not work
inline constexpr std::string_view advice_words[] = {
    "app_password", "two_step_first",   "use_imap",       "use_pop",        "oauth2",      "enable_imap",
    "enable_pop",   "enable_smtp",      "reset_password", "contact_admin",  "wait",        "use_full_address",
    "use_tls",      "change_mechanism", "sign_in_web",    "check_settings", "check_clock", "check_network"};
/// The closed set of keys of `links`.
inline constexpr std::string_view link_keys[] = {"app_password", "reset",      "help",        "web_login",
                                                 "enable_imap",  "enable_pop", "enable_smtp", "oauth2"};

/// A file of a rule folder, already read, or the rules of the organisation's policy.
struct OutsideRuleFile {
    std::string name, json;
    RuleOrigin origin = RuleOrigin::user;
};

class RuleBook {
  public:
    /// The rules compiled into the program. Aborts only if the build is broken (a test loads it).
    static const RuleBook& built_in();
    /// `json_text` is one rule file (manifests/rules.schema.json describes it). Error: one line with the JSON
    /// path.
    static Expected<RuleBook, std::string> parse(std::string_view json_text, std::string_view file_name);

    /// The built-in rules and those from outside within the limits of invariant 12. A broken file is named
    /// in `complaints` ("file:line:column: /json/pointer: what is wrong") and skipped.
    static RuleBook with_folders(const std::vector<OutsideRuleFile>& files,
                                 std::vector<std::string>& complaints);

    /// The sample (a line of `explain`) of each rule from a rule folder, and where it stands.
    struct OutsideSample {
        std::string rule, line;
        std::string place;  ///< "file:line:column"
    };
    [[nodiscard]] std::vector<OutsideSample> outside_samples() const;

    /// The provider that names this host (exactly or as a parent domain), or empty.
    [[nodiscard]] std::string provider_of(std::string_view host) const;

    RuleBook();
    ~RuleBook();
    RuleBook(const RuleBook&) = delete;
    RuleBook& operator=(const RuleBook&) = delete;
    RuleBook(RuleBook&&) noexcept;
    RuleBook& operator=(RuleBook&&) noexcept;
    struct Content;
    [[nodiscard]] const Content& content() const noexcept { return *content_; }

  private:
    std::unique_ptr<Content> content_;
};

}  // namespace reprompt
