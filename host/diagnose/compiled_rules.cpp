// SPDX-License-Identifier: MPL-2.0
#include "diagnose/compiled_rules.hpp"

#include <algorithm>
#include <cstdint>
#include <tuple>
#include <type_traits>
#include <utility>

namespace reprompt {
namespace {

struct Damaged {};

/// Numbers are in groups of seven bits, the lowest first, the last one without the high bit (LEB128).
class Writer {
  public:
    std::string out;

    void number(std::uint64_t value) {
        for (; value >= 0x80; value >>= 7)
            out += static_cast<char>(value | 0x80);
        out += static_cast<char>(value);
    }
    void octets(std::string_view text) {
        number(text.size());
        out += text;
    }
};

class Reader {
  public:
    explicit Reader(std::string_view left) : left_(left) {}

    std::uint64_t number() {
        std::uint64_t value = 0;
        for (unsigned shift = 0; shift < 64; shift += 7) {
            const auto octet = static_cast<unsigned char>(take(1)[0]);
            value |= static_cast<std::uint64_t>(octet & 0x7F) << shift;
            if (octet < 0x80) return value;
        }
        throw Damaged{};
    }
    /// A number of things that take at least an octet each.
    std::size_t count() {
        const auto value = number();
        if (value > left_.size()) throw Damaged{};
        return static_cast<std::size_t>(value);
    }
    std::string_view octets() { return take(count()); }
    [[nodiscard]] bool done() const noexcept { return left_.empty(); }

  private:
    std::string_view left_;

    std::string_view take(std::size_t size) {
        if (size > left_.size()) throw Damaged{};
        const auto taken = left_.substr(0, size);
        left_.remove_prefix(size);
        return taken;
    }
};

// One `carry` for both ways, so that what is written is what is read. Writing does not change its argument.

template <class T>
concept Number = std::is_integral_v<T> || std::is_enum_v<T>;

template <Number T>
void carry(Writer& out, T& value) {
    out.number(static_cast<std::uint64_t>(value));
}
template <Number T>
void carry(Reader& in, T& value) {
    value = static_cast<T>(in.number());
}
void carry(Writer& out, std::string& text) {
    out.octets(text);
}
void carry(Reader& in, std::string& text) {
    text = in.octets();
}
template <class T>
void carry(Writer& out, std::optional<T>& value) {
    out.number(value ? static_cast<std::uint64_t>(*value) + 1 : 0);
}
template <class T>
void carry(Reader& in, std::optional<T>& value) {
    if (const auto number = in.number(); number != 0) value = static_cast<T>(number - 1);
}
template <class T>
void carry(Writer& out, std::vector<T>& values) {
    out.number(values.size());
    for (auto& value : values)
        carry(out, value);
}
template <class T>
void carry(Reader& in, std::vector<T>& values) {
    values.resize(in.count());
    for (auto& value : values)
        carry(in, value);
}
template <class Key, class T>
void carry(Writer& out, std::map<Key, T>& values) {
    out.number(values.size());
    for (auto& [key, value] : values) {
        auto name = key;
        carry(out, name);
        carry(out, value);
    }
}
template <class Key, class T>
void carry(Reader& in, std::map<Key, T>& values) {
    for (auto left = in.count(); left > 0; --left) {
        Key key;
        carry(in, key);
        carry(in, values[key]);
    }
}

template <class Way, class... T>
void carry_all(Way& way, T&... values) {
    (carry(way, values), ...);
}

// Every member of each, or it does not compile.

template <class Way>
void carry(Way& way, When& when) {
    auto& [provider, host, exact_host, protocol, credential, mechanism, status, code, only_codes, smtp,
           enhanced, oauth_status, all_lists, no_lists, prefix, suffix, equals, plain, offered, not_offered,
           used_offered, offers_password, offers_token, login_disabled, starttls, offers_sign_in, channel,
           tls_mode, stage, failure, finding, configured_auth, attempt, accepted, complete, slow] = when;
    carry_all(way, provider, host, exact_host, protocol, credential, mechanism, status, code, only_codes,
              smtp, enhanced, oauth_status, all_lists, no_lists, prefix, suffix, equals, plain, offered,
              not_offered, used_offered, offers_password, offers_token, login_disabled, starttls,
              offers_sign_in, channel, tls_mode, stage, failure, finding, configured_auth, attempt, accepted,
              complete, slow);
}
template <class Way>
void carry(Way& way, OrganisationWords& words) {
    auto& [text, name] = words;
    carry_all(way, text, name);
}
template <class Way>
void carry(Way& way, Rule& rule) {
    auto& [id, verdict, confidence, when, advice, links, organisation, source, date, sample, place, origin] =
        rule;
    carry_all(way, id, verdict, confidence, when, advice, links, organisation, source, date, sample, place,
              origin);
}
template <class Way>
void carry(Way& way, Provider& provider) {
    auto& [id, name, hosts, domains, mx, greeting, capabilities, software, servers, accepts_password, advice,
           links, source, date] = provider;
    carry_all(way, id, name, hosts, domains, mx, greeting, capabilities, software, servers, accepts_password,
              advice, links, source, date);
}
template <class Way>
void carry(Way& way, Software& software) {
    auto& [id, name, greeting] = software;
    carry_all(way, id, name, greeting);
}
template <class Way>
void carry(Way& way, Interceptor& interceptor) {
    auto& [name, kind, issuers, source, date] = interceptor;
    carry_all(way, name, kind, issuers, source, date);
}

/// Sorted texts: what each shares with the one before it is not said again.
class SharedBeginnings {
  public:
    void write(Writer& out, std::string_view text) {
        const auto same = std::mismatch(before_.begin(), before_.end(), text.begin(), text.end());
        const auto shared = static_cast<std::size_t>(same.second - text.begin());
        out.number(shared);
        out.octets(text.substr(shared));
        before_ = text;
    }
    const std::string& read(Reader& in) {
        const auto shared = in.number();
        if (shared > before_.size()) throw Damaged{};
        before_.resize(static_cast<std::size_t>(shared));
        before_ += in.octets();
        return before_;
    }

