// SPDX-License-Identifier: MPL-2.0
#include "protocol/autoconfig.hpp"

#include <expat.h>

#include <charconv>
#include <memory>
#include <optional>

#include "base/text.hpp"

namespace reprompt::protocol {
namespace {

constexpr std::size_t deepest = 16;
constexpr std::size_t longest_text = 512;
constexpr std::string_view domain_variable = "%EMAILDOMAIN%";

/// One <incomingServer> or <outgoingServer>, as far as it was read.
struct Draft {
    std::string type, host, port, socket;
};

std::optional<TlsMode> tls_of(std::string_view socket) {
    if (iequals(socket, "SSL")) return TlsMode::implicit;
    if (iequals(socket, "STARTTLS")) return TlsMode::starttls;
    return std::nullopt;
}

std::optional<std::uint16_t> port_of(std::string_view text) {
    unsigned value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size() || value == 0 || value > 65535)
        return std::nullopt;
    return static_cast<std::uint16_t>(value);
}

class Reader {
  public:
    Reader(XML_Parser parser, std::string_view domain) : parser_(parser), domain_(domain) {
        XML_SetUserData(parser, this);
        XML_SetElementHandler(
            parser,
            [](void* self, const char* name, const char** attributes) {
                static_cast<Reader*>(self)->begin(name, attributes);
            },
            [](void* self, const char*) { static_cast<Reader*>(self)->end(); });
        XML_SetCharacterDataHandler(parser, [](void* self, const char* text, int size) {
            static_cast<Reader*>(self)->text({text, static_cast<std::size_t>(size)});
        });
        XML_SetStartDoctypeDeclHandler(parser, [](void* self, const char*, const char*, const char*, int) {
            static_cast<Reader*>(self)->refuse("a document type is declared");
        });
    }

    std::string refused;
    std::vector<Endpoint> servers;

  private:
    void refuse(const char* why) {
        refused = why;
        XML_StopParser(parser_, XML_FALSE);
    }

    void begin(std::string_view name, const char** attributes) {
        path_.emplace_back(name);
        text_.clear();
        if (path_.size() > deepest) return refuse("it is nested too deeply");
        if (path_.size() == 1 && name != "clientConfig") return refuse("it is no clientConfig");
        if (path_.size() == 2 && name == "emailProvider") ++providers_;
        if (path_.size() != 3 || path_[1] != "emailProvider" || providers_ != 1) return;
        if (name != "incomingServer" && name != "outgoingServer") return;
        draft_.emplace();
        for (; *attributes != nullptr; attributes += 2) {
            if (std::string_view(attributes[0]) == "type") draft_->type = attributes[1];
        }
    }

    void text(std::string_view part) {
        if (draft_ && path_.size() == 4 && text_.size() + part.size() <= longest_text) text_ += part;
    }

    void end() {
        if (draft_ && path_.size() == 4) {
            const std::string value(trim(text_));
            if (path_.back() == "hostname") draft_->host = value;
            if (path_.back() == "port") draft_->port = value;
            if (path_.back() == "socketType") draft_->socket = value;
        }
        if (draft_ && path_.size() == 3) {
            take(*draft_);
            draft_.reset();
        }
        path_.pop_back();
    }

    void take(Draft& draft) {
        const bool outgoing = path_.back() == "outgoingServer";
        const auto protocol = protocol_from(draft.type);
        const auto port = port_of(draft.port);
        const auto tls = tls_of(draft.socket);
        if (const auto at = draft.host.find(domain_variable); at != std::string::npos)
            draft.host.replace(at, domain_variable.size(), domain_);
        const bool named = !draft.host.empty() && draft.host.find('%') == std::string::npos;
        if (!protocol || !port || !tls || !named || outgoing != (*protocol == Protocol::smtp)) return;
        if (servers.size() < most_autoconfig_servers)
            servers.push_back({*protocol, to_lower(draft.host), *port, *tls});
    }

    XML_Parser parser_;
    std::string_view domain_;
    std::vector<std::string> path_;
    std::string text_;
    std::optional<Draft> draft_;
    int providers_ = 0;
};

}  // namespace

Expected<std::vector<Endpoint>, std::string> read_autoconfig(std::string_view xml, std::string_view domain) {
    const auto refuse = [](const std::string& why) {
        return Unexpected<std::string>("the domain's configuration cannot be used: " + why);
    };
    if (xml.size() > max_autoconfig) return refuse("it is too long");
    const std::unique_ptr<XML_ParserStruct, void (*)(XML_Parser)> parser(XML_ParserCreate(nullptr),
                                                                         XML_ParserFree);
    if (!parser) return refuse("there is no memory for it");
    Reader reader(parser.get(), domain);
    const auto status = XML_Parse(parser.get(), xml.data(), static_cast<int>(xml.size()), XML_TRUE);
    if (!reader.refused.empty()) return refuse(reader.refused);
    if (status != XML_STATUS_OK) return refuse(XML_ErrorString(XML_GetErrorCode(parser.get())));
    return std::move(reader.servers);
}

}  // namespace reprompt::protocol
