// SPDX-License-Identifier: MPL-2.0
#include "diagnose/words.hpp"

namespace reprompt {
namespace {

unsigned char octet(std::string_view text, std::size_t at) noexcept {
    return at < text.size() ? static_cast<unsigned char>(text[at]) : 0;
}

// Lower-cases one two-octet letter in place: Latin-1 (U+00C0..U+00DE) and Cyrillic (U+0400..U+042F).
void lower_pair(unsigned char& lead, unsigned char& tail) noexcept {
    if (lead == 0xC3 && tail >= 0x80 && tail <= 0x9E && tail != 0x97) {
        tail = static_cast<unsigned char>(tail + 0x20);
    } else if (lead == 0xD0 && tail >= 0x90 && tail <= 0x9F) {
        tail = static_cast<unsigned char>(tail + 0x20);
    } else if (lead == 0xD0 && tail >= 0xA0 && tail <= 0xAF) {
        lead = 0xD1;
        tail = static_cast<unsigned char>(tail - 0x20);
    } else if (lead == 0xD0 && tail >= 0x80 && tail <= 0x8F) {
        lead = 0xD1;
        tail = static_cast<unsigned char>(tail + 0x10);
    }
}

// Ideographic and full-width punctuation as its ASCII sister; empty = none.
std::string_view cjk_mark(std::string_view text) noexcept {
    if (text == "。" || text == "．") return ".";
    if (text == "、" || text == "，") return ",";
    if (text == "！") return "!";
    if (text == "：") return ":";
    if (text == "；") return ";";
    return {};
}

}  // namespace

void append_folded(std::string& out, std::string_view text) {
    bool blank = !out.empty();
    const auto put = [&](std::string_view bytes) {
        if (blank && !out.empty()) out += ' ';
        blank = false;
        out += bytes;
    };
    std::size_t at = 0;
    while (at < text.size()) {
        const auto c = octet(text, at);
        if (c == ' ' || c == '\t') {
            blank = true;
            ++at;
        } else if (c < 0x80) {
            const char lower = static_cast<char>(c >= 'A' && c <= 'Z' ? c + 0x20 : c);
            put({&lower, 1});
            ++at;
        } else if (c == 0xC2 && octet(text, at + 1) == 0xA0) {  // no-break space
            blank = true;
            at += 2;
        } else if (c == 0xE3 && octet(text, at + 1) == 0x80 &&
                   octet(text, at + 2) == 0x80) {  // ideographic space
            blank = true;
            at += 3;
        } else if (c == 0xE2 && octet(text, at + 1) == 0x80 &&
                   (octet(text, at + 2) == 0x98 || octet(text, at + 2) == 0x99)) {  // quotation marks
            put("'");
            at += 3;
        } else if (const auto mark = cjk_mark(text.substr(at, 3)); !mark.empty()) {
            put(mark);
            at += 3;
        } else if (c >= 0xC2 && c <= 0xDF && at + 1 < text.size()) {
            auto lead = c;
            auto tail = octet(text, at + 1);
            lower_pair(lead, tail);
            const char pair[] = {static_cast<char>(lead), static_cast<char>(tail)};
            put({pair, 2});
            at += 2;
        } else {
            put(text.substr(at, 1));
            ++at;
        }
    }
}

std::string fold_words(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    append_folded(out, text);
    return out;
}

}  // namespace reprompt
