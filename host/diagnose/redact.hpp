// SPDX-License-Identifier: MPL-2.0
// Redact: evidence for other people's eyes: without the names of the person and, if wished, without whose
// server it is. Belongs here: which fields tell what, and what is public knowledge. Does not belong here: how
// a word is found (base/spelling.hpp).
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/secret.hpp"
#include "diagnose/rules.hpp"
#include "evidence/evidence.hpp"

namespace reprompt {

/// What a server repeated of `secret` in its words (mask_secret), for words that no probe has masked.
Evidence without_secret(Evidence evidence, const Secret& secret);

struct Redaction {
    std::vector<std::string> names;  ///< of the person and the account: as they are, at most 64
    /// Names and addresses of servers, and what a certificate says of its owner, become server.invalid and
    /// the like (RFC 2606, RFC 5737, RFC 3849), but for the providers' that everybody knows.
    bool hide_server = false;
};

/// Replaces the same words by the same ones in every text it is given. Made from the evidence, whose names it
/// must know before it reads texts.
class Redactor {
  public:
    Redactor(const Evidence& evidence, const Redaction& wish, const RuleBook& rules);

    /// One text of any kind: server words, a rule's reason, an address of a page.
    [[nodiscard]] std::string text(std::string_view words) const;
    /// All of it. `diagnose` says the same of it, but where a rule rests on a name that is gone.
    [[nodiscard]] Evidence evidence(Evidence evidence) const;
    /// The texts of a verdict on that evidence: its reasons repeat what rules from outside say of themselves.
    [[nodiscard]] Verdict verdict(Verdict verdict) const;

  private:
    struct Replacement {
        std::string name, by;
    };
    void hide(const std::string& host);
    [[nodiscard]] std::string host(const std::string& name) const;
    [[nodiscard]] std::string address(const std::string& address) const;
    void redact_tls(TlsFacts& tls) const;

    const RuleBook& rules_;
    std::vector<std::string> names_;
    bool hide_server_;
    bool intercepted_ = false;  ///< then the issuer is a known program's, not the server's
    std::vector<Replacement> hosts_, addresses_;
};

}  // namespace reprompt
