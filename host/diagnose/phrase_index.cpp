// SPDX-License-Identifier: MPL-2.0
#include "diagnose/phrase_index.hpp"

#include <algorithm>

#include "diagnose/words.hpp"

namespace reprompt {
namespace {
constexpr std::size_t bucket_count = 1024;

bool starts_with_phrase(std::string_view text, std::string_view phrase) noexcept {
    const bool whole = phrase.ends_with(word_end);
    if (whole) phrase.remove_suffix(1);
    return text.starts_with(phrase) && (!whole || text.size() == phrase.size() ||
                                        !joins_word(static_cast<unsigned char>(text[phrase.size()])));
}
}  // namespace

PhraseIndex::PhraseIndex() : buckets_(bucket_count) {}

PhraseIndex::PhraseIndex(std::vector<Phrase> phrases, std::size_t lists)
    : phrases_(std::move(phrases)), lists_(lists), buckets_(bucket_count) {
    for (std::size_t at = 0; at < phrases_.size(); ++at) {
        const auto id = static_cast<std::uint16_t>(at);
        buckets_[bucket_of(phrases_[at].text)].push_back(id);
        for (const auto list : phrases_[at].lists)
            lists_[list].push_back(id);
    }
}

// By the first two octets; of a letter of three (CJK, hangul: many phrases, few first pairs) by all of it.
std::size_t PhraseIndex::bucket_of(std::string_view text) noexcept {
    std::size_t hash = static_cast<unsigned char>(text[0]) * 37U + static_cast<unsigned char>(text[1]);
    if (static_cast<unsigned char>(text[0]) >= 0xE0 && text.size() > 2)
        hash = hash * 37U + static_cast<unsigned char>(text[2]);
    return hash % bucket_count;
}

std::uint16_t PhraseIndex::add_list(std::vector<std::string> phrases) {
    std::sort(phrases.begin(), phrases.end());
    phrases.erase(std::unique(phrases.begin(), phrases.end()), phrases.end());
    std::vector<std::uint16_t> list;
    for (auto& text : phrases) {
        auto& bucket = buckets_[bucket_of(text)];
        auto at = std::find_if(bucket.begin(), bucket.end(),
                               [&](std::uint16_t id) { return phrases_[id].text == text; });
        if (at == bucket.end()) {
            at = bucket.insert(at, static_cast<std::uint16_t>(phrases_.size()));
            phrases_.push_back({std::move(text), {}});
        }
        list.push_back(*at);
    }
    const auto known = std::find(lists_.begin(), lists_.end(), list);
    if (known != lists_.end()) return static_cast<std::uint16_t>(known - lists_.begin());
    const auto id = static_cast<std::uint16_t>(lists_.size());
    for (const auto at : list)
        phrases_[at].lists.push_back(id);
    lists_.push_back(std::move(list));
    return id;
}

void PhraseIndex::find(std::string_view folded, ListHits& hits) const {
    hits.assign(lists_.size(), 0);
    for (std::size_t at = 0; at + 1 < folded.size(); ++at) {
        const auto& bucket = buckets_[bucket_of(folded.substr(at))];
        if (bucket.empty() || !begins_word(folded, at)) continue;
        for (const auto id : bucket) {
            const auto& phrase = phrases_[id];
            if (!starts_with_phrase(folded.substr(at), phrase.text)) continue;
            for (const auto list : phrase.lists)
                hits[list] = 1;
        }
    }
}

}  // namespace reprompt
