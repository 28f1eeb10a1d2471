// SPDX-License-Identifier: MPL-2.0
// Facts: one piece of evidence prepared for the rules; and the question whether a rule holds for them.
#pragma once

#include "diagnose/rule_content.hpp"

namespace reprompt {

/// Where the words under judgement come from.
enum class Speaker : std::uint8_t {
    nobody,       ///< no words: network, TLS and capabilities only
    reply,        ///< the answer to a credential (ours, or one that Thunderbird heard)
    greeting,     ///< a greeting that refuses
    unsolicited,  ///< a BYE or alert nobody asked for
};

struct Facts {
    const Evidence* evidence = nullptr;
    const Provider* provider = nullptr;
    std::string provider_why;  ///< how it is known, English
    std::string host;          ///< lower case, empty = none
    Speaker speaker = Speaker::nobody;
    std::string mechanism;  ///< of the reply
    CredentialClass credential = CredentialClass::unknown;
    bool accepted = false, complete = false, slow = false;
    ChannelState channel = ChannelState::unknown;
    ReplyFacts reply;
    CapabilityFacts capabilities;
    Offer used = Offer::unknown;     ///< whether `mechanism` is on offer
    Offer sign_in = Offer::unknown;  ///< whether any way to sign in is
    bool plain = false;              ///< see When::plain
    ListHits hits;
    Connection connection;
};

bool holds(const When& when, const Facts& facts);

}  // namespace reprompt