  private:
    std::string before_;
};

void write_texts(Writer& out, std::vector<std::string> texts) {
    std::sort(texts.begin(), texts.end());
    out.number(texts.size());
    SharedBeginnings shared;
    for (const auto& text : texts)
        shared.write(out, text);
}

/// Ids that rise, as what is between them.
void write_ids(Writer& out, const std::vector<std::uint16_t>& ids) {
    out.number(ids.size());
    std::uint16_t before = 0;
    for (const auto id : ids) {
        out.number(static_cast<std::uint16_t>(id - before));
        before = id;
    }
}
std::vector<std::uint16_t> read_ids(Reader& in, std::size_t end) {
    std::vector<std::uint16_t> ids(in.count());
    std::uint64_t before = 0;
    for (auto& id : ids) {
        before += in.number();
        if (before >= end) throw Damaged{};
        id = static_cast<std::uint16_t>(before);
    }
    return ids;
}

/// In the order of their octets, so that the ids of a list rise as its phrases do.
std::vector<PhraseIndex::Phrase> sorted_phrases(const PhraseIndex& index) {
    std::vector<PhraseIndex::Phrase> phrases;
    for (std::size_t id = 0; id < index.size(); ++id)
        phrases.push_back(index.phrase(id));
    std::sort(phrases.begin(), phrases.end(),
              [](const auto& left, const auto& right) { return left.text < right.text; });
    return phrases;
}

void write_phrases(Writer& out, const RuleBook::Content& content,
                   const std::vector<PhraseIndex::Phrase>& phrases) {
    // Without the sets that no phrase is in: those of a list that was still being read.
    std::map<std::size_t, std::size_t> numbers;
    for (const auto& phrase : phrases)
        numbers.emplace(phrase.set, numbers.size());
    std::vector<std::size_t> used(numbers.size());
    for (const auto& [set, number] : numbers)
        used[number] = set;
    out.number(content.phrases.lists());
    out.number(used.size());
    for (const auto set : used)
        write_ids(out, content.phrases.sets()[set]);
    out.number(phrases.size());
    SharedBeginnings shared;
    for (const auto& phrase : phrases) {
        shared.write(out, phrase.text);
        out.number(numbers.at(phrase.set));
    }
}
PhraseIndex read_phrases(Reader& in) {
    const auto lists = in.number();
    if (lists > 0xFFFF) throw Damaged{};
    std::vector<PhraseIndex::Lists> sets(in.count());
    for (auto& set : sets)
        set = read_ids(in, static_cast<std::size_t>(lists));
    const auto known_sets = sets.size();
    PhraseIndex index(static_cast<std::size_t>(lists), std::move(sets));
    SharedBeginnings shared;
    for (auto left = in.count(); left > 0; --left) {
        const auto& text = shared.read(in);
        const auto set = in.number();
        const bool rises = index.size() == 0 || index.phrase(index.size() - 1).text < text;
        if (text.size() < 2 || !rises || set >= known_sets) throw Damaged{};
        index.add_phrase(text, static_cast<std::size_t>(set));
    }
    return index;
}

template <class Way>
void carry_parts(Way& way, RuleBook::Content& content) {
    carry_all(way, content.refusals, content.tails, content.unfinished, content.software,
              content.interceptors, content.providers, content.rules);
}

std::string content_octets(RuleBook::Content content, const std::vector<PhraseIndex::Phrase>& phrases) {
    Writer out;
    write_phrases(out, content, phrases);
    write_texts(out, {content.plain_words.begin(), content.plain_words.end()});
    carry_parts(out, content);
    return std::move(out.out);
}

/// Most of a list's phrases are in the content, and need no octets of their own.
void write_list(Writer& out, std::vector<std::string> list, const std::vector<PhraseIndex::Phrase>& phrases) {
    std::sort(list.begin(), list.end());
    list.erase(std::unique(list.begin(), list.end()), list.end());
    std::vector<std::uint16_t> known;
    std::vector<std::string> others;
    for (auto& text : list) {
        const auto at =
            std::lower_bound(phrases.begin(), phrases.end(), text,
                             [](const auto& phrase, const auto& wanted) { return phrase.text < wanted; });
        if (at != phrases.end() && at->text == text) {
            known.push_back(static_cast<std::uint16_t>(at - phrases.begin()));
        } else {
            others.push_back(std::move(text));
        }
    }
    write_ids(out, known);
    write_texts(out, std::move(others));
}

/// No list that a rule asks for is missing.
bool knows_its_lists(const RuleBook::Content& content) {
    const auto known = [&](std::uint16_t list) { return list < content.phrases.lists(); };
    return (!content.refusals || known(*content.refusals)) && (!content.tails || known(*content.tails)) &&
           std::all_of(content.rules.begin(), content.rules.end(), [&](const Rule& rule) {
               const auto& [all, none] = std::tie(rule.when.all_lists, rule.when.no_lists);
               return std::all_of(all.begin(), all.end(), known) &&
                      std::all_of(none.begin(), none.end(), known);
           });
}

}  // namespace

std::string compile_rules(const RuleBook::Content& content, const NamedLists& lists) {
    const auto phrases = sorted_phrases(content.phrases);
    Writer out;
    out.octets(content_octets(content, phrases));
    out.number(lists.size());
    for (auto [name, list] : lists) {
        out.octets(name);
        carry(out, list.height);
        write_list(out, std::move(list.phrases), phrases);
    }
    return std::move(out.out);
}

std::optional<RuleBook::Content> read_compiled_rules(std::string_view compiled) {
    try {
        Reader in(Reader(compiled).octets());
        RuleBook::Content content;
        content.phrases = read_phrases(in);
        SharedBeginnings shared;
        for (auto left = in.count(); left > 0; --left)
            content.plain_words.insert(shared.read(in));
        carry_parts(in, content);
        if (!in.done() || !knows_its_lists(content)) return std::nullopt;
        return content;
    } catch (const Damaged&) {
        return std::nullopt;
    }
}

NamedLists read_compiled_lists(std::string_view compiled, const RuleBook::Content& content) {
    try {
        Reader in(compiled);
        in.octets();
        NamedLists lists;
        for (auto left = in.count(); left > 0; --left) {
            std::string name;
            carry(in, name);
            auto& list = lists[name];
            carry(in, list.height);
            for (const auto id : read_ids(in, content.phrases.size()))
                list.phrases.emplace_back(content.phrases.phrase(id).text);
            SharedBeginnings shared;
            for (auto others = in.count(); others > 0; --others)
                list.phrases.push_back(shared.read(in));
        }
        return in.done() ? lists : NamedLists{};
    } catch (const Damaged&) {
        return {};
    }
}

}  // namespace reprompt
