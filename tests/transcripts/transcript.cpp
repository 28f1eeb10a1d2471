// SPDX-License-Identifier: MPL-2.0
// Reading transcripts. The player is player.cpp.
#include "transcripts/transcript.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <stdexcept>

namespace reprompt::transcripts {
namespace {

/// \r \n \0 \\ and \xNN.
std::string unescape(std::string_view text) {
    std::string out;
    for (std::size_t at = 0; at < text.size(); ++at) {
        if (text[at] != '\\' || at + 1 == text.size()) {
            out += text[at];
            continue;
        }
        switch (text[++at]) {
            case 'r':
                out += '\r';
                break;
            case 'n':
                out += '\n';
                break;
            case '0':
                out += '\0';
                break;
            case 'x':
                out += static_cast<char>(std::stoi(std::string(text.substr(at + 1, 2)), nullptr, 16));
                at += 2;
                break;
            default:
                out += text[at];
        }
    }
    return out;
}

struct KeyValue {
    std::string key, value;
};

KeyValue split_key(std::string_view text) {
    const auto blank = std::min(text.find(' '), text.size());
    return {std::string(text.substr(0, blank)), std::string(text.substr(std::min(blank + 1, text.size())))};
}

void set(Transcript& transcript, const KeyValue& setting) {
    const auto& [key, value] = setting;
    if (key == "protocol") {
        transcript.protocol = protocol_from(value).value();
    } else if (key == "tls") {
        transcript.settings.tls = tls_mode_from(value).value();
    } else if (key == "user") {
        transcript.settings.user = unescape(value);
    } else if (key == "host") {
        transcript.host = value;
    } else if (key == "ehlo") {
        transcript.settings.ehlo_name = unescape(value);
    } else if (key == "grant") {
        transcript.grant = value;
    } else if (key == "deny") {
        transcript.deny = value;
    } else if (key == "no-auth") {
        transcript.settings.authenticate = false;
    } else if (key == "literal-password") {
        transcript.password_quotable = false;
    } else if (key == "whole") {
        transcript.whole_only = true;
    } else {
        throw std::runtime_error("unknown setting " + key);
    }
}

void add_server_bytes(Transcript& transcript, std::string bytes) {
    if (!transcript.steps.empty() && transcript.steps.back().kind == StepKind::server) {
        transcript.steps.back().text += bytes;
    } else {
        transcript.steps.push_back({StepKind::server, std::move(bytes), Failure::none});
    }
}

void read_line(Transcript& transcript, std::string_view line) {
    if (line.empty() || line.starts_with('#')) return;
    if (line.starts_with("% ")) return set(transcript, split_key(line.substr(2)));
    if (line.starts_with("= ")) {
        const auto [key, value] = split_key(line.substr(2));
        transcript.expected.emplace_back(key, value);
        return;
    }
    if (line == "S:") return add_server_bytes(transcript, "\r\n");
    if (line.starts_with("S: ")) return add_server_bytes(transcript, unescape(line.substr(3)) + "\r\n");
    if (line.starts_with("R: ")) return add_server_bytes(transcript, unescape(line.substr(3)));
    if (line == "C:" || line.starts_with("C: ")) {
        transcript.steps.push_back(
            {StepKind::client, std::string(line.size() > 3 ? line.substr(3) : ""), Failure::none});
        return;
    }
    if (line == "~ tls") {
        transcript.steps.push_back({StepKind::tls, "", Failure::none});
        return;
    }
    if (line.starts_with("~ ")) {
        const auto failure = failure_from(line.substr(2));
        if (!failure) throw std::runtime_error("unknown mark");
        transcript.steps.push_back({StepKind::failure, "", *failure});
        return;
    }
    throw std::runtime_error("neither C:, S:, R:, ~, %, = nor #");
}

}  // namespace

Transcript read_transcript(const std::string& path) {
    Transcript transcript;
    transcript.name = std::filesystem::path(path).filename().string();
    transcript.settings.user = "alice@example.org";
    std::ifstream file(path);
    std::string line;
    for (int number = 1; std::getline(file, line); ++number) {
        try {
            read_line(transcript, line);
        } catch (const std::exception& error) {
            throw std::runtime_error(path + ":" + std::to_string(number) + ": " + error.what());
        }
    }
    return transcript;
}

std::vector<std::string> transcript_paths() {
    std::vector<std::string> paths;
    for (const auto& entry : std::filesystem::directory_iterator(SOURCE_DIR "/tests/transcripts")) {
        if (entry.path().extension() == ".txt") paths.push_back(entry.path().string());
    }
    std::sort(paths.begin(), paths.end());
    return paths;
}

}  // namespace reprompt::transcripts
